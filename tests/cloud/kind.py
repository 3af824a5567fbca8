"""What one type of a cloud's resources is, as a row that a table can hold."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.cloud.store import ADDRESS, Things

ORDERLESS: Final = frozenset(
    {
        *("cidrs", "clientIdLists", "egress", "enabledClusterLogTypes", "events"),
        *("ingress", "kubernetesGroups", "managedPolicyArns", "namespaces"),
        *("noSquashNids", "nodePools", "noncurrentVersionTransitions"),
        *("podIdentityAssociations", "privateDnsSpecifiedDomains"),
        *("propagatingVgws", "publicAccessCidrs", "resources", "routeTableIds"),
        *("routes", "secondaryAllocationIds", "secondaryGids"),
        *("secondaryPrivateIpAddresses", "securityGroupIds", "securityGroups"),
        *("subnetConfigurations", "subnetIds", "taints", "tierings", "transitions"),
        "vpcSecurityGroupIds",
    }
)
"""Lists that are sets: their order means nothing."""


Rule = Callable[[Any, Any, Mapping[str, Any]], bool]


def _itself(value: Any) -> Any:
    return value


def _always(_: Mapping[str, Any]) -> bool:
    return True


class CloudError(Exception):
    """What the cloud answers to what it will not do."""


@dataclass(frozen=True)
class Making:
    """All that an id and the outputs of a new thing are made of.

    Attributes:
        inputs: How the thing is set up, plain.
        seed: What the parts that look random are derived from.
        account: The account of the cloud, or its project.
        places: Where the thing is: `region`, and what else its cloud has.
        things: What exists already.
        id: The thing's id; empty while that is being made.
    """

    inputs: Mapping[str, Any]
    seed: str
    account: str
    places: Mapping[str, str]
    things: Things
    id: str = ""

    @property
    def region(self) -> str:
        """The region in which the thing is made."""
        return self.places["region"]

    def hex(self, length: int, salt: str = "") -> str:
        """Return hexadecimal digits, always the same ones for this thing."""
        return hashlib.sha256(f"{self.seed}|{salt}".encode()).hexdigest()[:length]

    def arn(self, service: str, rest: str, *, region: bool = True) -> str:
        """Return an Amazon Resource Name in this account and region."""
        where = self.region if region else ""
        return f"arn:aws:{service}:{where}:{self.account}:{rest}"

    def address(self, key: str, otherwise: str) -> str:
        """Return what a test says of where this cluster is, as `ADDRESS` has it.

        Args:
            key: `endpoint` or `certificateAuthority`.
            otherwise: What it is where no test says it.
        """
        for name in (self.inputs.get("name", self.id), "*"):
            if found := self.other(ADDRESS, name).get(key):
                return str(found)
        return otherwise

    def other(self, token: str, id_: str) -> Mapping[str, Any]:
        """Return inputs and outputs of another thing as one mapping."""
        found = self.things.get(token, {}).get(id_, {})
        return {**found.get("inputs", {}), **found.get("outputs", {}), "id": id_}


@dataclass(frozen=True, kw_only=True)
class Ref:
    """A property that names another thing.

    Attributes:
        path: The property; `.` goes into objects, and lists are gone through.
        to: Type token of the other thing.
        by: Which of the other's outputs, or `id`, is named; where there are
            several, any of them. Default: `id`.
        form: Makes one text of all that mean the same thing. Default: a text
            means itself alone.
        missing: What the cloud answers where there is no such thing; `{}` is
            what was named. `None`: it does not look.
        holds: What it answers to the deletion of the other thing while this
            one exists. `None`: it deletes it all the same.
        ends: Whether this one goes with the other.
        when: Whether the property counts, from all inputs of this one. Default:
            always.
    """

    path: str
    to: str
    by: str | tuple[str, ...] = "id"
    form: Callable[[Any], Any] = _itself
    missing: str | None
    holds: str | None = None
    ends: bool = False
    when: Callable[[Mapping[str, Any]], bool] = _always


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One type of resource.

    Attributes:
        type_: Its Pulumi type, which is also called its token.
        id: Makes the id of a new one.
        outputs: What the cloud adds, by output property (`.` goes into objects).
        models: Where the cloud's own service models describe its inputs, each
            `service.Operation` or `service.Operation:Member`; the first that
            has a property says what it may be.
        members: Properties whose place in that model their name does not tell;
            `None` for one that is the provider's own.
        checks: What the provider itself holds of a property, and what it says
            where that does not hold.
        replaces: Properties that cannot change in place.
        replaces_when: Properties that sometimes cannot: told by the old value,
            the new one, and all new inputs.
        defaults: What the provider takes an unset property for.
        computed: Properties that the cloud chooses where they are unset.
        sets: Names of lists whose order means nothing.
        forms: Makes one text of all that mean the same thing, by property.
        named: The property that gets a name of the provider's making.
        longest: The most characters of that name.
        lower: Whether such a name is in small letters.
        prefix: What such a name begins with.
        unique: Properties of which no two things have the same values.
        exists: What the cloud answers to a second such thing; `None`: it is
            set up anew.
        missing: What the cloud answers to a change of a thing that is gone.
        refs: The things that it names.
        documents: Properties that hold JSON.
        grows: Outputs that any update changes.
        keeps: Says why a thing is not deleted, `None` where it is.
        forgets: Says why a thing that is deleted stays in the cloud all the same,
            with nothing for what was asked for; `None` where it goes.
        refuses: Says why the cloud does not change a thing, from how it is set up
            and how it should be; `None` where it does.
        beside: Makes the things that the cloud makes along with it, by token and
            id; a key `of` in one makes it go with the thing.
        leaves: Makes the things that stay when it is deleted, from what it was
            and its id.
        source: Where `replaces` and its kin were read, and when.
    """

    type_: str
    id: Callable[[Making], str]
    outputs: Mapping[str, Callable[[Making], Any]] = field(default_factory=dict)
    models: tuple[str, ...]
    members: Mapping[str, str | None] = field(default_factory=dict)
    checks: Mapping[str, tuple[Callable[[Any], bool], str]] = field(
        default_factory=dict
    )
    replaces: tuple[str, ...] = ()
    replaces_when: Mapping[str, Rule] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    sets: frozenset[str] = ORDERLESS
    forms: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    named: str | None = None
    longest: int = 255
    lower: bool = False
    prefix: str = ""
    unique: tuple[str, ...] = ()
    exists: str | None = None
    missing: str = "ResourceNotFoundException: {} does not exist"
    refs: tuple[Ref, ...] = ()
    documents: tuple[str, ...] = ()
    grows: tuple[str, ...] = ()
    keeps: Callable[[Mapping[str, Any], str], str | None] | None = None
    forgets: Callable[[Mapping[str, Any], str], str | None] | None = None
    refuses: Callable[[Mapping[str, Any], Mapping[str, Any]], str | None] | None = None
    beside: Callable[[Making], Things] | None = None
    leaves: Callable[[Mapping[str, Any], str], Things] | None = None
    source: str


def at(inputs: Any, path: str) -> list[Any]:
    """Return every value that a path leads to, through lists too."""
    found = [inputs]
    for part in path.split("."):
        found = [
            item[part]
            for item in _flat(found)
            if isinstance(item, Mapping) and item.get(part) is not None
        ]
    return _flat(found)


def _flat(values: list[Any]) -> list[Any]:
    return [
        item
        for value in values
        for item in (value if isinstance(value, list) else [value])
    ]
