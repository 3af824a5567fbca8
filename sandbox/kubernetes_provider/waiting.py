"""Waiting: until an object is ready, until it is gone, or until told to stop."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.conditions import Condition, pods_of
from sandbox.kubernetes_provider.errors import ApiError, CancelledError, NotReadyError
from sandbox.kubernetes_provider.naming import metadata, name_of

_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0
_EVENTS_EVERY: Final = 3.0
_REASONS: Final = 5

Report = Callable[[str], None]


@dataclass(frozen=True)
class Waiter:
    """Waits on behalf of one operation.

    Attributes:
        cluster: Where the object lives.
        stop: Set when the person asks Pulumi to stop.
        report: Takes a line on what is being waited for.
        seconds: How long to wait at most.
    """

    cluster: Cluster
    stop: threading.Event
    report: Report
    seconds: float

    def until_ready(self, live: dict[str, Any], condition: Condition) -> dict[str, Any]:
        """Return the object once the condition holds.

        Raises:
            NotReadyError: It failed, it is gone, or the time is up.
        """
        began = asked = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            progress = condition(live, self.cluster)
            if progress.done:
                return live
            if progress.failed:
                raise NotReadyError(progress.failed, live, self.reasons(live))
            now = time.monotonic()
            if now - began >= self.seconds:
                message = f"{progress.waiting_for} after {self.seconds:.0f} s"
                raise NotReadyError(message, live, self.reasons(live))
            status = progress.waiting_for
            if now - asked >= _EVENTS_EVERY:
                asked = now
                status = next(iter(self.reasons(live)), status)
            self.report(status)
            if self.stop.wait(pause):
                message = f"stopped while {progress.waiting_for}"
                raise NotReadyError(message, live, [])
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            live = self._again(live)

    def until_gone(self, live: dict[str, Any]) -> None:
        """Return once this very object is gone.

        Raises:
            CancelledError: Told to stop.
            NotReadyError: The time is up; it names the finalizers that hold.
        """
        began = time.monotonic()
        pause = _FIRST_PAUSE
        while (found := self._find(live)) is not None:
            holders = metadata(found).get("finalizers") or []
            what = f"{found['kind']} {name_of(found)}"
            by = f" (finalizers: {', '.join(holders)})" if holders else ""
            if time.monotonic() - began >= self.seconds:
                message = f"{what} is still there after {self.seconds:.0f} s{by}"
                raise NotReadyError(message, found, self.reasons(found))
            self.report(f"waiting for {what} to go{by}")
            if self.stop.wait(pause):
                raise CancelledError(f"stopped while waiting for {what} to go{by}")
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def reasons(self, live: dict[str, Any]) -> list[str]:
        """Return what events and pods say of an object that is not ready."""
        space = metadata(live).get("namespace", "")
        if not space:
            return []
        try:
            found = [*_events(self.cluster, live)]
            pods = pods_of(live)
            owned = (
                self.cluster.select("v1", "Pod", space, label_selector=pods)
                if pods and live.get("kind") != "Service"
                else []
            )
            for pod in owned:
                found += _containers(pod)
                if (pod.get("status") or {}).get("phase") != "Succeeded":
                    found += _events(self.cluster, pod)
        except ApiError as error:
            # Whoever may create an object need not be allowed to read events.
            if error.status == 403:
                return []
            raise
        return list(dict.fromkeys(found))[:_REASONS]

    def _again(self, live: dict[str, Any]) -> dict[str, Any]:
        found = self._find(live)
        if found is None:
            message = f"{live['kind']} {name_of(live)} was deleted meanwhile"
            raise NotReadyError(message, live, [])
        return found

    def _find(self, live: dict[str, Any]) -> dict[str, Any] | None:
        """Return the object as it is now, `None` once it, or its uid, is gone."""
        try:
            found = self.cluster.live(live)
        except ApiError as error:
            if error.not_found:
                return None
            raise
        uid = metadata(live).get("uid")
        return found if uid in (None, metadata(found).get("uid")) else None


def _events(cluster: Cluster, obj: dict[str, Any]) -> list[str]:
    """Return the newest warnings on an object, then its other news."""
    space, uid = metadata(obj)["namespace"], metadata(obj).get("uid", "")
    found = cluster.select(
        "v1", "Event", space, field_selector=f"involvedObject.uid={uid}"
    )
    found.sort(key=lambda e: e.get("lastTimestamp") or e.get("eventTime") or "")
    found.sort(key=lambda e: e.get("type") == "Warning")
    return [
        f"[{event.get('reason', '')}] {event.get('message', '')}".strip()
        for event in reversed(found)
    ]


def _containers(pod: dict[str, Any]) -> list[str]:
    """Return why containers of a pod wait or failed."""
    status = pod.get("status") or {}
    found = [
        *(status.get("initContainerStatuses") or []),
        *(status.get("containerStatuses") or []),
    ]
    reasons: list[str] = []
    for container in found:
        state = container.get("state") or {}
        where = f"Pod {name_of(pod)}, container {container['name']}"
        if waiting := state.get("waiting"):
            why = f"{waiting.get('reason', '')} {waiting.get('message', '')}".strip()
            reasons.append(f"{where} waits: {why}")
        ended = state.get("terminated")
        if ended and ended.get("exitCode"):
            why = ended.get("message") or ended.get("reason") or ""
            reasons.append(f"{where} ended with code {ended['exitCode']}: {why}")
    return reasons
