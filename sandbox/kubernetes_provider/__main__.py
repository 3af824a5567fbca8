"""The executable behind `pulumi-resource-kubernetes`."""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import add_ResourceProviderServicer_to_server

from sandbox.kubernetes_provider.server import Server
from sandbox.plugin import OPTIONS, serve

# Every operation that waits holds a thread; the engine limits how many do.
_THREADS = 512


def main() -> None:
    """Serve until the engine ends, or asks for it."""
    # The engine's address is the first word that is no flag.
    engine = next(arg for arg in sys.argv[1:] if not arg.startswith("-"))
    server = grpc.server(ThreadPoolExecutor(max_workers=_THREADS), options=OPTIONS)
    add_ResourceProviderServicer_to_server(Server(engine), server)
    serve(server)


if __name__ == "__main__":
    main()
