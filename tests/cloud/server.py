"""Pulumi's plugin protocol for a stand-in cloud: requests in, answers out."""

import functools
import logging
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    EngineStub,
    ResourceProviderServicer,
    engine_pb2,
    plugin_pb2,
    provider_pb2,
)

from sandbox.kubernetes_provider.values import from_struct, plain, to_struct
from sandbox.plugin import CHANGE_KINDS
from tests.cloud.inputs import Failure
from tests.cloud.kind import CloudError
from tests.cloud.provider import CloudProvider


def _answers(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Turn the cloud's errors into the protocol's."""

    @functools.wraps(verb)
    def served(self: "Server", request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return verb(self, request)
        except CloudError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            logging.getLogger(__name__).debug("%s", traceback.format_exc())
            at = traceback.extract_tb(error.__traceback__)[-1]
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"the stand-in failed in {at.name}, {at.filename}:{at.lineno}: "
                f"{type(error).__name__}: {error}",
            )

    return served


class Server(ResourceProviderServicer):
    """One plugin process, which serves one provider resource.

    Args:
        provider: The cloud behind it.
        version: The version of the SDK that it stands in for.
        engine: Address of the engine, for what it warns of.
    """

    def __init__(self, provider: CloudProvider, version: str, engine: str) -> None:
        self._provider = provider
        self._version = version
        self._engine = EngineStub(grpc.insecure_channel(engine))

    @_answers
    def GetPluginInfo(self, request: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version=self._version)

    @_answers
    def CheckConfig(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        config = from_struct(request.news)
        return provider_pb2.CheckResponse(
            inputs=request.news,
            failures=_failures(self._provider.cloud.config_failures(plain(config))),
        )

    @_answers
    def DiffConfig(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        old, new = plain(from_struct(request.olds)), plain(from_struct(request.news))
        changed = sorted(k for k in {*old, *new} if old.get(k) != new.get(k))
        return provider_pb2.DiffResponse(changes=_changes(changed), diffs=changed)

    @_answers
    def Configure(self, request: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802
        self._provider.configure(from_struct(request.args))
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            supportsPreview=True,
            supports_autonaming_configuration=True,
        )

    @_answers
    def Check(self, request: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        inputs, failures = self._provider.check(
            _token(request.urn),
            from_struct(request.news),
            from_struct(request.olds),
            name=request.urn.rpartition("::")[2],
            seed=request.randomSeed,
            proposed=request.autonaming.proposed_name,
        )
        return provider_pb2.CheckResponse(
            inputs=to_struct(inputs), failures=_failures(failures)
        )

    @_answers
    def Diff(self, request: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        found, first = self._provider.diff(
            _token(request.urn),
            from_struct(request.old_inputs),
            from_struct(request.olds),
            from_struct(request.news),
            list(request.ignoreChanges),
        )
        return provider_pb2.DiffResponse(
            changes=_changes(found.changes),
            replaces=sorted(found.replaces),
            deleteBeforeReplace=first,
            diffs=sorted({path.partition(".")[0] for path in found.changes}),
            detailedDiff={
                path: provider_pb2.PropertyDiff(
                    kind=CHANGE_KINDS[change, path in found.replaces], inputDiff=True
                )
                for path, change in found.changes.items()
            },
            hasDetailedDiff=True,
        )

    @_answers
    def Create(self, request: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        id_, state = self._provider.create(
            _token(request.urn),
            from_struct(request.properties),
            preview=request.preview,
        )
        return provider_pb2.CreateResponse(id=id_, properties=to_struct(state))

    @_answers
    def Read(self, request: Any) -> provider_pb2.ReadResponse:  # noqa: N802
        found = self._provider.read(
            _token(request.urn),
            request.id,
            from_struct(request.inputs),
            from_struct(request.properties),
        )
        if found is None:
            return provider_pb2.ReadResponse()
        inputs, state = found
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(state), inputs=to_struct(inputs)
        )

    @_answers
    def Update(self, request: Any) -> provider_pb2.UpdateResponse:  # noqa: N802
        state = self._provider.update(
            _token(request.urn),
            request.id,
            from_struct(request.news),
            from_struct(request.olds),
            preview=request.preview,
        )
        return provider_pb2.UpdateResponse(properties=to_struct(state))

    @_answers
    def Delete(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        state = from_struct(request.properties)
        stays = self._provider.delete(_token(request.urn), request.id, state)
        if stays is not None:
            self._engine.Log(
                engine_pb2.LogRequest(
                    severity=engine_pb2.WARNING, message=stays, urn=request.urn
                )
            )
        return empty_pb2.Empty()

    @_answers
    def Invoke(self, request: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        answer = self._provider.invoke(request.tok, plain(from_struct(request.args)))
        # The field's name is a word of Python's.
        fields: dict[str, Any] = {"return": to_struct(answer)}
        return provider_pb2.InvokeResponse(**fields)

    @_answers
    def Cancel(self, request: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()


def _token(urn: str) -> str:
    """Return the type of a URN, without the types of its parents."""
    return urn.split("::")[2].rpartition("$")[2]


def _failures(found: Iterable[Failure]) -> list[provider_pb2.CheckFailure]:
    return [
        provider_pb2.CheckFailure(property=failure.path, reason=failure.reason)
        for failure in found
    ]


def _changes(some: object) -> Any:
    response = provider_pb2.DiffResponse
    return response.DIFF_SOME if some else response.DIFF_NONE
