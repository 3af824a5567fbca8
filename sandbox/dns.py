"""The pods' DNS server: CoreDNS, on the bridge's address of the host.

It knows Services and the pods behind them. Of names outside the cluster it knows
nothing, as nothing outside can be reached from a pod.
"""

import http.client
from pathlib import Path

from sandbox import rights
from sandbox.api import Api
from sandbox.credentials import CONTEXT, Credentials
from sandbox.network import DNS, DOMAIN
from sandbox.processes import Processes
from sandbox.tools import Tools

NAME = "coredns"
"""Name of its process."""
PORT = 53
READY_PORT = 16253

_RULES = (
    rights.rule("", "namespaces pods services", "list watch"),
    rights.rule("discovery.k8s.io", "endpointslices", "list watch"),
)


def start(
    tools: Tools, processes: Processes, credentials: Credentials, directory: Path
) -> None:
    """Start it, once the API server is ready; it answers a second later.

    Args:
        tools: The programs.
        processes: Where it is recorded.
        credentials: What it identifies itself by.
        directory: Where its configuration is written.

    Raises:
        SandboxError: The API server refused its rights.
    """
    rights.grant(Api(credentials), credentials.user("dns"), _RULES)
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "Corefile"
    config.write_text(corefile(credentials.kubeconfig("dns")))
    command = [tools.program(NAME), "-conf", str(config)]
    processes.spawn(NAME, command, {"PATH": tools.path})


def answers() -> bool:
    """Return whether it answers and knows what the cluster has."""
    connection = http.client.HTTPConnection("127.0.0.1", READY_PORT, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def corefile(kubeconfig: Path) -> str:
    """Return its configuration.

    No answer is cached: a pod that waits for another asks for a name that is not
    there yet, and should learn at once when it is.
    """
    return f"""\
.:{PORT} {{
    bind {DNS}
    errors
    ready 127.0.0.1:{READY_PORT}
    kubernetes {DOMAIN} in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig} {CONTEXT}
        pods insecure
    }}
    loadbalance
}}
"""
