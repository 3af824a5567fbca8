"""The provider: what Pulumi asks of it, one method for each verb."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.kubernetes_provider import checkpoint, diffing, kinds, naming, wait_for
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.conditions import condition, read_condition
from sandbox.kubernetes_provider.errors import (
    ApiError,
    NoSuchKindError,
    NotReadyError,
    PartialFailureError,
    ProviderError,
)
from sandbox.kubernetes_provider.ownership import new_manager
from sandbox.kubernetes_provider.replacement import force_new
from sandbox.kubernetes_provider.settings import Settings, connect
from sandbox.kubernetes_provider.values import has_unknown, hide, plain
from sandbox.kubernetes_provider.waiting import Report, Waiter
from sandbox.kubernetes_provider.writing import Writer, advised

Properties = dict[str, Any]


@dataclass(frozen=True)
class DiffAnswer:
    """What a diff found, and whether the old object has to go first."""

    diff: diffing.Diff
    delete_before_replace: bool


@dataclass(frozen=True)
class Found:
    """What a read found: Pulumi's id, the state, and the inputs."""

    id: str
    state: Properties
    inputs: Properties


class KubernetesProvider:
    """Serves one configured provider resource. Safe to use from many threads.

    Properties come and go as plain Python values with `Secret` and `UNKNOWN`.
    """

    def __init__(self) -> None:
        self.settings = Settings()
        self.stop = threading.Event()
        self._cluster: Cluster | None = None
        self._unreachable = "the Kubernetes provider is not configured"

    def configure(self, inputs: Properties) -> None:
        """Take the settings; a cluster that cannot be had is reported later.

        A preview, or a program that makes no object, does not need one.
        """
        try:
            api, self.settings = connect(plain(inputs))
            self._cluster = Cluster(api)
        except ProviderError as error:
            self._unreachable = f"the Kubernetes cluster cannot be used: {error}"

    @property
    def cluster(self) -> Cluster:
        """The cluster; `ProviderError` where the settings name none."""
        if self._cluster is None:
            raise ProviderError(self._unreachable)
        return self._cluster

    def check(
        self,
        token: str,
        *,
        name: str,
        new: Properties,
        old: Properties,
        seed: bytes,
        proposed: str,
    ) -> Properties:
        """Return the inputs with their name and namespace.

        Args:
            token: The type token.
            name: The resource's name in the program.
            new: The inputs as the program gives them.
            old: The inputs before, empty for a new resource.
            seed: The engine's random seed.
            proposed: The name that the stack's autonaming settings ask for.

        Raises:
            ProviderError: The type is not served here.
        """
        obj = checkpoint.to_object(new)
        kinds.refuse_unserved(token, obj)
        if naming.metadata(obj).get("generateName") and not naming.is_named(obj):
            raise ProviderError(
                "metadata.generateName cannot be applied server-side: leave the "
                "name out, and Pulumi makes one"
            )
        before = checkpoint.to_object(old)
        naming.autoname(obj, before, prefix=name, seed=seed, proposed=proposed)
        labels = naming.metadata(before).get("labels")
        if isinstance(labels, dict) and naming.MANAGED_BY in labels:
            meta = obj.setdefault("metadata", {})
            kept = {naming.MANAGED_BY: labels[naming.MANAGED_BY]}
            meta["labels"] = {**kept, **(meta.get("labels") or {})}
        meta = obj.setdefault("metadata", {})
        if isinstance(meta, dict) and not meta.get("namespace"):
            if self._namespaced(obj):
                meta["namespace"] = self.settings.namespace
            else:
                meta.pop("namespace", None)
        return hide(obj, new)

    def diff(
        self,
        old_inputs: Properties,
        state: Properties,
        new: Properties,
        ignore: list[str],
    ) -> DiffAnswer:
        """Return what an update would change.

        Args:
            old_inputs: The inputs before; empty to take them from the state.
            state: The state.
            new: The new inputs, as checked.
            ignore: Property paths of `ignoreChanges`.
        """
        recorded, live = checkpoint.split(state)
        old = checkpoint.to_object(old_inputs or recorded)
        wanted = checkpoint.to_object(new)
        for side in (old, wanted):
            self._canonical_namespace(side)
        forced = force_new(
            wanted,
            mutable_secrets=self.settings.mutable_secrets,
            mutable_config_maps=self.settings.mutable_config_maps,
        )
        found = diffing.compare(old, wanted, force_new=forced, ignore=ignore)
        # An object of the same name cannot be made while the old one is there.
        # An autonamed one gets a new name, so it can.
        first = (
            bool(found.replaces)
            and naming.is_named(wanted)
            and not naming.is_autonamed(wanted)
            and naming.name_of(wanted) == naming.name_of(live)
            and self._space(wanted) == self._space(live)
        )
        return DiffAnswer(found, first)

    def create(
        self, given: Properties, *, timeout: float, preview: bool, report: Report
    ) -> tuple[str, Properties]:
        """Create the object and wait for it; return its id and state.

        Raises:
            ProviderError: It was not created.
            PartialFailureError: It was, and did not become ready.
        """
        obj = checkpoint.to_object(given)
        if preview:
            return "", self._previewed(
                given, lambda: self.cluster.create(obj, preview=True)
            )
        manager = naming.annotation(obj, naming.FIELD_MANAGER) or new_manager()
        what = f"{obj['kind']} {naming.object_id(obj)}"
        try:
            live = self._writer().create(obj, manager, report)
        except ApiError as error:
            raise ProviderError(f"{what} was not created: {advised(error)}") from error
        if obj["kind"] == "CustomResourceDefinition":
            self.cluster.forget_kinds()
        seconds = naming.timeout(obj, timeout)
        live = self._await(live, obj, given, manager, seconds=seconds, report=report)
        return naming.object_id(live), _state(obj, live, given, manager)

    def read(
        self, token: str, id_: str, *, inputs: Properties, state: Properties
    ) -> Found | None:
        """Return the object as it is, `None` where it is gone.

        Args:
            token: The type token, for an import, which has no inputs.
            id_: `namespace/name`, or `name`.
            inputs: The inputs before, empty for an import or a `.get`.
            state: The state before, empty likewise.

        Raises:
            PartialFailureError: It is there, and not ready.
        """
        known = checkpoint.to_object(inputs)
        _, old_live = checkpoint.split(state)
        version, kind = kinds.version_and_kind(token)
        version = known.get("apiVersion") or old_live.get("apiVersion") or version
        kind = known.get("kind") or old_live.get("kind") or kind
        space, name = naming.parse_id(id_)
        space = space or naming.metadata(known).get("namespace") or ""
        try:
            live = self.cluster.get(
                version, kind, space or self.settings.namespace, name
            )
        except NoSuchKindError:
            return None
        except ApiError as error:
            if error.not_found:
                return None
            raise
        seen = checkpoint.observed(live, known) if known else checkpoint.imported(live)
        manager = state.get(checkpoint.MANAGER) or new_manager()
        made = _state(seen, live, inputs, manager)
        made[checkpoint.INITIAL_VERSION] = state.get(
            checkpoint.INITIAL_VERSION, live["apiVersion"]
        )
        found = Found(id_, made, hide(seen, inputs))
        check = read_condition(live) if known else None
        if check and naming.annotation(known, naming.SKIP_AWAIT) != "true":
            progress = check(live, self.cluster)
            if not progress.done:
                raise PartialFailureError(
                    progress.failed or progress.waiting_for,
                    id_=id_,
                    state=found.state,
                    inputs=found.inputs,
                    reasons=[],
                )
        return found

    def update(
        self,
        given: Properties,
        *,
        state: Properties,
        ignore: list[str],
        timeout: float,
        preview: bool,
        report: Report,
    ) -> Properties:
        """Apply the new inputs and wait; return the state.

        Args:
            given: The new inputs, as checked.
            state: The state before.
            ignore: Property paths of `ignoreChanges`.
            timeout: How long to wait, in seconds; 0 for the default.
            preview: Ask the API server only what would come of it.
            report: Takes a line on what is being waited for.

        Raises:
            ProviderError: The API server refused; nothing was changed.
            PartialFailureError: It was applied, and did not become ready.
        """
        obj = checkpoint.to_object(given)
        before = state.get(checkpoint.MANAGER) or new_manager()
        manager = naming.annotation(obj, naming.FIELD_MANAGER) or before

        def apply() -> dict[str, Any]:
            return self._writer().update(obj, manager, ignore, preview=preview)

        if preview:
            return self._previewed(given, apply)
        what = f"{obj['kind']} {naming.object_id(obj)}"
        try:
            live = apply()
            if manager != before:
                self._writer().relinquish(obj, before)
        except ApiError as error:
            raise ProviderError(f"{what} was not updated: {advised(error)}") from error
        seconds = naming.timeout(obj, timeout)
        live = self._await(live, obj, given, manager, seconds=seconds, report=report)
        return _state(obj, live, given, manager)

    def delete(
        self, token: str, id_: str, *, state: Properties, timeout: float, report: Report
    ) -> None:
        """Delete the object and wait until it is gone.

        One that is gone already, or whose name another object has by now, is
        deleted.

        Raises:
            ProviderError: It is still there; the message says what holds it.
        """
        inputs, live = checkpoint.split(state)
        version, kind = kinds.version_and_kind(token)
        space, name = naming.parse_id(id_)
        obj: dict[str, Any] = {
            "apiVersion": live.get("apiVersion") or version,
            "kind": live.get("kind") or kind,
            "metadata": {
                "name": name,
                "namespace": space or self._space(live),
                "uid": naming.metadata(live).get("uid"),
            },
        }
        try:
            self.cluster.delete(obj, policy=naming.propagation(inputs))
        except NoSuchKindError:
            return
        except ApiError as error:
            # A conflict is another object of the name, or a namespace that is
            # going already: waiting tells them apart by their uid.
            if not error.not_found and not error.conflict:
                raise ProviderError(f"{kind} {id_} was not deleted: {error}") from error
        skip = naming.annotation(inputs, naming.SKIP_AWAIT) == "true"
        if skip and obj["kind"] in kinds.SKIPS_DELETION:
            return
        waiter = Waiter(
            self.cluster, self.stop, report, naming.timeout(inputs, timeout)
        )
        try:
            waiter.until_gone(obj)
        except NotReadyError as error:
            told = "; ".join([str(error), *error.reasons])
            raise ProviderError(f"{kind} {id_} was not deleted: {told}") from error

    def _writer(self) -> Writer:
        return Writer(self.cluster, self.settings, self.stop)

    def _namespaced(self, obj: dict[str, Any]) -> bool:
        if kinds.known_cluster_wide(obj):
            return False
        try:
            return bool(self.cluster.kind_of(obj).namespaced)
        except (ProviderError, KeyError):
            # Most kinds are; one that cannot be looked up yet is put right by
            # the API server's own path, which ignores the namespace.
            return True

    def _canonical_namespace(self, obj: dict[str, Any]) -> None:
        meta = obj.setdefault("metadata", {})
        if isinstance(meta, dict):
            if self._namespaced(obj):
                meta["namespace"] = meta.get("namespace") or "default"
            else:
                meta.pop("namespace", None)

    @staticmethod
    def _space(obj: dict[str, Any]) -> str:
        return naming.metadata(obj).get("namespace") or ""

    def _previewed(
        self, given: Properties, dry_run: Callable[[], dict[str, Any]]
    ) -> Properties:
        """Return what a dry run answers, or the inputs where it cannot know."""
        if has_unknown(given) or self._cluster is None:
            return given
        try:
            live = dry_run()
        except NoSuchKindError:
            return given
        except ApiError as error:
            # Not allowed to dry-run; to be replaced first; in a namespace that
            # the same update creates.
            unknowable = error.status in (403, 404) or error.exists
            if unknowable or "does not support dry run" in str(error):
                return given
            raise
        live.pop("status", None)
        return _state(checkpoint.to_object(given), live, given, new_manager())

    def _await(
        self,
        live: dict[str, Any],
        obj: dict[str, Any],
        given: Properties,
        manager: str,
        *,
        seconds: float,
        report: Report,
    ) -> dict[str, Any]:
        """Wait for an object that exists; whatever goes wrong, it is recorded."""
        if naming.annotation(obj, naming.SKIP_AWAIT) == "true":
            return live
        try:
            asked = naming.annotation(live, naming.WAIT_FOR)
            check = wait_for.parse(asked) if asked else condition(live)
            if check is None:
                return live
            waiter = Waiter(self.cluster, self.stop, report, seconds)
            return waiter.until_ready(live, check)
        except (ProviderError, LookupError, TypeError, ValueError) as error:
            seen, reasons = live, []
            if isinstance(error, NotReadyError):
                seen, reasons = error.live, error.reasons
            what = f"{obj['kind']} {naming.object_id(live)}"
            told = "; ".join([str(error), *reasons])
            raise PartialFailureError(
                f"{what} exists, and did not become ready: {told}",
                id_=naming.object_id(live),
                state=_state(obj, seen, given, manager),
                inputs=None,
                reasons=reasons,
            ) from error


def _state(
    obj: dict[str, Any], live: dict[str, Any], given: Properties, manager: str
) -> Properties:
    return checkpoint.state(
        obj,
        live,
        given,
        initial_version=live.get("apiVersion", ""),
        manager=manager,
    )
