"""The bridge that the sandbox's pods hang on.

The host has the bridge's first address. Pods reach the host there, and it is the
node's address. Without masquerading, pods reach nothing beyond the host.
"""

import ipaddress
import json
import shutil
import subprocess
from pathlib import Path

import psutil

from sandbox.errors import OWN_CLUSTER, SandboxError
from sandbox.paths import remove_empty

BRIDGE = "ml-storage0"
PODS = ipaddress.IPv4Network("10.213.64.0/24")
SERVICES = ipaddress.IPv4Network("10.213.65.0/24")
HOST = str(PODS[1])
DNS = HOST
"""Address of the pods' DNS server, which is a process of the host."""
DOMAIN = "cluster.local"
"""What the names of Services end in."""

_NETWORK = "ml-storage-sandbox"
# Fixed in libcni, which containerd uses.
_RESULTS = Path("/var/lib/cni/results")


def make_bridge(ip: str) -> None:
    """Make the bridge, or leave it if it is there.

    Args:
        ip: Path of the program `ip`.

    Raises:
        SandboxError: Another interface has an address of the sandbox's networks.
    """
    for interface, addresses in psutil.net_if_addrs().items():
        for address in addresses:
            if interface != BRIDGE and _is_ours(address.address):
                raise SandboxError(
                    f"{interface} has the address {address.address}, and the "
                    f"sandbox's pods need {PODS} and {SERVICES}: take it off, "
                    f"{OWN_CLUSTER}"
                )
    if BRIDGE not in psutil.net_if_stats():
        _run(ip, "link", "add", BRIDGE, "type", "bridge")
    _run(ip, "address", "replace", f"{HOST}/{PODS.prefixlen}", "dev", BRIDGE)
    _run(ip, "link", "set", BRIDGE, "up")


def remove_bridge(ip: str) -> None:
    """Remove the bridge with its addresses and routes, if it is there."""
    if BRIDGE in psutil.net_if_stats():
        _run(ip, "link", "delete", BRIDGE)


def write_config(directory: Path) -> None:
    """Write how containerd attaches a pod to the bridge.

    Args:
        directory: `net.d` in it has the configuration, `networks` the addresses
            that pods have been given.
    """
    plugin = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isGateway": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(directory / "networks"),
            "ranges": [[{"subnet": str(PODS), "gateway": HOST}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    config = {"cniVersion": "0.4.0", "name": _NETWORK, "plugins": [plugin]}
    (directory / "net.d").mkdir(parents=True, exist_ok=True)
    path = directory / "net.d" / "10-sandbox.conflist"
    path.write_text(json.dumps(config, indent=2))


def forget_addresses(directory: Path) -> None:
    """Free the addresses of pods, none of which may be running."""
    shutil.rmtree(directory / "networks", ignore_errors=True)
    for result in _RESULTS.glob(f"{_NETWORK}-*"):
        container = result.name.removeprefix(f"{_NETWORK}-").rpartition("-")[0]
        # The loopback of the same pod carries no name of ours.
        for file in _RESULTS.glob(f"*-{container}-*"):
            file.unlink()
    remove_empty(_RESULTS, _RESULTS.parent)


def _is_ours(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        # A link-layer address, or one with a scope.
        return False
    return parsed in PODS or parsed in SERVICES


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(
            f"{' '.join(command[1:])} failed: {done.stderr.strip()}; the sandbox's "
            f"pods need a bridge: load the kernel module `bridge`, {OWN_CLUSTER}"
        )
