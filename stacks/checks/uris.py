"""URIs: a program that reads a bucket by itself has one, and the right to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.aws.bucket_spec import BucketSpec
from components.catalog.problem import Path, Problem
from components.gcp.storage_bucket_spec import StorageBucketSpec
from components.kubernetes.access import READER, WORKLOAD
from components.kubernetes.bucket_uri_spec import (
    ENDPOINTS,
    KEYS,
    REGIONS,
    BucketUriSpec,
    buckets_of,
)
from components.kubernetes.program_spec import ProgramSpec
from components.kubernetes.secret_spec import EnvironmentSecretSpec
from components.kubernetes.uri_spec import UriSpec
from components.spec import closest
from stacks.checks.rule import Rule
from stacks.checks.secrets import given
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

_STANDARD = (
    "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"
)


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
            is_pattern = uri.volume in stack.names("team", "patterns")
            yield Problem(
                rule="",
                message="a pattern is mounted (mounts), and has no URI"
                if is_pattern
                else "no such volume under team.volumes",
                path=at,
                value=uri.volume,
                allowed=() if is_pattern else tuple(sorted(known)),
                nearest=None if is_pattern else closest(uri.volume, known),
            )


def a_bucket(stack: Stack) -> Iterator[Problem]:
    """Only a bucket has a URI: one that the team was granted, or one of its own."""
    buckets = {
        name
        for name, volume in stack.volumes.items()
        if isinstance(volume, BucketSpec | StorageBucketSpec | BucketUriSpec)
    }
    cloud = stack.platform.cloud if stack.platform is not None else "aws"
    kind = {"aws": "s3", "gcp": "gcs"}.get(cloud, "bucket")
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


def _of_the_platform(stack: Stack, program: ProgramSpec) -> bool:
    """Whether a program reads a bucket that its team was granted."""
    own = dict(buckets_of(program.uris, stack.volumes))
    return bool(program.uris.keys() - own.keys())


def as_the_team(stack: Stack) -> Iterator[Problem]:
    """A program with URIs runs as the ServiceAccount that has the team's identity."""
    on_gcp = _cloud(stack) == "gcp"
    for owner, program in stack.programs:
        account = program.service_account
        own = (None, WORKLOAD, READER) if on_gcp else (None, WORKLOAD)
        if _of_the_platform(stack, program) and account not in own:
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
    """Nothing takes the place of the identity by which a program reaches its buckets.

    That is the pod's own, and of a bucket that no one needs an identity for, none.
    """
    library = {"aws": "AWS", "gcp": "Google Cloud"}
    for owner, program in stack.programs:
        buckets = [bucket for _, bucket in buckets_of(program.uris, stack.volumes)]
        granted = _of_the_platform(stack, program)
        if not granted and all(bucket.secret for bucket in buckets):
            # Their own keys are asked for before all others.
            continue
        cloud = _cloud(stack) if granted else "aws"
        before = CREDENTIALS[cloud]
        instead = (
            " before the pod's own identity: the buckets are reached by whomever it "
            "names"
            if granted
            else ", and the bucket has no secret: it is read as whomever that names"
        )
        given_by: dict[Path, list[str]] = {
            ("env", name): [name] for name in program.env if name in before
        }
        own = {bucket.secret for bucket in buckets}
        given_by |= {
            each.path: each.variables
            for each in given(stack, program)
            if each.name not in own
        }
        for path, names in given_by.items():
            taken = next((name for name in names if name in before), None)
            if taken is not None:
                yield Problem(
                    rule="",
                    message=f"a library of {library[cloud]} uses {taken}{instead}",
                    path=(*owner, *path),
                    link=_LINKS[cloud] if granted else _STANDARD,
                    severity="warning",
                )


def set_once(stack: Stack) -> Iterator[Problem]:
    """No secret sets the variable that holds a URI, or says where its bucket is."""
    region = stack.platform is not None and stack.platform.region is not None
    for owner, program in stack.programs:
        taken = dict.fromkeys(program.uris, "holds a URI")
        for _, bucket in buckets_of(program.uris, stack.volumes):
            taken |= dict.fromkeys(bucket.variables, "says where a bucket is")
        if region and _cloud(stack) == "aws" and _of_the_platform(stack, program):
            taken |= dict.fromkeys(REGIONS, "says where the buckets are")
        for each in given(stack, program):
            for variable in each.variables:
                # What env says as well is said to be set twice already.
                if variable in taken and variable not in program.env:
                    yield Problem(
                        rule="",
                        message=f"the secret {each.name} sets {variable}, which "
                        f"{taken[variable]}: the pod could not be made",
                        path=(*owner, *each.path),
                        value=each.value,
                    )


def _has_keys(secret: object) -> bool:
    """Whether a secret sets what requests are signed by."""
    environment = isinstance(secret, EnvironmentSecretSpec)
    return environment and secret.variables.keys() >= set(KEYS)


def by_its_keys(stack: Stack) -> Iterator[Problem]:
    """The secret of a bucket sets the two keys that requests are signed by."""
    secrets = stack.config.team.secrets if stack.config.team else {}
    right = [name for name, secret in secrets.items() if _has_keys(secret)]
    for name, volume in stack.volumes.items():
        if not isinstance(volume, BucketUriSpec) or volume.secret is None:
            continue
        secret = secrets.get(volume.secret)
        if secret is None or _has_keys(secret):
            continue
        lacks = f"is of kind {secret.kind}"
        if isinstance(secret, EnvironmentSecretSpec):
            missing = [key for key in KEYS if key not in secret.variables]
            lacks = f"does not set {' and '.join(missing)}"
        yield Problem(
            rule="",
            message=f"this secret {lacks}: a bucket's is of kind environment, and sets "
            f"{' and '.join(KEYS)}",
            path=("team", "volumes", name, "secret"),
            value=volume.secret,
            allowed=tuple(right),
            nearest=closest(volume.secret, right) or next(iter(right), None),
        )


_ONE = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"


def _other(one: BucketUriSpec, two: BucketUriSpec) -> str | None:
    """What one bucket has another of than the other; None for nothing."""
    parts = zip(("endpoint", "region", "secret"), one.server, two.server, strict=True)
    for part, first, second in parts:
        if first != second and not (part == "secret" and None in (first, second)):
            return part
    return None


def one_server(stack: Stack) -> Iterator[Problem]:
    """The buckets that a program reads by their URIs are of one server, by one key."""
    for owner, program in stack.programs:
        own = dict(buckets_of(program.uris, stack.volumes))
        granted = [
            uri.volume
            for uri in program.uris.values()
            if isinstance(stack.volumes.get(uri.volume), BucketSpec)
        ]
        # What is public is read with the keys of another bucket as well as without.
        first = next((name for name in own if own[name].secret), next(iter(own), ""))
        for variable, bucket in own.items():
            why = None
            if granted:
                why = f"{granted[0]} of the platform's would be looked for there"
            elif (other := _other(bucket, own[first])) is not None:
                why = f"{program.uris[first].volume} has another {other}"
            if why is not None:
                yield Problem(
                    rule="",
                    message="the libraries of S3 ask one server for all buckets, by "
                    f"one key: {why}; read them by two programs",
                    path=(*owner, "uris", variable),
                    value=program.uris[variable].volume,
                    link=_ONE,
                )
        yield from _elsewhere((*owner, "env"), program.env, own)


def _elsewhere(
    at: Path, env: Mapping[str, str], buckets: Mapping[str, BucketUriSpec]
) -> Iterator[Problem]:
    """Variables of `env` that name another server than the buckets do."""
    for variable in ENDPOINTS if buckets else ():
        said = {bucket.server[0] for bucket in buckets.values()}
        if variable in env and env[variable].rstrip("/") not in said:
            yield Problem(
                rule="",
                message="the buckets of the program's uris are asked for at the "
                "server that this names, and not at their own",
                path=(*at, variable),
                value=env[variable],
                link=_ONE,
                severity="warning",
            )


def named_and_not_mounted(stack: Stack) -> Iterator[Problem]:
    """A bucket that has only a URI is named under `uris`, and mounted by no one."""
    for mount in stack.mounts:
        name = mount.mount.volume
        if isinstance(stack.volumes.get(name), BucketUriSpec):
            word = name.upper().replace("-", "_")
            variable = f"_{word}_URI" if word[0].isdigit() else f"{word}_URI"
            yield Problem(
                rule="",
                message="a bucket of kind bucket is not mounted: the program reads and "
                "writes it by its URI, or a job copies it to a claim first (python3 -m "
                "jobs.sync)",
                path=mount.at,
                value=name,
                nearest=f"uris: {{{variable}: {name}}}",
            )


RULES = (
    Rule("URI01", "a program that is not made", known_volume),
    Rule("URI02", "a program without the address of its data", a_bucket),
    Rule("URI04", "a deployment that stops halfway", set_once),
    Rule("URI05", "a program that is denied at its first read", as_the_team),
    Rule("URI06", "a program that reads as someone else", by_the_pods_identity),
    Rule("URI07", "a program that is denied at its first request", by_its_keys),
    Rule("URI08", "a program that asks the wrong server for its data", one_server),
    Rule("URI09", "a deployment that stops halfway", named_and_not_mounted),
)
