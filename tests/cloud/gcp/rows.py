"""What the rows of Google Cloud's tables have in common."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.cloud.kind import CloudError, Kind, Making, Ref

COMPUTE: Final = "https://www.googleapis.com/compute/v1/"
ORDERLESS: Final = frozenset(
    {
        *("advertisedIpRanges", "allowedPersistenceRegions", "allows", "cidrBlocks"),
        *("dataLocations", "denies", "destinationRanges", "drainNatIps"),
        *("enableComponents", "eventTypes", "guestOsFeatures", "maintenanceExclusions"),
        *("natIps", "nodeLocations", "oauthScopes", "podRangeNames", "rules"),
        *("secondaryIpRangeNames", "sourceIpRangesToNats", "sourceRanges"),
        *("sourceServiceAccounts", "sourceTags", "storageLocations", "subnetworks"),
        *("targetServiceAccounts", "targetTags"),
    }
)
"""Lists that are sets in the provider's schemas: their order means nothing."""

_HOST: Final = re.compile(r"^(https?:)?//[^/]+/((compute|storage)/)?(v\d\w*/)?")
_POLICY: Final = "deletionPolicy"
_OWN: Final[Mapping[str, None]] = {_POLICY: None, "project": None}
_MEMBER: Final = re.compile(
    r"(?!deleted)(.+:.+|projectOwners|projectReaders|projectWriters|allUsers"
    r"|allAuthenticatedUsers)"
)


def relative(value: Any) -> Any:
    """Return a resource's name without the host and the version of its API."""
    return _HOST.sub("", value) if isinstance(value, str) else value


def last(value: Any) -> Any:
    """Return the last part of a resource's name."""
    return value.rpartition("/")[2] if isinstance(value, str) else value


def path(template: str, making: Making) -> str:
    """Return a name made of a thing's inputs, and of where it is.

    Args:
        template: What is filled in: `projects/{project}/zones/{zone}/disks/{name}`.
        making: The thing.

    Raises:
        CloudError: Neither the inputs nor the provider resource say a part of it.
    """
    values = {**making.inputs, **{k: v for k, v in making.places.items() if v}}
    for name in re.findall(r"\{(\w+)\}", template):
        if not values.get(name):
            raise CloudError(f"{name}: required field is not set")
    return template.format_map(values)


def at_path(template: str) -> Callable[[Making], str]:
    """Return what fills in a template, as `path` does."""
    return lambda making: path(template, making)


def digits(making: Making, length: int, salt: str) -> str:
    """Return decimal digits, always the same ones for this thing."""
    number = str(int(making.hex(60, salt), 16))
    return (number.lstrip("0") * 2)[:length]


def address(making: Making, salt: str) -> str:
    """Return a private address, always the same one for this thing."""
    one, other = int(making.hex(2, salt), 16), int(making.hex(2, salt + "."), 16)
    return f"10.{one}.{other}.2"


def prevented(thing: Mapping[str, Any], id_: str) -> str | None:
    """Say that a thing is not deleted while its policy prevents it."""
    if thing.get(_POLICY) == "PREVENT":
        return (
            f'cannot destroy {id_} without setting deletion_policy="DELETE" and '
            "running `terraform apply`"
        )
    return None


def abandoned(thing: Mapping[str, Any], _: str) -> str | None:
    """Say nothing of a thing that its policy leaves in the cloud."""
    return "" if thing.get(_POLICY) == "ABANDON" else None


def row(type_: str, template: str, **more: Any) -> Kind:
    """Return the row of a resource of Google Cloud.

    Args:
        type_: Its token.
        template: Its id, as `path` reads it.
        more: What else `Kind` takes. `members` is added to the provider's own
            properties, `keeps` and `forgets` to what a deletion policy says.
    """
    kept, gone = more.pop("keeps", None), more.pop("forgets", None)
    members = {**_OWN, **more.pop("members", {})}
    return Kind(
        **{
            "type_": type_,
            "id": at_path(template),
            "sets": ORDERLESS,
            "named": "name",
            "longest": 255,
            "exists": "googleapi: Error 409: The resource '{}' already exists",
            "missing": "googleapi: Error 404: The resource '{}' was not found",
            "members": members,
            "keeps": lambda t, i: prevented(t, i) or (kept(t, i) if kept else None),
            "forgets": lambda t, i: (
                abandoned(t, i)
                if abandoned(t, i) is not None
                else (gone(t, i) if gone else None)
            ),
            **more,
        }
    )


def compute(type_: str, template: str, model: str, **more: Any) -> Kind:
    """Return the row of a resource of Compute Engine, which has a link to itself."""
    outputs = {
        "selfLink": lambda m: COMPUTE + m.id,
        "creationTimestamp": lambda m: "2026-01-01T00:00:00.000-08:00",
        **more.pop("outputs", {}),
    }
    return row(
        type_,
        template,
        outputs=outputs,
        models=(f"compute.v1:{model}",),
        **more,
    )


def member(
    type_: str, template: str, document: str, *, refs: tuple[Ref, ...], **more: Any
) -> Kind:
    """Return the row of what gives one member one role on a thing.

    Args:
        type_: Its token.
        template: The thing's part of its id.
        document: The discovery document whose `Binding` says what a role is.
        refs: What it names.
        more: What else `Kind` takes.
    """
    of = tuple(re.findall(r"\{(\w+)\}", template))
    return row(
        type_,
        template + "/{role}/{member}",
        **{
            "outputs": {"etag": lambda m: m.hex(12, "etag")},
            "models": (document,),
            "members": {**dict.fromkeys(of), "member": "members"},
            "checks": {
                "member": (
                    lambda v: _MEMBER.fullmatch(v) is not None,
                    "IAM members must be of the form kind:name, and not deleted",
                ),
                "role": (
                    lambda v: v.startswith(("roles/", "projects/", "organizations/")),
                    "a role is roles/NAME or of a project or an organization",
                ),
            },
            "replaces": (*of, "member", "role", "condition"),
            "named": None,
            "exists": None,
            "refs": refs,
            **more,
        },
    )


def names(path_: str, to: str, *, by: tuple[str, ...] = (), **more: Any) -> Ref:
    """Return a property that names another thing, in any of the ways that there are.

    Args:
        path_: The property.
        to: Type of the other thing.
        by: What it is called besides its id, its link and its name.
        more: What else `Ref` takes.
    """
    found = "googleapi: Error 404: The resource '{}' was not found"
    return Ref(
        **{
            "path": path_,
            "to": to,
            "by": ("id", "selfLink", "name", *by),
            "form": relative,
            "missing": found,
            **more,
        }
    )


def in_use(kind: str) -> str:
    """Return what Compute Engine answers to the deletion of what is needed."""
    return (
        f"googleapi: Error 400: The {kind} resource '{{}}' is already being used by "
        "another resource, resourceInUseByAnotherResource"
    )
