# Pulumi's mocks and protocol buffers carry no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The engine's side of a run: records requests whole, refuses what it refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from components.testing import cluster
from components.testing.aws_outputs import aws_id, aws_outputs
from components.testing.deployment import Deployment, RefusedError, Registered
from components.testing.gcp_outputs import gcp_answer, gcp_id, gcp_outputs
from components.testing.objects import object_problems
from components.testing.schema import schema_errors
from components.testing.wire import Properties

STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:"
STACK_REFERENCE = "pulumi:pulumi:StackReference"
STACK_OUTPUTS = "pulumi:pulumi:readStackOutputs"
# Resources of the Kubernetes provider that are no objects of a cluster.
_NO_OBJECTS = ("helm.sh/", "yaml", "kustomize")


def is_object(resource: Registered) -> bool:
    """Whether it is an object of a cluster."""
    package, _, rest = resource.type.partition(":")
    return package == "kubernetes" and not rest.startswith(_NO_OBJECTS)


class Cloud(Mocks):
    """Gives every resource an id, and its inputs as outputs."""

    def __init__(
        self,
        outputs: Callable[[Registered], Mapping[str, Any]],
        stacks: Mapping[str, Mapping[str, Any]],
        *,
        preview: bool = False,
    ) -> None:
        self.preview = preview
        self.outputs = outputs
        self.stacks = stacks
        self.current: Registered | None = None
        self.states: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and state of a resource that was made or looked up."""
        state = dict(args.inputs)
        if args.typ == STACK_REFERENCE:
            state |= self._stack_outputs(args.inputs["name"])
        # What is looked up is known even to a preview.
        if args.typ.startswith("aws:") and (args.resource_id or not self.preview):
            state |= aws_outputs(args.typ, args.name, args.inputs)
        of_gcp = args.typ.startswith("gcp:")
        id_ = args.resource_id or (
            gcp_id(args.typ, args.name, args.inputs)
            if of_gcp
            else aws_id(args.typ, args.name)
        )
        if of_gcp and (args.resource_id or not self.preview):
            state |= gcp_outputs(args.typ, args.name, args.inputs, id_)
        if self.current is not None:
            state |= self.outputs(self.current)
            self.states[self.current.urn] = state
        if args.typ.startswith("kubernetes:"):
            # Pulumi names what has no name; what is looked up has that of its id.
            found = (args.resource_id or "").rpartition("/")[2]
            name = found or f"{args.name}-0a1b2c3d"
            metadata = {"name": name, **state.get("metadata", {})}
            state["metadata"] = metadata
            if found:
                # It is there, though nothing is known of what it says.
                state.setdefault("spec", {})
        return id_, state

    def _stack_outputs(self, name: str) -> dict[str, Any]:
        if name not in self.stacks:
            raise RefusedError(f"unknown stack {name!r}: hand its outputs to `stacks`")
        return {"outputs": dict(self.stacks[name]), "secretOutputNames": []}

    def call(self, args: MockCallArgs) -> Any:
        """Answer for the engine; what a cloud's function answers is not known here."""
        if args.token == STACK_OUTPUTS:
            return self._stack_outputs(args.args["name"])
        answer = gcp_answer(args.token, args.args)
        if answer is not None:
            return answer
        raise RefusedError(f"the program calls {args.token}: no cloud is asked here")


class Monitor(MockMonitor):
    """Records requests whole, and refuses what an engine refuses."""

    def __init__(
        self, cloud: Cloud, deployment: Deployment, *, preview: bool, complete: bool
    ) -> None:
        super().__init__(cloud)
        self.cloud = cloud
        self.deployment = deployment
        self.preview = preview
        self.complete = complete
        self.urns: set[str] = set()
        self.finished: set[str] = set()
        self.refused: list[str] = []
        # Requests come from several threads: each is recorded and answered
        # before the next, or two of one URN would not see each other.
        self.lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        """Record a resource that the program makes."""
        with self.lock:
            if request.type != STACK:
                self._record(self._registered(request))
            answer = super().RegisterResource(request)
            made = request.custom and not request.importId
            if self.preview and made and not request.type.startswith(_PROVIDER):
                # What is not made yet has no id.
                answer.id = ""
            return answer

    def _registered(self, request: Any) -> Registered:
        given = Properties(request.object)
        return Registered(
            type=request.type,
            name=request.name,
            urn=self.make_urn(request.parent, request.type, request.name),
            inputs=given.values,
            secrets=given.secrets,
            unknown=given.unknown,
            parent=request.parent,
            provider=request.provider,
            custom=request.custom,
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            replace_on_changes=tuple(request.replaceOnChanges),
            secret_outputs=tuple(request.additionalSecretOutputs),
            aliases=tuple(self._aliases(request)),
            import_id=request.importId,
            depends_on=tuple(request.dependencies),
        )

    def _aliases(self, request: Any) -> Iterator[str]:
        """The URNs that the aliases of a request stand for."""
        yield from request.aliasURNs
        for alias in request.aliases:
            if alias.urn:
                yield alias.urn
                continue
            spec = alias.spec
            parent = "" if spec.noParent else spec.parentUrn or request.parent
            yield self.make_urn(
                parent, spec.type or request.type, spec.name or request.name
            )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        """Record a resource that the program looks up."""
        with self.lock:
            given = Properties(request.properties)
            self._record(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=self.make_urn(request.parent, request.type, request.name),
                    inputs=given.values,
                    secrets=given.secrets,
                    unknown=given.unknown,
                    parent=request.parent,
                    provider=request.provider,
                    secret_outputs=tuple(request.additionalSecretOutputs),
                    import_id=request.id,
                    depends_on=tuple(request.dependencies),
                    read=True,
                )
            )
            return super().ReadResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        """Note that a component is finished, and what the stack exports."""
        self.finished.add(request.urn)
        if request.urn.split("::")[2] == STACK:
            outputs = Properties(request.outputs)
            self.deployment.outputs = outputs.values
            self.deployment.secret_outputs = outputs.secrets
        return super().RegisterResourceOutputs(request)

    def _record(self, resource: Registered) -> None:
        self.cloud.current = resource
        self.refused += [f"{resource}: {why}" for why in self._refusals(resource)]
        self.urns.add(resource.urn)
        self.deployment.resources.append(resource)

    def _refusals(self, resource: Registered) -> Iterator[str]:
        if resource.urn in self.urns:
            yield "a second resource of this URN"
        # Providers and stack references are the engine's own.
        engines_own = resource.type.startswith("pulumi:")
        if resource.custom and not engines_own and not resource.provider:
            yield "no explicit provider"
        # Where parts are unknown the rest cannot be judged.
        if is_object(resource) and not (resource.unknown or resource.read):
            wrong = list(schema_errors(resource.inputs))
            yield from wrong or object_problems(resource.inputs)

    def refusals(self) -> list[str]:
        """Everything refused, when the program has ended."""
        objects = [r for r in self.deployment.resources if is_object(r)]
        unfinished = [
            f"{r}: outputs never registered"
            for r in self.deployment.resources
            if not r.custom and r.urn not in self.finished
        ]
        return [
            *self.refused,
            *unfinished,
            *cluster.names_taken(objects),
            *cluster.cannot_bind(objects, self.cloud.states),
            *(cluster.dangling(objects) if self.complete else ()),
        ]
