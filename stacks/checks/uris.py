"""URIs: a program that reads a bucket by itself has one, and the right to it."""

from __future__ import annotations

from collections.abc import Iterator

from components.aws.bucket_spec import BucketSpec
from components.catalog.problem import Path, Problem
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.secret_spec import DIRECTORY
from components.kubernetes.uri_spec import UriSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

CREDENTIALS = {
    "aws": ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    "gcp": ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG"),
}
"""Variables that a cloud's library asks for an identity before it asks the pod's.

Sources: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
and botocore/credentials.py; https://docs.cloud.google.com/docs/authentication/
application-default-credentials and google-auth `google/auth/_default.py` and
`environment_vars.py`; read 2026-11-22.
"""

_LINKS = {
    "aws": "https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
    "gcp": "https://docs.cloud.google.com/kubernetes-engine/docs/how-to/"
    "workload-identity",
}


def _cloud(stack: Stack) -> str:
    """The cloud that the buckets are of: no other than AWS and Google's are here."""
    on_gcp = stack.platform is not None and stack.platform.cloud == "gcp"
    return "gcp" if on_gcp else "aws"


def _uris(stack: Stack) -> Iterator[tuple[Path, ProgramSpec, UriSpec]]:
    """Every URI of every program, with where it stands."""
    for owner, program in stack.programs:
        for name, uri in program.uris.items():
            yield (*owner, "uris", name), program, uri


def known_volume(stack: Stack) -> Iterator[Problem]:
    """A URI is of one of the team's volumes."""
    known = stack.names("team", "volumes")
    for at, _, uri in _uris(stack):
        if uri.volume not in known:
            yield Problem(
                rule="",
                message="no such volume under team.volumes",
                path=at,
                value=uri.volume,
                allowed=tuple(sorted(known)),
                nearest=closest(uri.volume, known),
            )


def a_bucket(stack: Stack) -> Iterator[Problem]:
    """Only a bucket that the team was granted has a URI."""
    buckets = {
        name
        for name, volume in stack.volumes.items()
        if isinstance(volume, BucketSpec | StorageBucketSpec)
    }
    kind = {"aws": "s3", "gcp": "gcs"}[_cloud(stack)]
    for at, _, uri in _uris(stack):
        volume = stack.volumes.get(uri.volume)
        if volume is not None and uri.volume not in buckets:
            yield Problem(
                rule="",
                message="a program reads by its URI what lies in a bucket (kind: "
                f"{kind}); this volume has none, and is mounted instead",
                path=at,
                value=uri.volume,
                allowed=tuple(sorted(buckets)),
                nearest=closest(uri.volume, buckets)
                or (min(buckets) if len(buckets) == 1 else None),
            )


def as_the_team(stack: Stack) -> Iterator[Problem]:
    """A program with URIs runs as the ServiceAccount that has the team's identity."""
    on_gcp = _cloud(stack) == "gcp"
    for owner, program in stack.programs:
        account = program.service_account
        own = (None, WORKLOAD, READER) if on_gcp else (None, WORKLOAD)
        if program.uris and account not in own:
            yield Problem(
                rule="",
                message=f"the right to the team's buckets belongs to {WORKLOAD}: this "
                "account has it only where someone else gave it an identity",
                path=(*owner, "serviceAccount"),
                value=account,
                nearest=WORKLOAD,
                link=_LINKS[_cloud(stack)],
                severity="warning",
            )


def by_the_pods_identity(stack: Stack) -> Iterator[Problem]:
    """Nothing takes the place of the identity by which a pod reaches its buckets."""
    team, cloud = stack.config.team, _cloud(stack)
    library = {"aws": "AWS", "gcp": "Google Cloud"}[cloud]
    before = CREDENTIALS[cloud]
    for owner, program in stack.programs:
        if team is None or not program.uris:
            continue
        given: dict[Path, list[str]] = {
            ("env", name): [name] for name in program.env if name in before
        }
        for position, name in enumerate(program.secrets):
            secret = team.secrets.get(name)
            if secret is None:
                continue
            plain = secret.plain_variables(f"{DIRECTORY}/{name}")
            given["secrets", position] = [*plain, *secret.secret_variables()]
        for path, names in given.items():
            taken = next((name for name in names if name in before), None)
            if taken is not None:
                yield Problem(
                    rule="",
                    message=f"a library of {library} uses {taken} before the pod's own "
                    "identity: the buckets are reached by whomever it names",
                    path=(*owner, *path),
                    link=_LINKS[cloud],
                    severity="warning",
                )


def set_once(stack: Stack) -> Iterator[Problem]:
    """No secret sets the variable that holds a URI."""
    team = stack.config.team
    secrets = team.secrets if team else {}
    for owner, program in stack.programs:
        for position, name in enumerate(program.secrets):
            secret = secrets.get(name)
            if secret is None:
                continue
            plain = secret.plain_variables(f"{DIRECTORY}/{name}")
            for variable in (*plain, *secret.secret_variables()):
                if variable in program.uris:
                    yield Problem(
                        rule="",
                        message=f"it sets {variable}, which holds a URI: the pod could "
                        "not be made",
                        path=(*owner, "secrets", position),
                        value=name,
                    )


RULES = (
    Rule("URI01", "a program that is not made", known_volume),
    Rule("URI02", "a program without the address of its data", a_bucket),
    Rule("URI04", "a deployment that stops halfway", set_once),
    Rule("URI05", "a program that is denied at its first read", as_the_team),
    Rule("URI06", "a program that reads as someone else", by_the_pods_identity),
)
