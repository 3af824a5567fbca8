"""After a killed engine: the lock, its plugins, and what it left half done."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from sandbox import pending
from sandbox.engine_lock import Lock, end_orphans, mend_state, read_locks
from sandbox.errors import SandboxError
from sandbox.kubernetes_provider import checkpoint, naming
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.errors import ApiError, NoSuchKindError, ProviderError
from sandbox.kubernetes_provider.ownership import applier, made_by_pulumi
from sandbox.kubernetes_provider.settings import connect
from sandbox.kubernetes_provider.values import plain
from sandbox.progress import Update, step

_KUBERNETES: Final = "kubernetes:"
# Clocks of a cluster and of this machine may differ by this much.
_SKEW_SECONDS: Final = 300.0
_GOING_SECONDS: Final = 600.0


def recover(
    stack: str,
    env: Mapping[str, str],
    *,
    project: Path,
    going_seconds: float = _GOING_SECONDS,
) -> list[str]:
    """Settle what a killed run of the engine left, so that the next one can go on.

    A lock that no live engine holds is taken away. A create that was cut off is
    taken into the state where it made its object, else dropped; an update is
    done again by the next run; a deletion that arrived is awaited and recorded.
    It does nothing where nothing was cut off, and works with the official
    engine and provider as well.

    Args:
        stack: Name of the stack, e.g. `dev`.
        env: Environment of the engine; its backend is a directory.
        project: Directory with `Pulumi.yaml`.
        going_seconds: How long to wait for an object that is being deleted.

    Returns:
        What was done, one line each; empty where there was nothing to do.

    Raises:
        SandboxError: Another engine is at work on the stack, or an object that
            is being deleted does not go.
    """
    run = _Run(stack, dict(env), project)
    locks = run.locks()
    for lock in locks:
        lock.refuse_if_held()
    end_orphans(env.get("PULUMI_BACKEND_URL", ""))
    run.mend()
    done: list[str] = []
    if locks:
        run.drop_torn_sidecars()
        run.cli("cancel", "--yes")
        done.append(f"took away the lock of an engine that is gone (stack {stack})")
    if not run.needs_settling():
        return done
    with step(f"Settling what an interrupted run of {stack} left") as update:
        exported = json.loads(run.cli("stack", "export", "--show-secrets"))
        since = min((lock.timestamp for lock in locks), default=None)
        settler = _Settler(exported["deployment"], since, going_seconds, update)
        done += settler.settle()
        run.cli("stack", "import", stdin=json.dumps(exported))
    return done


@dataclass(frozen=True)
class _Run:
    """One stack of one project, and the engine that runs it."""

    stack: str
    env: dict[str, str]
    project: Path

    def cli(self, *arguments: str, stdin: str | None = None) -> str:
        """Run the CLI on the stack and return what it prints."""
        cli = shutil.which("pulumi", path=self.env.get("PATH"))
        command = [cli or "pulumi", *arguments, "--stack", self.stack]
        answer = subprocess.run(
            [*command, "--non-interactive"],
            cwd=self.project,
            env=self.env,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip()
            raise SandboxError(f"`pulumi {' '.join(arguments[:2])}` failed: {said}")
        return answer.stdout

    def locks(self) -> list[Lock]:
        """Return the locks on the stack."""
        return read_locks(self._state(), self._project_name(), self._name())

    def drop_torn_sidecars(self) -> None:
        """Remove metadata that a kill left half written.

        A directory as backend keeps it in a file of its own beside the state, and
        replaces the state at once but writes this one in place. The state can be
        read without it, and not with half of it.
        """
        directory = self._state() / "stacks" / self._project_name()
        for sidecar in directory.glob(f"{self._name()}.json*.attrs"):
            try:
                json.loads(sidecar.read_text())
            except ValueError:
                sidecar.unlink()

    def mend(self) -> None:
        """Make the state readable that a kill left half written."""
        mend_state(self._state(), self._project_name(), self._name())

    def needs_settling(self) -> bool:
        """Tell whether anything was cut off. A stack without state has nothing."""
        name = f"{self._name()}.json"
        file = self._state() / "stacks" / self._project_name() / name
        if file.with_name(f"{name}.gz").exists():
            exported = json.loads(self.cli("stack", "export"))
            latest = exported.get("deployment") or {}
        elif file.exists():
            written = json.loads(file.read_text())
            latest = (written.get("checkpoint") or {}).get("latest") or {}
        else:
            return False
        return bool(pending.operations(latest) or pending.half_replaced(latest))

    def _state(self) -> Path:
        url = self.env.get("PULUMI_BACKEND_URL", "")
        if not url.startswith("file://"):
            raise SandboxError(
                f"the state is in {url or 'no backend that was named'}, and only a "
                "directory (file://…) can be recovered from here"
            )
        return Path(urlsplit(url).path) / ".pulumi"

    def _name(self) -> str:
        return self.stack.rpartition("/")[2]

    def _project_name(self) -> str:
        return yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]


class _Settler:
    """Decides, for each operation that was cut off, what the cluster says of it.

    Args:
        deployment: The exported deployment with its secrets; changed in place.
        since: When the killed run began, where that is known.
        going_seconds: How long to wait for an object that is being deleted.
        update: Takes a line on what is being looked at.
    """

    def __init__(
        self,
        deployment: pending.Entry,
        since: float | None,
        going_seconds: float,
        update: Update,
    ) -> None:
        self._deployment = deployment
        self._since = since
        self._going_seconds = going_seconds
        self._update = update
        self._clusters: dict[str, Cluster] = {}
        self._done: list[str] = []

    def settle(self) -> list[str]:
        """Settle everything and return what was done, one line each."""
        verbs: dict[str, Callable[[pending.Entry], None]] = {
            "creating": self._create,
            "updating": self._change,
            "deleting": self._delete,
        }
        left: list[pending.Entry] = []
        operations = pending.operations(self._deployment)
        # Creates first: one may be the second half of a replacement.
        for operation in sorted(operations, key=lambda o: o["type"] != "creating"):
            entry = operation["resource"]
            ours = entry["type"].startswith((_KUBERNETES, "pulumi:"))
            if not ours and entry.get("custom") and operation["type"] == "creating":
                left.append(operation)
                self._done.append(
                    f"{entry['urn']}: its creation was cut off; look whether it "
                    "exists, and import it if it does"
                )
                continue
            verb = verbs.get(operation["type"])
            if verb and entry["type"].startswith(_KUBERNETES):
                verb(operation)
        for entry in pending.half_replaced(self._deployment):
            if entry["type"].startswith(_KUBERNETES) and not entry.get(
                "retainOnDelete"
            ):
                self._settle_deletion(entry)
        self._deployment["pending_operations"] = left
        return self._done

    def _create(self, operation: pending.Entry) -> None:
        entry = operation["resource"]
        inputs = pending.read_values(entry.get("inputs") or {})
        obj = checkpoint.to_object(inputs)
        live = self._live(entry, obj)
        what = f"{obj.get('kind')} {naming.object_id(obj)}"
        if live is None or not self._is_ours(live, obj):
            self._done.append(f"{what} had not been created")
            return
        state = checkpoint.state(
            obj,
            live,
            inputs,
            initial_version=live["apiVersion"],
            manager=applier(live),
        )
        made = {
            **entry,
            "id": naming.object_id(live),
            "outputs": pending.write_values(state),
        }
        pending.adopt(self._deployment, made)
        self._done.append(f"{what} had been created: it is in the state now")

    def _change(self, operation: pending.Entry) -> None:
        pending.distrust(self._deployment, operation)
        self._done.append(
            f"{operation['resource']['urn']} is going to be updated again"
        )

    def _delete(self, operation: pending.Entry) -> None:
        self._settle_deletion(operation["resource"])

    def _settle_deletion(self, entry: pending.Entry) -> None:
        """Record a deletion that arrived, waiting for it to be over."""
        outputs = pending.read_values(entry.get("outputs") or {})
        _, obj = checkpoint.split(outputs)
        what = f"{obj.get('kind')} {naming.object_id(obj)}"
        began = time.monotonic()
        while (live := self._live(entry, obj)) is not None:
            meta = naming.metadata(live)
            if meta.get("uid") != naming.metadata(obj).get("uid"):
                break
            if not meta.get("deletionTimestamp"):
                self._still_there(entry)
                self._done.append(f"{what} had not been deleted")
                return
            holders = ", ".join(meta.get("finalizers") or []) or "none"
            if time.monotonic() - began > self._going_seconds:
                raise SandboxError(
                    f"{what} is being deleted, and does not go (finalizers: "
                    f"{holders}): end what uses it, then try again"
                )
            self._update(f"waiting for {what} to go")
            time.sleep(0.5)
        pending.forget(self._deployment, entry["urn"], entry["id"])
        self._done.append(f"{what} is gone: so it is from the state")

    def _still_there(self, entry: pending.Entry) -> None:
        for found in self._deployment.get("resources") or []:
            if found["urn"] == entry["urn"] and found.get("id") == entry.get("id"):
                found.pop("pendingReplacement", None)

    def _live(self, entry: pending.Entry, obj: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return self._cluster(entry).live(obj)
        except NoSuchKindError:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise SandboxError(
                f"an interrupted run cannot be settled: {error}"
            ) from error
        except ProviderError as error:
            raise SandboxError(
                f"an interrupted run cannot be settled: {error}"
            ) from error

    def _cluster(self, entry: pending.Entry) -> Cluster:
        """Return the cluster of the provider that an entry refers to."""
        reference = str(entry.get("provider", ""))
        if reference not in self._clusters:
            inputs = pending.provider_inputs(self._deployment, entry)
            self._clusters[reference] = Cluster(connect(plain(inputs))[0])
        return self._clusters[reference]

    def _is_ours(self, live: dict[str, Any], obj: dict[str, Any]) -> bool:
        """Tell the object of the cut-off create from one that stood in its way.

        A Pulumi provider's name stands on the fields that it creates; an object
        without a field bears nobody's. It was created during the run that was
        killed; where the beginning of that is not known, or there is no name,
        it is what the create asked for. No other resource of the stack is it.
        """
        meta = naming.metadata(live)
        for known in self._deployment.get("resources") or []:
            other = (known.get("outputs") or {}).get("metadata")
            if isinstance(other, dict) and other.get("uid") == meta.get("uid"):
                return False
        nameless = not meta.get("managedFields")
        if meta.get("deletionTimestamp") or not (nameless or made_by_pulumi(live)):
            return False
        judged = self._since is None or nameless
        if judged and checkpoint.observed(live, obj) != obj:
            return False
        if self._since is None:
            return not nameless
        made = datetime.fromisoformat(meta["creationTimestamp"])
        return made.timestamp() >= self._since - _SKEW_SECONDS
