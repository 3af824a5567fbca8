"""Wait for a stack's jobs, and say where their output lies."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from kubernetes import client, config
from rich.console import Console
from rich.table import Table

from sandbox.errors import SandboxError
from sandbox.progress import WIDTH, step
from sandbox.session import Session

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class JobState:
    """How far a Job is.

    Attributes:
        name: Name of the Job.
        state: `Complete`, `Failed`, or `3/4 done`.
        finished: Whether it will not go on.
    """

    name: str
    state: str
    finished: bool


def api(session: Session) -> client.ApiClient:
    """A client of the session's cluster, by its named context."""
    return config.new_client_from_config(
        config_file=session.kubeconfig, context=session.context
    )


def wait_for_jobs(session: Session, outputs: Mapping[str, Any]) -> list[JobState]:
    """Wait until every Job of the stack has completed or failed.

    There is no limit: a training job may take days, and Ctrl-C only stops the
    waiting.
    """
    batch = client.BatchV1Api(api(session))
    # How a JobSet fares is its own controller's to say.
    jobs = outputs.get("jobs", {}).values()
    names = [job["job"] for job in jobs if job["kind"] == "Job"]
    if not names:
        return []

    def look() -> list[JobState]:
        return [
            _state(batch.read_namespaced_job(n, outputs["namespace"])) for n in names
        ]

    states = look()
    if all(state.finished for state in states):
        return states
    with step("Waiting for the jobs") as update:
        while not all(state.finished for state in states):
            update(", ".join(f"{s.name} {s.state}" for s in states))
            time.sleep(_POLL_SECONDS)
            states = look()
    return states


def _state(job: Any) -> JobState:
    for condition in job.status.conditions or []:
        if condition.type in ("Complete", "Failed") and condition.status == "True":
            return JobState(job.metadata.name, condition.type, finished=True)
    wanted = job.spec.completions or 1
    done = f"{job.status.succeeded or 0}/{wanted} done"
    return JobState(job.metadata.name, done, finished=False)


def print_table(
    session: Session, outputs: Mapping[str, Any], states: list[JobState]
) -> None:
    """Print each job, how it ended, and where each of its mounts lies."""
    places = _places(session, outputs)
    by_name = {state.name: state for state in states}
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in ("Job", "Run", "Status", "Mount", "Where it lies"):
        table.add_column(column, overflow="fold")
    for job in outputs.get("jobs", {}).values():
        state = by_name[job["job"]].state if job["job"] in by_name else job["kind"]
        edited = " (edited)" if job["pending"] else ""
        first = [job["job"], str(job["run"]), f"{state}{edited}"]
        _add_rows(table, first, job["mounts"], places)
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
