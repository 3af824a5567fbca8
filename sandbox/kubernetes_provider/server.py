"""Pulumi's plugin protocol: requests in, answers and errors out."""

import functools
import importlib.metadata
import logging
import threading
import traceback
from collections.abc import Callable
from typing import Any, Final, NoReturn

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    EngineStub,
    ResourceProviderServicer,
    engine_pb2,
    plugin_pb2,
    provider_pb2,
    status_pb2,
)

from sandbox.kubernetes_provider import settings
from sandbox.kubernetes_provider.errors import PartialFailureError, ProviderError
from sandbox.kubernetes_provider.provider import DiffAnswer, KubernetesProvider
from sandbox.kubernetes_provider.values import from_struct, plain, to_struct
from sandbox.kubernetes_provider.waiting import Report
from sandbox.plugin import CHANGE_KINDS

_CONFIG: Final = "kubernetes:config:"
_DETAILS: Final = "grpc-status-details-bin"
_Context = grpc.ServicerContext


def _answers(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Turn a provider's errors into the protocol's."""

    @functools.wraps(verb)
    def served(self: "Server", request: Any, context: _Context) -> Any:
        try:
            return verb(self, request)
        except PartialFailureError as error:
            _abort_partially(context, error)
        except (ProviderError, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            logging.getLogger(__name__).debug("%s", traceback.format_exc())
            at = traceback.extract_tb(error.__traceback__)[-1]
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"the Kubernetes provider failed in {at.name}, line {at.lineno}: "
                f"{type(error).__name__}: {error}",
            )

    return served


class Server(ResourceProviderServicer):
    """One plugin process, which serves one provider resource.

    Args:
        engine: Address of the engine, for what is logged.
    """

    def __init__(self, engine: str) -> None:
        self._provider = KubernetesProvider()
        self._engine = EngineStub(grpc.insecure_channel(engine))
        self._told: dict[str, str] = {}
        self._lock = threading.Lock()

    @_answers
    def GetPluginInfo(self, request: Any) -> plugin_pb2.PluginInfo:  # noqa: D102, N802
        version = importlib.metadata.version("pulumi-kubernetes")
        return plugin_pb2.PluginInfo(version=version)

    @_answers
    def CheckConfig(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: D102, N802
        failures = [
            provider_pb2.CheckFailure(property=key, reason=reason)
            for key, reason in settings.problems(plain(from_struct(request.news)))
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    @_answers
    def DiffConfig(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: D102, N802
        old, new = plain(from_struct(request.olds)), plain(from_struct(request.news))
        changed = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
        return provider_pb2.DiffResponse(
            changes=_changes(bool(changed)),
            diffs=changed,
            replaces=settings.replaced_by(old, new),
        )

    @_answers
    def Configure(self, request: Any) -> provider_pb2.ConfigureResponse:  # noqa: D102, N802
        inputs = from_struct(request.args) or {
            key.removeprefix(_CONFIG): value for key, value in request.variables.items()
        }
        self._provider.configure(inputs)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            supports_autonaming_configuration=True,
        )

    @_answers
    def Check(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: D102, N802
        inputs = self._provider.check(
            _token(request.urn),
            name=request.urn.rpartition("::")[2],
            new=from_struct(request.news),
            old=from_struct(request.olds),
            seed=request.randomSeed,
            proposed=request.autonaming.proposed_name,
        )
        return provider_pb2.CheckResponse(inputs=to_struct(inputs))

    @_answers
    def Diff(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: D102, N802
        answer = self._provider.diff(
            from_struct(request.old_inputs),
            from_struct(request.olds),
            from_struct(request.news),
            list(request.ignoreChanges),
        )
        return _diff(answer)

    @_answers
    def Create(self, request: Any) -> provider_pb2.CreateResponse:  # noqa: D102, N802
        id_, state = self._provider.create(
            from_struct(request.properties),
            timeout=request.timeout,
            preview=request.preview,
            report=self._reporter(request.urn),
        )
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(state))

    @_answers
    def Read(self, request: Any) -> provider_pb2.ReadResponse:  # noqa: D102, N802
        found = self._provider.read(
            _token(request.urn),
            request.id,
            inputs=from_struct(request.inputs),
            state=from_struct(request.properties),
        )
        if found is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=found.id,
            properties=to_struct(found.state),
            inputs=to_struct(found.inputs),
        )

    @_answers
    def Update(self, request: Any) -> provider_pb2.UpdateResponse:  # noqa: D102, N802
        state = self._provider.update(
            from_struct(request.news),
            state=from_struct(request.olds),
            ignore=list(request.ignoreChanges),
            timeout=request.timeout,
            preview=request.preview,
            report=self._reporter(request.urn),
        )
        return provider_pb2.UpdateResponse(properties=to_struct(state))

    @_answers
    def Delete(self, request: Any) -> empty_pb2.Empty:  # noqa: D102, N802
        self._provider.delete(
            _token(request.urn),
            request.id,
            state=from_struct(request.properties),
            timeout=request.timeout,
            report=self._reporter(request.urn),
        )
        return empty_pb2.Empty()

    @_answers
    def Cancel(self, request: Any) -> empty_pb2.Empty:  # noqa: D102, N802
        self._provider.stop.set()
        return empty_pb2.Empty()

    def _reporter(self, urn: str) -> Report:
        """Return what shows a passing status beside one resource."""

        def report(message: str) -> None:
            with self._lock:
                if self._told.get(urn) == message:
                    return
                self._told[urn] = message
            request = engine_pb2.LogRequest(
                severity=engine_pb2.INFO, message=message, urn=urn, ephemeral=True
            )
            try:
                self._engine.Log(request)
            except grpc.RpcError as error:
                # An engine that is shutting down no longer listens.
                logging.getLogger(__name__).debug("status not shown: %s", error)

        return report


def _token(urn: str) -> str:
    """Return the type of a URN, without the types of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


def _changes(some: bool) -> Any:
    response = provider_pb2.DiffResponse
    return response.DIFF_SOME if some else response.DIFF_NONE


def _diff(answer: DiffAnswer) -> provider_pb2.DiffResponse:
    changes, replaces = answer.diff.changes, answer.diff.replaces
    return provider_pb2.DiffResponse(
        changes=_changes(bool(changes)),
        replaces=sorted(replaces),
        deleteBeforeReplace=answer.delete_before_replace,
        diffs=sorted({path.partition(".")[0] for path in changes}),
        detailedDiff={
            path: provider_pb2.PropertyDiff(
                kind=CHANGE_KINDS[change, path in replaces], inputDiff=True
            )
            for path, change in changes.items()
        },
        hasDetailedDiff=True,
    )


def _abort_partially(context: _Context, error: PartialFailureError) -> NoReturn:
    """Answer that the object exists, so that the engine records it."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.id,
        properties=to_struct(error.state),
        inputs=to_struct(error.inputs) if error.inputs is not None else None,
        reasons=error.reasons,
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message=str(error)
    )
    status.details.add().Pack(detail)
    context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort raises")
