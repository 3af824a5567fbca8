"""What a stack wants of the sandbox's S3 server: its buckets, and its keys.

A team's volume is a bucket of that server if its endpoint says so. The secret
that it names gets the server's keys, under the configuration keys that stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox import s3

_NAMESPACE = "ml-storage:"
# Of the bucket alone: what is no name of one is no name of a directory here.
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/.*)?")


@dataclass(frozen=True)
class Wanted:
    """What of the server a stack's file names.

    Attributes:
        buckets: Their names.
        access_keys: Keys of the configuration whose value is the access key.
        secret_keys: Those whose value is the secret key.
    """

    buckets: frozenset[str] = frozenset()
    access_keys: frozenset[str] = frozenset()
    secret_keys: frozenset[str] = frozenset()

    @property
    def config_keys(self) -> frozenset[str]:
        """All keys of the configuration that the sandbox sets, unprefixed."""
        return self.access_keys | self.secret_keys

    def values(self, keys: s3.Keys) -> Mapping[str, str]:
        """The value of each of `config_keys`."""
        return dict.fromkeys(self.access_keys, keys.access) | dict.fromkeys(
            self.secret_keys, keys.secret
        )


def wanted(file: Path) -> Wanted:
    """Return what a stack wants.

    Args:
        file: The stack's file. One that cannot be read wants nothing: what is
            wrong with it is said by those who check it. A key that has a value
            in it keeps that.
    """
    try:
        config = mapping(mapping(yaml.safe_load(file.read_text())).get("config"))
    except (OSError, ValueError, yaml.YAMLError):
        return Wanted()
    team = mapping(config.get(f"{_NAMESPACE}team"))
    volumes = [*_volumes(team)]
    secrets = mapping(team.get("secrets"))
    variables = [
        mapping(mapping(secrets.get(name)).get("variables"))
        for name in (volume.get("secret") for volume in volumes)
        if isinstance(name, str)
    ]

    def keys(variable: str) -> frozenset[str]:
        named = (each.get(variable) for each in variables)
        return frozenset(
            key
            for key in named
            if isinstance(key, str) and f"{_NAMESPACE}{key}" not in config
        )

    uris = (_BUCKET.fullmatch(str(volume.get("uri"))) for volume in volumes)
    return Wanted(
        buckets=frozenset(uri[1] for uri in uris if uri),
        access_keys=keys("AWS_ACCESS_KEY_ID"),
        secret_keys=keys("AWS_SECRET_ACCESS_KEY"),
    )


def mapping(value: object) -> Mapping[Any, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return value if isinstance(value, Mapping) else {}


def _volumes(team: Mapping[Any, Any]) -> Iterator[Mapping[Any, Any]]:
    """The team's volumes that are buckets of the sandbox's own server."""
    for volume in map(mapping, mapping(team.get("volumes")).values()):
        if str(volume.get("endpoint")).rstrip("/") == s3.URL:
            yield volume
