"""What a cluster may have besides Kubernetes; here it is started when it is wanted."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import yaml

from sandbox import cluster, crds, csi, s3
from sandbox.api import Api
from sandbox.lifecycle import Sandbox
from sandbox.progress import step
from sandbox.s3_wanted import mapping, wanted

# Where a stack names a driver: part of its configuration, section, key of a thing.
_NAMED: Final = (
    ("ml-storage:platform", "storageClasses", "provisioner"),
    ("ml-storage:platform", "snapshotClasses", "driver"),
    ("ml-storage:platform", "storage", "driver"),
    ("ml-storage:team", "volumes", "driver"),
)


def start(*names: str) -> None:
    """Start add-ons of the sandbox, and the sandbox itself where it does not run.

    What runs is left as it is. A stop of the sandbox stops them as well; they are
    not started again with it, and find their data when they are.

    Args:
        names: `csi` is a driver with snapshots, `hostpath.csi.k8s.io`; `s3` is a
            server of S3 at `s3.URL`; `snapshots`, `jobset` and `kueue` are the
            kinds alone, without what acts on them.

    Raises:
        ValueError: There is no such add-on.
        MissingTool: The machine lacks something; the message names it.
        SandboxError: One did not start; the message says what and where to look.
    """
    for name in names:
        if name not in _STARTERS:
            raise ValueError(f"{name} is no add-on: {', '.join(_STARTERS)}")
    if not names:
        return
    cluster.start()
    with cluster.alone():
        this = Sandbox()
        for name in names:
            _STARTERS[name](this, name)


def needed(file: Path) -> tuple[str, ...]:
    """Return the add-ons without which a stack cannot work.

    Args:
        file: The stack's file. One that cannot be read needs none: what is wrong
            with it is said by those who check it.
    """
    try:
        config = mapping(mapping(yaml.safe_load(file.read_text())).get("config"))
    except (OSError, ValueError, yaml.YAMLError):
        return ()
    named = (
        mapping(thing).get(key)
        for part, section, key in _NAMED
        for thing in mapping(mapping(config.get(part)).get(section)).values()
    )
    driver = ("csi",) if csi.DRIVER in named else ()
    return (*driver, "s3") if wanted(file).buckets else driver


def start_for(file: Path) -> None:
    """Start what a stack needs, with the buckets that it names.

    Args:
        file: The stack's file.

    Raises:
        MissingTool: The machine lacks something; the message names it.
        SandboxError: One did not start; the message says what and where to look.
    """
    server = Sandbox().s3
    for name in wanted(file).buckets:
        server.make_bucket(name)
    start(*needed(file))


def _start_csi(this: Sandbox, _: str) -> None:
    if this.csi.runs(this.processes):
        return
    # Built before the step, which would show its time as its own.
    this.tools.program("csi-driver")
    with step(f"Starting the CSI driver {csi.DRIVER}"):
        this.csi.stop(this.processes)
        try:
            this.csi.start(this.tools, this.processes)
        except BaseException:
            this.csi.stop(this.processes)
            raise


def _start_s3(this: Sandbox, _: str) -> None:
    s3.start(this.s3, this.processes)


def _install(this: Sandbox, name: str) -> None:
    crds.install(Api(this.credentials), name)


_STARTERS: Final[Mapping[str, Callable[[Sandbox, str], None]]] = {
    "csi": _start_csi,
    "s3": _start_s3,
    **dict.fromkeys(crds.SOURCES, _install),
}
