"""etcd, the API server, the controllers and the scheduler, on loopback only."""

import socket
import time
from pathlib import Path

import psutil

from sandbox.api import Api
from sandbox.credentials import Credentials
from sandbox.errors import OWN_CLUSTER, SandboxError
from sandbox.network import HOST, SERVICES
from sandbox.processes import Processes
from sandbox.tools import Tools

ETCD_PORT = 12379
ETCD_PEER_PORT = 12380
API_PORT = 16443
SERVER = f"https://127.0.0.1:{API_PORT}"

SPAWNED = ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd")
"""The control plane's processes, in the order in which they are stopped."""


def start_api(
    tools: Tools, processes: Processes, credentials: Credentials, data: Path
) -> None:
    """Start etcd and the API server; they are ready some seconds later.

    Args:
        tools: The programs.
        processes: Where they are recorded.
        credentials: What they identify themselves by.
        data: Directory of etcd's data, which outlives them.
    """
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    env = {"PATH": tools.path}
    inner = credentials.inner_certificate, credentials.inner_key
    client, peer = _local(ETCD_PORT), _local(ETCD_PEER_PORT)
    etcd = [
        tools.program("etcd"),
        "--name=sandbox",
        f"--data-dir={data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=sandbox={peer}",
        "--log-level=warn",
    ]
    for side in ("", "peer-"):
        etcd += [
            f"--{side}cert-file={inner[0]}",
            f"--{side}key-file={inner[1]}",
            f"--{side}trusted-ca-file={inner[0]}",
            f"--{side}client-cert-auth=true",
        ]
    processes.spawn("etcd", etcd, env)
    apiserver = [
        tools.program("kube-apiserver"),
        f"--etcd-servers={client}",
        f"--etcd-cafile={inner[0]}",
        f"--etcd-certfile={inner[0]}",
        f"--etcd-keyfile={inner[1]}",
        "--bind-address=127.0.0.1",
        f"--secure-port={API_PORT}",
        f"--advertise-address={HOST}",
        f"--cert-dir={credentials.serving}",
        f"--token-auth-file={credentials.tokens}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={credentials.service_account_key}",
        f"--service-account-signing-key-file={credentials.service_account_key}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--kubelet-client-certificate={inner[0]}",
        f"--kubelet-client-key={inner[1]}",
        "--kubelet-preferred-address-types=InternalIP",
        # Nothing routes the service `kubernetes`, so it has no endpoints.
        "--endpoint-reconciler-type=none",
        "--profiling=false",
    ]
    processes.spawn("kube-apiserver", apiserver, env)


def start_controllers(
    tools: Tools, processes: Processes, credentials: Credentials
) -> None:
    """Start the controllers and the scheduler, once the API server is ready."""
    env = {"PATH": tools.path}
    controllers = [
        tools.program("kube-controller-manager"),
        f"--kubeconfig={credentials.kubeconfig('controller-manager')}",
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={credentials.service_account_key}",
        f"--root-ca-file={credentials.authority}",
        "--enable-hostpath-provisioner=true",
        # A claim whose volume came a moment later waits for the next look: 15 s by
        # default.
        "--pvclaimbinder-sync-period=1s",
        # By default hundreds of claims wait for the controller's own patience.
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        f"--flex-volume-plugin-dir={credentials.directory / 'no-plugins'}",
        "--leader-elect=false",
        "--secure-port=0",
    ]
    processes.spawn("kube-controller-manager", controllers, env)
    scheduler = [
        tools.program("kube-scheduler"),
        f"--kubeconfig={credentials.kubeconfig('scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
    ]
    processes.spawn("kube-scheduler", scheduler, env)


def wait_ready(
    processes: Processes, credentials: Credentials, *, timeout: float = 60
) -> None:
    """Wait until the API server is ready.

    Raises:
        SandboxError: It, or etcd, has ended, or is not ready after that many
            seconds.
    """
    deadline = time.monotonic() + timeout
    while Api(credentials).get("/readyz") is None:
        for name in ("etcd", "kube-apiserver"):
            processes.require(name)
        if time.monotonic() > deadline:
            raise SandboxError(
                f"The API server is not ready after {timeout:.0f} s; "
                f"see {processes.log('kube-apiserver')}"
            )
        time.sleep(0.1)


def require_free(ports: dict[int, str]) -> None:
    """Raise SandboxError if another program listens on a port.

    Args:
        ports: Each port, and the address of this machine it is needed on.
    """
    for port, address in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                raise SandboxError(
                    f"Port {port} of {address} cannot be had{_listener(port)}: "
                    f"{error.strerror}; end what uses it, {OWN_CLUSTER}"
                ) from error


def _listener(port: int) -> str:
    for connection in psutil.net_connections("tcp"):
        ports = connection.laddr[1:]
        listens = connection.status == psutil.CONN_LISTEN and port in ports
        if listens and connection.pid:
            return f" ({psutil.Process(connection.pid).name()}, pid {connection.pid})"
    return ""


def _local(port: int) -> str:
    return f"https://127.0.0.1:{port}"
