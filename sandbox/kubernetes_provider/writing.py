"""Writing objects: create, apply, and the advice where that is refused."""

import copy
import threading
from dataclasses import dataclass
from typing import Any, Final

from sandbox.kubernetes_provider import naming
from sandbox.kubernetes_provider.cluster import Cluster
from sandbox.kubernetes_provider.errors import ApiError, CancelledError, NoSuchKindError
from sandbox.kubernetes_provider.ownership import keep_ignored, may_force, takeover
from sandbox.kubernetes_provider.settings import Settings
from sandbox.kubernetes_provider.waiting import Report

# A namespace or a definition may be created in the same breath.
_RETRIES: Final = 5
_FIRST_PAUSE: Final = 0.5

_EXISTS: Final = (
    "\nIt is in the cluster already, and not in this stack's state. Adopt it with "
    "the `import_` option; or give the resource an alias, if it was renamed in the "
    "program; or set `upsertExistingObjects` on the provider to take it over."
)
_GONE: Final = "\nIt was deleted outside of Pulumi: run `pulumi refresh`, then again."
_CONFLICT: Final = (
    "\nAnother field manager holds these fields. Leave them out of the program, list "
    'them in `ignore_changes`, or set the annotation `pulumi.com/patchForce: "true"` '
    "to take them over."
)


def advised(error: ApiError) -> str:
    """Return what the API server answered, and what can be done about it."""
    advice = _CONFLICT if error.conflict else ""
    if error.exists:
        advice = _EXISTS
    elif error.not_found and error.about != "namespaces":
        advice = _GONE
    return f"{error}{advice}"


@dataclass(frozen=True)
class Writer:
    """Writes on behalf of one operation.

    Attributes:
        cluster: Where the object lives.
        settings: How conflicts and existing objects are treated.
        stop: Set when the person asks Pulumi to stop.
    """

    cluster: Cluster
    settings: Settings
    stop: threading.Event

    def create(
        self, obj: dict[str, Any], manager: str, report: Report
    ) -> dict[str, Any]:
        """Create the object, again where what it needs is not there yet.

        Args:
            obj: The object.
            manager: The field manager that takes over an object that exists,
                where the settings allow that.
            report: Takes a line on each attempt.

        Raises:
            ApiError: The server refused it.
            CancelledError: Told to stop before it was created.
        """
        force = self._force(obj)
        for attempt in range(_RETRIES + 1):
            try:
                if self.settings.upsert:
                    return self.cluster.apply(
                        obj, manager=manager, force=force, preview=False
                    )
                return self.cluster.create(obj, preview=False)
            except (ApiError, NoSuchKindError) as error:
                if isinstance(error, ApiError):
                    # A quota that many claims count against at once conflicts.
                    counted = error.conflict and not self.settings.upsert
                    if not error.not_found and not counted:
                        raise
                if attempt == _RETRIES:
                    raise
                report(f"retry {attempt + 1} of {_RETRIES}: {error}")
                if isinstance(error, NoSuchKindError):
                    self.cluster.forget_kinds()
            if self.stop.wait(_FIRST_PAUSE * 2**attempt):
                raise CancelledError("stopped before the object could be created")
        raise AssertionError("the last attempt returns or raises")

    def _force(self, obj: dict[str, Any]) -> bool:
        asked = naming.annotation(obj, naming.PATCH_FORCE) == "true"
        return asked or self.settings.patch_force

    def update(
        self, obj: dict[str, Any], manager: str, ignore: list[str], *, preview: bool
    ) -> dict[str, Any]:
        """Apply the object; what it no longer says is removed.

        Args:
            obj: The object, which exists.
            manager: The field manager that applies.
            ignore: Property paths of `ignoreChanges`.
            preview: Ask the API server only what would come of it.

        Raises:
            ApiError: The server refused it.
        """
        live = self.cluster.live(obj)
        if obj["kind"] == "CustomResourceDefinition":
            version = naming.metadata(live)["resourceVersion"]
            meta = {**naming.metadata(obj), "resourceVersion": version}
            return self.cluster.replace({**obj, "metadata": meta}, preview=preview)
        if not preview:
            live = self._take_over(obj, live, manager)
        wanted = copy.deepcopy(obj)
        keep_ignored(wanted, live, ignore, manager)
        force = self._force(obj) or may_force(live, preview=preview)
        return self.cluster.apply(wanted, manager=manager, force=force, preview=preview)

    def _take_over(
        self, obj: dict[str, Any], live: dict[str, Any], manager: str
    ) -> dict[str, Any]:
        for attempt in range(_RETRIES + 1):
            patch = takeover(live, manager)
            if not patch:
                return live
            try:
                return self.cluster.patch(obj, patch)
            except ApiError as error:
                if not error.conflict or attempt == _RETRIES:
                    raise
            live = self.cluster.live(obj)
        raise AssertionError("the last attempt returns or raises")

    def relinquish(self, obj: dict[str, Any], manager: str) -> None:
        """Give up the fields that were applied under a manager's former name."""
        meta = {k: v for k, v in obj["metadata"].items() if k in ("name", "namespace")}
        bare = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": meta}
        self.cluster.apply(bare, manager=manager, force=False, preview=False)
