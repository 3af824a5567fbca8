# Pulumi's mocks and protocol buffers carry no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Run a Pulumi program without an engine, and look at what it registers.

    deployed = deploy(lambda: Claim("data", ClaimArgs(...), opts))
    claim = deployed.one("kubernetes:core/v1:PersistentVolumeClaim")
    assert claim.protect

The harness refuses what a real engine or API server would refuse: two
resources of one URN, a resource without an explicit provider, a component that
never registers its outputs, a Kubernetes object that its schema does not know.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import kubernetes_validate
import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.mocks import set_mocks as _set_mocks
from pulumi.runtime.settings import SETTINGS
from pulumi.runtime.stack import run_in_stack

KUBERNETES_VERSION = "1.35"


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One resource as the program registered it.

    Attributes:
        type: Type token, such as `kubernetes:core/v1:PersistentVolume`.
        name: Logical name.
        urn: The URN it would have.
        inputs: What the program gave, with the keys of the cloud.
        parent: URN of its parent.
        provider: `urn::id` of its provider; empty for components.
        custom: Whether it is a resource and not a component.
        protect: Whether destroying and replacing it are errors.
        retain_on_delete: Whether it stays when it leaves the stack.
        delete_before_replace: Whether the old one goes first.
        ignore_changes: Paths whose changes are not looked at.
        replace_on_changes: Paths whose changes replace it.
        import_id: Id under which it is imported; empty when it is made.
        depends_on: URNs it waits for.
        read: Whether it exists already and is only looked up.
    """

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    parent: str = ""
    provider: str = ""
    custom: bool = True
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()
    replace_on_changes: tuple[str, ...] = ()
    import_id: str = ""
    depends_on: tuple[str, ...] = ()
    read: bool = False


@dataclass(kw_only=True)
class Deployment:
    """Everything that a program registered.

    Attributes:
        resources: In the order of registration.
        outputs: What the stack exports.
        messages: What was logged: level and text.
    """

    resources: list[Registered] = field(default_factory=list[Registered])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    messages: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def all(self, kind: str, name: str | None = None) -> list[Registered]:
        """The resources of a type, by its whole token or its last word."""
        return [
            r
            for r in self.resources
            if (r.type == kind or r.type.rpartition(":")[2] == kind)
            and name in (None, r.name)
        ]

    def one(self, kind: str, name: str | None = None) -> Registered:
        """The only resource of a type, and of that name where one is given.

        Raises:
            LookupError: There is none, or more than one.
        """
        found = self.all(kind, name)
        if len(found) != 1:
            known = ", ".join(f"{r.type} {r.name}" for r in self.resources)
            raise LookupError(f"{len(found)} of {kind} {name or ''} among: {known}")
        return found[0]


class RefusedError(Exception):
    """The program does what a real engine or API server would refuse."""


class _Cloud(Mocks):
    """Gives every resource an id, and its inputs as outputs."""

    def __init__(self, outputs: Callable[[Registered], Mapping[str, Any]]) -> None:
        self.outputs = outputs
        self.current: Registered | None = None

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        state = dict(args.inputs)
        if self.current is not None:
            state |= self.outputs(self.current)
        if args.typ.startswith("kubernetes:"):
            # Pulumi names what has no name.
            metadata = {"name": f"{args.name}-0a1b2c3d", **state.get("metadata", {})}
            state["metadata"] = metadata
        return args.resource_id or f"{args.name}-id", state

    def call(self, args: MockCallArgs) -> Any:
        raise RefusedError(f"the program calls {args.token}: no cloud is asked here")


class _Monitor(MockMonitor):
    """Records requests whole, and refuses what an engine refuses."""

    def __init__(self, cloud: _Cloud, deployment: Deployment, *, preview: bool) -> None:
        super().__init__(cloud)
        self.cloud = cloud
        self.deployment = deployment
        self.preview = preview
        self.finished: set[str] = set()
        self.refused: list[str] = []
        # Requests come from several threads: each is recorded and answered
        # before the next, or two of one URN would not see each other.
        self.lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        with self.lock:
            return self._register(request)

    def _register(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type != "pulumi:pulumi:Stack":
            self._record(
                Registered(
                    type=request.type,
                    name=request.name,
                    urn=urn,
                    inputs=_plain(rpc.deserialize_properties(request.object)),
                    parent=request.parent,
                    provider=request.provider,
                    custom=request.custom,
                    protect=request.protect,
                    retain_on_delete=request.retainOnDelete,
                    delete_before_replace=request.deleteBeforeReplace,
                    ignore_changes=tuple(request.ignoreChanges),
                    replace_on_changes=tuple(request.replaceOnChanges),
                    import_id=request.importId,
                    depends_on=tuple(request.dependencies),
                )
            )
        return super().RegisterResource(request)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        with self.lock:
            return self._read(request)

    def _read(self, request: Any) -> Any:
        self._record(
            Registered(
                type=request.type,
                name=request.name,
                urn=self.make_urn(request.parent, request.type, request.name),
                inputs=_plain(rpc.deserialize_properties(request.properties)),
                parent=request.parent,
                provider=request.provider,
                import_id=request.id,
                depends_on=tuple(request.dependencies),
                read=True,
            )
        )
        return super().ReadResource(request)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802, the name of the RPC
        self.finished.add(request.urn)
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            outputs = rpc.deserialize_properties(request.outputs)
            self.deployment.outputs = _plain(outputs)
        return super().RegisterResourceOutputs(request)

    def _record(self, resource: Registered) -> None:
        self.cloud.current = resource
        self.refused += self._refusals(resource)
        self.deployment.resources.append(resource)

    def _refusals(self, resource: Registered) -> list[str]:
        who = f"{resource.type} {resource.name}"
        refused: list[str] = []
        if any(r.urn == resource.urn for r in self.deployment.resources):
            refused.append(f"{who}: a second resource of this URN")
        is_provider = resource.type.startswith("pulumi:providers:")
        if resource.custom and not is_provider and not resource.provider:
            refused.append(f"{who}: no explicit provider")
        # In a preview parts of an object are unknown: its schema cannot hold.
        checked = not (is_provider or self.preview or resource.read)
        if checked and resource.type.startswith("kubernetes:"):
            refused += [f"{who}: {wrong}" for wrong in _schema_errors(resource.inputs)]
        return refused


def deploy(
    program: Callable[[], Mapping[str, Any] | object],
    *,
    preview: bool = False,
    config: Mapping[str, str] | None = None,
    stack: str = "test",
    root: Path | None = None,
    outputs: Callable[[Registered], Mapping[str, Any]] = lambda _: {},
) -> Deployment:
    """Run `program` as the engine would, and return what it registered.

    Args:
        program: Registers resources. A mapping that it returns is exported.
        preview: Leave outputs that depend on the cloud unknown.
        config: Configuration values by their full keys, objects as JSON.
        stack: Name of the stack.
        root: Directory of the `Pulumi.yaml`.
        outputs: What the cloud adds to a resource's inputs.

    Raises:
        RefusedError: A real engine or API server would refuse the program.
        Exception: Whatever the program itself raises.
    """
    deployment = Deployment()
    monitor = _Monitor(_Cloud(outputs), deployment, preview=preview)
    # Pulumi keeps its settings in context variables: a copy of the context
    # keeps runs apart.
    contextvars.copy_context().run(
        _run,
        program,
        monitor,
        config=dict(config or {}),
        stack=stack,
        root=root,
    )
    for resource in deployment.resources:
        if not resource.custom and resource.urn not in monitor.finished:
            monitor.refused.append(
                f"{resource.type} {resource.name}: outputs never registered"
            )
    if monitor.refused:
        raise RefusedError("\n".join(monitor.refused))
    return deployment


def _run(
    program: Callable[[], object],
    monitor: _Monitor,
    *,
    config: dict[str, str],
    stack: str,
    root: Path | None,
) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loops = [loop]

    def in_thread() -> None:
        # Mocks want a loop in every thread, and would leave one open in each.
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    loop.set_default_executor(ThreadPoolExecutor(4, initializer=in_thread))
    try:
        logger = logging.getLogger("components.testing")
        logger.propagate = False
        logger.setLevel(logging.INFO)
        logger.handlers = [_Recorder(monitor.deployment.messages)]
        # A stack resource of this run alone, made by run_in_stack below.
        pulumi.runtime.settings.set_root_resource(cast("Any", object()))
        _set_mocks(
            monitor.mocks,
            project="ml-storage",
            stack=stack,
            preview=monitor.preview,
            logger=logger,
            monitor=monitor,
        )
        # Mocks share this set otherwise: what a failed run left would be awaited.
        cast("Any", SETTINGS).outputs = set()
        cast("Any", SETTINGS).root_directory = str(root) if root else None
        pulumi.runtime.settings.set_root_resource(cast("Any", None))
        set_all_config(config)

        def run() -> None:
            result = program()
            if isinstance(result, Mapping):
                for name, value in cast("Mapping[str, Any]", result).items():
                    pulumi.export(name, value)

        loop.run_until_complete(run_in_stack(run))
    finally:
        _finish(loops)
        asyncio.set_event_loop(None)


def _finish(loops: list[asyncio.AbstractEventLoop]) -> None:
    """End what a program that failed has left undone in the first of `loops`."""
    loop = loops[0]
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    # Results are fetched and dropped: the program's own error is the one said.
    loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    for each in loops:
        each.close()


class _Recorder(logging.Handler):
    def __init__(self, messages: list[tuple[str, str]]) -> None:
        super().__init__()
        self.messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append((record.levelname.lower(), record.getMessage()))


def _plain(value: Any) -> Any:
    """Whole numbers as such: on the wire every number is a float."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_plain(v) for v in cast("list[Any]", value)]
    return value


def _schema_errors(manifest: dict[str, Any]) -> list[str]:
    """What the strict OpenAPI schema of Kubernetes says of an object."""
    try:
        kubernetes_validate.validate(manifest, KUBERNETES_VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(str(part) for part in error.path)
        return [f"{where}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError:
        # A kind of a CRD: only the API server of its cluster knows it.
        return []
    return []


def stack_config(**sections: Any) -> dict[str, str]:
    """Configuration of a stack as Pulumi hands it to the program."""
    return {f"ml-storage:{key}": json.dumps(value) for key, value in sections.items()}
