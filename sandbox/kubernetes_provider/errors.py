"""What can go wrong, in words for the person who runs `pulumi up`."""

import json
from typing import Any

from kubernetes.client.exceptions import ApiException


class ProviderError(Exception):
    """One clear sentence; the engine shows it beside the resource."""


class CancelledError(ProviderError):
    """The person asked Pulumi to stop."""


class NotReadyError(ProviderError):
    """The object is there, and is not what it should become.

    Attributes:
        live: The object as it was last seen.
        reasons: What is known of the why, most important first.
    """

    def __init__(self, message: str, live: dict[str, Any], reasons: list[str]) -> None:
        super().__init__(message)
        self.live = live
        self.reasons = reasons


class PartialFailureError(ProviderError):
    """The object exists and goes into the state, with what is wrong with it.

    Attributes:
        id: Pulumi's id of the object.
        state: Its state.
        inputs: Its inputs where they are known anew (a refresh), else `None`.
        reasons: What the state records as initialization errors.
    """

    def __init__(
        self,
        message: str,
        *,
        id_: str,
        state: dict[str, Any],
        inputs: dict[str, Any] | None,
        reasons: list[str],
    ) -> None:
        super().__init__(message)
        self.id = id_
        self.state = state
        self.inputs = inputs
        self.reasons = [message, *reasons]


class NoSuchKindError(ProviderError):
    """The API server has no such kind (yet): its definition may be missing."""


class ApiError(ProviderError):
    """What the API server answered.

    Attributes:
        status: The HTTP status.
        reason: Kubernetes' word for it, e.g. `AlreadyExists`.
        about: The kind that the answer is about, e.g. `namespaces`.
    """

    def __init__(self, error: ApiException) -> None:
        try:
            answer = json.loads(error.body or "{}")
        except ValueError:
            answer = {}
        answer = answer if isinstance(answer, dict) else {}
        super().__init__(answer.get("message") or f"{error.status} {error.reason}")
        self.status = error.status or 0
        self.reason = str(answer.get("reason", ""))
        self.about = str((answer.get("details") or {}).get("kind", ""))

    @property
    def not_found(self) -> bool:
        """The object, or the namespace that it should go to, is not there."""
        return self.status == 404

    @property
    def exists(self) -> bool:
        """An object of that name is there already."""
        return self.reason == "AlreadyExists"

    @property
    def conflict(self) -> bool:
        """Another field manager holds a field, or the object changed meanwhile."""
        return self.status == 409 and not self.exists
