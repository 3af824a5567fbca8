"""What a program registered, as a test looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One resource as the program registered it.

    Attributes:
        type: Type token, such as `kubernetes:core/v1:PersistentVolume`.
        name: Logical name.
        urn: The URN it would have.
        inputs: What the program gave, with the keys of the cloud. A secret
            stands here in plain text; what a preview does not know yet is
            left out.
        secrets: Paths of the inputs that are secret. Pulumi makes the whole
            of a property secret when any of it is: `stringData`, not
            `stringData.token`.
        unknown: Paths of the inputs that a preview does not know yet.
        parent: URN of its parent.
        provider: `urn::id` of its provider; empty for components.
        custom: Whether it is a resource and not a component.
        protect: Whether destroying and replacing it are errors.
        retain_on_delete: Whether it stays when it leaves the stack.
        delete_before_replace: Whether the old one goes first.
        ignore_changes: Paths whose changes are not looked at.
        replace_on_changes: Paths whose changes replace it.
        secret_outputs: Names of outputs that are secret whatever was given.
        aliases: URNs under which it may be found in the state.
        import_id: Id under which it is imported or looked up; empty when it
            is made.
        depends_on: URNs it waits for.
        read: Whether it exists already and is only looked up.
    """

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    secrets: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    parent: str = ""
    provider: str = ""
    custom: bool = True
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    secret_outputs: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    import_id: str = ""
    depends_on: tuple[str, ...] = ()
    read: bool = False

    @property
    def kind(self) -> str:
        """The last word of the type: `Job` of `kubernetes:batch/v1:Job`."""
        return self.type.rpartition(":")[2]

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


@dataclass(kw_only=True)
class Deployment:
    """Everything that a program registered.

    Attributes:
        resources: In the order of registration.
        outputs: What the stack exports.
        secret_outputs: Paths of the outputs that are secret.
        messages: What was logged: level and text.
    """

    resources: list[Registered] = field(default_factory=list[Registered])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    secret_outputs: tuple[str, ...] = ()
    messages: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def all(self, kind: str, name: str | None = None) -> list[Registered]:
        """The resources of a type, by its whole token or its last word."""
        return [
            r
            for r in self.resources
            if kind in (r.type, r.kind) and name in (None, r.name)
        ]

    def one(self, kind: str, name: str | None = None) -> Registered:
        """The only resource of a type, and of that name where one is given.

        Raises:
            LookupError: There is none, or more than one.
        """
        return self._only(self.all(kind, name), f"{kind} {name or ''}")

    def manifest(self, kind: str, name: str) -> dict[str, Any]:
        """The Kubernetes object of that `kind` and `metadata.name`.

        Raises:
            LookupError: There is none, or more than one.
        """
        found = [
            r
            for r in self.resources
            if r.type.startswith("kubernetes:")
            and r.kind == kind
            and r.inputs.get("metadata", {}).get("name") == name
        ]
        return self._only(found, f"{kind} {name}").inputs

    def children_of(self, parent: Registered) -> list[Registered]:
        """What a component made, without its children's children."""
        return [r for r in self.resources if r.parent == parent.urn]

    def _only(self, found: list[Registered], wanted: str) -> Registered:
        if len(found) != 1:
            known = ", ".join(map(str, self.resources))
            raise LookupError(f"{len(found)} of {wanted} among: {known}")
        return found[0]


class RefusedError(Exception):
    """The program does what a real engine or API server would refuse."""
