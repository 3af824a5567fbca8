"""A server that speaks the API of AWS, as a test talks to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

REGION = "us-west-2"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Emulator:
    """The server.

    Attributes:
        url: Where it answers.
    """

    url: str

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """Someone who talks to `service`, by these credentials of STS."""
        found = credentials or {}
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=found.get("AccessKeyId", "test"),
            aws_secret_access_key=found.get("SecretAccessKey", "test"),
            aws_session_token=found.get("SessionToken"),
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def enforce(self, on: bool) -> None:
        """Ask everyone for their rights from now on, or no one."""
        self._post("reset-auth", b"0" if on else b"inf")

    def empty(self) -> None:
        """Forget everything."""
        self._post("reset", b"")

    def _post(self, path: str, data: bytes) -> None:
        request = Request(  # noqa: S310, our own server
            f"{self.url}/moto-api/{path}",
            data=data,
            headers={"Content-Type": "text/plain"},
            method="POST",
        )
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            assert answer.status == 200
