"""Wait for a stack's programs, and say where their output lies."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from kubernetes import client, config
from rich.console import Console
from rich.table import Table
from urllib3 import Retry

from sandbox.errors import SandboxError
from sandbox.progress import WIDTH, step
from sandbox.session import Session

_POLL_SECONDS = 0.5
# An API server that starts over is back within half a minute.
_PATIENCE = Retry(connect=7, read=7, backoff_factor=0.5, backoff_max=10)


@dataclass(frozen=True)
class State:
    """How far a Job or a Deployment is.

    Attributes:
        kind: `job` or `deployment`.
        name: Its name.
        state: `Complete`, `Failed`, `3/4 done` or `3/3 ready`.
        finished: Whether there is nothing more to wait for.
    """

    kind: str
    name: str
    state: str
    finished: bool


def api(session: Session) -> client.ApiClient:
    """A client of the session's cluster, by its named context.

    It asks again while nobody answers, for half a minute; then it raises
    `urllib3.exceptions.HTTPError`.
    """
    # Each time that it asks again it would say so.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    settings = client.Configuration()
    settings.retries = _PATIENCE
    config.load_kube_config(
        config_file=session.kubeconfig,
        context=session.context,
        client_configuration=settings,
    )
    return client.ApiClient(settings)


def wait_for_programs(session: Session, outputs: Mapping[str, Any]) -> list[State]:
    """Wait until every Job of the stack has ended, and every Deployment is ready.

    There is no limit: a training job may take days, and Ctrl-C only stops the
    waiting.
    """
    reached = api(session)
    batch, apps = client.BatchV1Api(reached), client.AppsV1Api(reached)
    # How a JobSet fares is its own controller's to say.
    jobs = [j["job"] for j in outputs.get("jobs", {}).values() if j["kind"] == "Job"]
    served = [d["deployment"] for d in outputs.get("deployments", {}).values()]
    if not jobs and not served:
        return []
    namespace = outputs["namespace"]

    def look() -> list[State]:
        return [
            *(_of_job(batch.read_namespaced_job(name, namespace)) for name in jobs),
            *(
                _of_deployment(apps.read_namespaced_deployment(name, namespace))
                for name in served
            ),
        ]

    states = look()
    if all(state.finished for state in states):
        return states
    with step("Waiting for the programs" if served else "Waiting for the jobs") as say:
        while not all(state.finished for state in states):
            say(", ".join(f"{s.name} {s.state}" for s in states))
            time.sleep(_POLL_SECONDS)
            states = look()
    return states


def _of_job(job: Any) -> State:
    for condition in job.status.conditions or []:
        if condition.type in ("Complete", "Failed") and condition.status == "True":
            return State("job", job.metadata.name, condition.type, finished=True)
    wanted = job.spec.completions or 1
    done = f"{job.status.succeeded or 0}/{wanted} done"
    return State("job", job.metadata.name, done, finished=False)


def _of_deployment(deployment: Any) -> State:
    name, status = deployment.metadata.name, deployment.status
    for condition in status.conditions or []:
        if condition.type == "Progressing" and condition.status == "False":
            return State("deployment", name, "Failed", finished=True)
    wanted, ready = deployment.spec.replicas, status.ready_replicas or 0
    # Of this template: those of the one before it are ready, too.
    new = min(status.updated_replicas or 0, ready)
    seen = (status.observed_generation or 0) >= deployment.metadata.generation
    finished = seen and new == wanted and (status.replicas or 0) == wanted
    return State("deployment", name, f"{new}/{wanted} ready", finished=finished)


def print_table(
    session: Session, outputs: Mapping[str, Any], states: list[State]
) -> None:
    """Print each job, how it ended, and where each of its mounts lies."""
    places = _places(session, outputs)
    known = {(state.kind, state.name): state for state in states}
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in ("Job", "Run", "Status", "Mount", "Where it lies"):
        table.add_column(column, overflow="fold")
    for job in outputs.get("jobs", {}).values():
        found = known.get(("job", job["job"]))
        state = found.state if found else job["kind"]
        edited = " (edited)" if job["pending"] else ""
        first = [job["job"], str(job["run"]), f"{state}{edited}"]
        _add_rows(table, first, job["mounts"], places)
    for deployment in outputs.get("deployments", {}).values():
        name = deployment["deployment"]
        found = known.get(("deployment", name))
        state = found.state if found else "deployment"
        _add_rows(table, [name, "", state], deployment["mounts"], places)
    for workspace in outputs.get("workspaces", {}).values():
        first = [workspace["deployment"], "", "workspace"]
        _add_rows(table, first, workspace["mounts"], places)
    if not table.row_count:
        return
    console = Console(
        file=sys.stdout,
        highlight=False,
        width=WIDTH if not sys.stdout.isatty() else None,
    )
    console.print(table)


def _add_rows(
    table: Table,
    first: list[str],
    mounts: Mapping[str, Mapping[str, str]],
    places: Mapping[str, str],
) -> None:
    """A row for each mount whose files are kept, the first with the name."""
    for path, mount in sorted(mounts.items()):
        where = places.get(mount["volume"])
        if where is None:
            continue
        directory = f"/{mount['directory']}" if mount["directory"] else ""
        table.add_row(*first, path, f"{where}{directory}")
        first = [""] * len(first)
    if first[0]:
        table.add_row(*first, "", "nothing of it is kept")


def _persistent_volume(core: client.CoreV1Api, name: str) -> Any:
    """The spec of a volume; None for a team, which sees its namespace alone."""
    try:
        bound: Any = core.read_persistent_volume(name)
    except client.ApiException as error:
        if error.status == HTTPStatus.FORBIDDEN:
            return None
        raise
    return bound.spec


def _places(session: Session, outputs: Mapping[str, Any]) -> dict[str, str]:
    """Where each volume that outlives its pods lies, as a person finds it."""
    core = client.CoreV1Api(api(session))
    places: dict[str, str] = {}
    for name, volume in outputs.get("volumes", {}).items():
        if "claim" not in volume:
            continue
        claim: Any = core.read_namespaced_persistent_volume_claim(
            volume["claim"], outputs["namespace"]
        )
        if claim.status.phase != "Bound":
            raise SandboxError(f"the claim {volume['claim']} is {claim.status.phase}")
        spec = _persistent_volume(core, claim.spec.volume_name)
        if spec is None:
            places[name] = f"claim {outputs['namespace']}/{volume['claim']}"
        elif spec.host_path is not None:
            places[name] = spec.host_path.path
        elif spec.nfs is not None:
            places[name] = f"{spec.nfs.server}:{spec.nfs.path}"
        else:
            places[name] = f"claim {outputs['namespace']}/{volume['claim']}"
    return places
