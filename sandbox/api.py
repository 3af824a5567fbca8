"""The few requests that the sandbox itself makes of its API server.

The `kubernetes` package takes seconds to import; what starts and looks after the
sandbox does without it.
"""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from sandbox.credentials import Credentials
from sandbox.errors import SandboxError


@dataclass(frozen=True)
class Api:
    """The API server of one sandbox, asked as its administrator.

    Attributes:
        credentials: What it and the administrator know each other by.
        timeout: Seconds to wait for an answer.
    """

    credentials: Credentials
    timeout: float = 5

    def get(self, path: str) -> str | None:
        """Return the answer's text; None if there is none or it is an error."""
        try:
            return self._ask(path, None)
        except OSError:
            # Nobody listens, no answer in time, refused, or no credentials yet.
            return None

    def create(self, path: str, body: dict[str, Any]) -> None:
        """Create an object, or leave it if one of that name is there.

        Raises:
            SandboxError: The API server refused it, or does not answer.
        """
        try:
            self._ask(path, json.dumps(body).encode())
        except urllib.error.HTTPError as error:
            if error.code != 409:
                raise _refused(body, error) from error
        except OSError as error:
            raise _silent(error) from error

    def apply(self, path: str, body: dict[str, Any]) -> None:
        """Create an object, or make one that is there say what `body` says.

        Args:
            path: Path of the object itself.
            body: The object, as a server-side apply takes it.

        Raises:
            SandboxError: The API server refused it, or does not answer.
        """
        try:
            self._ask(
                f"{path}?fieldManager=ml-storage-sandbox&force=true",
                json.dumps(body).encode(),
                "PATCH",
                "application/apply-patch+yaml",
            )
        except urllib.error.HTTPError as error:
            raise _refused(body, error) from error
        except OSError as error:
            raise _silent(error) from error

    def _ask(
        self,
        path: str,
        body: bytes | None,
        method: str | None = None,
        content: str = "application/json",
    ) -> str:
        context = ssl.create_default_context(cafile=str(self.credentials.authority))
        token = self.credentials.admin_token()
        request = urllib.request.Request(  # noqa: S310 - a URL of our own
            f"{self.credentials.server}{path}",
            data=body,
            method=method,
            headers={"Authorization": f"Bearer {token}", "Content-Type": content},
        )
        opener = urllib.request.build_opener(
            # A proxy of the user's is not for addresses of this machine.
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=context),
        )
        with opener.open(request, timeout=self.timeout) as answer:
            return answer.read().decode()


def _refused(body: dict[str, Any], error: urllib.error.HTTPError) -> SandboxError:
    said = error.read().decode(errors="replace")
    return SandboxError(
        f"The API server refused {body['kind']} {body['metadata']['name']}: {said}"
    )


def _silent(error: OSError) -> SandboxError:
    return SandboxError(f"The API server does not answer: {error}; try again")
