"""The executable behind `pulumi-resource-aws` in tests."""

import importlib.metadata
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import add_ResourceProviderServicer_to_server

from sandbox.plugin import OPTIONS, serve
from tests.cloud.aws.cloud import Aws
from tests.cloud.provider import CloudProvider
from tests.cloud.server import Server
from tests.cloud.store import ACCOUNT, VARIABLE, Store

_THREADS = 32


def main() -> None:
    """Serve until the engine ends."""
    store = Store(Path(os.environ[VARIABLE]))
    provider = CloudProvider(
        Aws(), store, next(iter(store.all(ACCOUNT)), "123456789012")
    )
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=OPTIONS)
    version = importlib.metadata.version("pulumi-aws")
    add_ResourceProviderServicer_to_server(Server(provider, version), server)
    serve(server)


if __name__ == "__main__":
    main()
