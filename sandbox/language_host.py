"""The language host behind `runtime: python`: it runs a Pulumi program.

It serves the language host that the Python SDK has for its Automation API, with
a program that is a directory, as the official `pulumi-language-python` does.
"""

import asyncio
import importlib.metadata
import os
import runpy
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi
from pulumi.automation._server import (
    LanguageServer,
    _suppress_unobserved_task_logging,
)
from pulumi.runtime import (
    Settings,
    configure,
    run_in_stack,
    set_all_config,
)
from pulumi.runtime.proto import (
    add_LanguageRuntimeServicer_to_server,
    language_pb2,
    plugin_pb2,
)

from sandbox.plugin import OPTIONS, serve


class Host(LanguageServer):
    """Runs the program of one deployment, in this process.

    Args:
        engine: Address of the engine, for what the program logs.
    """

    def __init__(self, engine: str) -> None:
        super().__init__(lambda: None)
        self._engine = engine

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        version = importlib.metadata.version("pulumi")
        return plugin_pb2.PluginInfo(version=version)

    def InstallDependencies(  # noqa: D102, N802
        self, request: Any, context: Any
    ) -> Iterator[Any]:
        said = "The program runs in the environment that is installed already.\n"
        yield language_pb2.InstallDependenciesResponse(stdout=said.encode())

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        found = [
            language_pb2.DependencyInfo(name=d.metadata["Name"], version=d.version)
            for d in importlib.metadata.distributions()
        ]
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: Any) -> Any:  # noqa: D102, N802
        _suppress_unobserved_task_logging()
        program = _program(request)
        os.chdir(request.pwd)
        sys.argv = [str(program), *request.args]
        sys.path.insert(0, str(program.parent))
        configure(
            Settings(
                monitor=request.monitor_address,
                engine=self._engine,
                project=request.project,
                stack=request.stack,
                parallel=request.parallel,
                dry_run=request.dryRun,
                organization=request.organization or "organization",
                root_directory=request.info.root_directory,
            )
        )
        set_all_config(dict(request.config), list(request.configSecretKeys))
        return _run(program, max(request.parallel, 1) * 4)


def main() -> None:
    """Serve until the engine ends, or asks for it."""
    engine = next(arg for arg in sys.argv[1:] if not arg.startswith("-"))
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=OPTIONS)
    add_LanguageRuntimeServicer_to_server(Host(engine), server)
    serve(server)


def _program(request: Any) -> Path:
    where = Path(request.info.program_directory) / request.info.entry_point
    return where / "__main__.py" if where.is_dir() else where


def _run(program: Path, threads: int) -> Any:
    """Run the program; what it did wrong is logged, as the official host does.

    The answer only says `bail` then, so that the engine adds no noise to it.
    """
    failed = language_pb2.RunResponse(bail=True)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    executor = ThreadPoolExecutor(max_workers=threads)
    loop.set_default_executor(executor)
    try:
        loop.run_until_complete(run_in_stack(lambda: _execute(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return failed
    except SystemExit as error:
        if isinstance(error.code, str):
            pulumi.log.error(error.code)
        return failed if error.code else language_pb2.RunResponse()
    except grpc.RpcError as error:
        # The engine that ends its monitor has said why already.
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"RPC error: {error.details()}")
        return failed
    except Exception as error:
        told = _users_traceback(error, program)
        pulumi.log.error(f"Program failed with an unhandled exception:\n{told}")
        return failed
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _close(loop)
        executor.shutdown(wait=False, cancel_futures=True)
    return language_pb2.RunResponse()


def _execute(program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed program left running, so that it does not complain."""
    pending = asyncio.all_tasks(loop)
    for task in pending:
        task.cancel()
    if pending:
        loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
    asyncio.set_event_loop(None)
    loop.close()


def _users_traceback(error: BaseException, program: Path) -> str:
    """Return the traceback from the program's own first line on."""
    frame = error.__traceback__
    while frame and not frame.tb_frame.f_code.co_filename.startswith(
        str(program.parent)
    ):
        frame = frame.tb_next
    start = frame or error.__traceback__
    return "".join(traceback.format_exception(type(error), error, start))


if __name__ == "__main__":
    main()
