"""The process behind a stand-in's executable."""

import importlib.metadata
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import grpc
from pulumi.runtime.proto import add_ResourceProviderServicer_to_server

from sandbox.plugin import OPTIONS, serve
from tests.cloud.provider import Cloud, CloudProvider
from tests.cloud.server import Server
from tests.cloud.store import ACCOUNT, VARIABLE, Store

_THREADS: Final = 32


def run(cloud: Cloud, distribution: str, account: str) -> None:
    """Serve until the engine ends.

    Args:
        cloud: The cloud that is stood in for.
        distribution: The SDK whose version the plugin has: `pulumi-aws`.
        account: The account where a test names none.
    """
    store = Store(Path(os.environ[VARIABLE]))
    named = next(iter(store.all(ACCOUNT)), account)
    provider = CloudProvider(cloud, store, named)
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=OPTIONS)
    version = importlib.metadata.version(distribution)
    served = Server(provider, version, sys.argv[1])
    add_ResourceProviderServicer_to_server(served, server)
    serve(server)
