"""A training on the sandbox whose checkpoints a sidecar publishes to its S3 server.

The Job is written by hand, so that what is tested are the programs in it and not
what makes Jobs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from kubernetes.client import ApiException

from jobs.checkpoints import CheckpointStore
from sandbox import cgroups, images, s3
from sandbox.lifecycle import Sandbox
from sandbox.session import CHECKOUT

EVERY = 20
"""Steps between checkpoints."""

TRAINER = "jobs.train"
SIDECAR = "jobs.checkpoints publish"

_SECRET = "s3-keys"  # noqa: S105, the name of a Secret
_PREFIX = "tier"
_ABOUT = ("--about", "program=train")
_PUBLISHED = re.compile(r"step-(\d+)\.json")
_RESUMED = re.compile(r"resumed from /ckpt/step-(\d+)")
_SAVED = re.compile(r"saved /ckpt/step-(\d+)")


def until(condition: Callable[[], Any], what: str, *, seconds: float = 120) -> Any:
    """What a condition says once it says anything."""
    deadline = time.monotonic() + seconds
    while not (said := condition()):
        assert time.monotonic() < deadline, f"{what}: not after {seconds:.0f} s"
        time.sleep(0.1)
    return said


@dataclass
class Tier:
    """One training, in as many Jobs as it takes.

    Attributes:
        core: Pods.
        batch: Jobs.
        namespace: Where they are.
        rclone: The directory of rclone on this machine.
    """

    core: Any
    batch: Any
    namespace: str
    rclone: Path
    server: s3.S3 = field(default_factory=lambda: Sandbox().s3)
    _jobs: int = 0

    @property
    def bucket(self) -> str:
        """The bucket, which nothing else uses."""
        return f"{self.namespace}-checkpoints"

    @property
    def uri(self) -> str:
        """Where its checkpoints are published."""
        return f"s3://{self.bucket}/{_PREFIX}/"

    @property
    def job(self) -> str:
        """The Job that runs."""
        return f"train-{self._jobs}"

    def prepare(self) -> None:
        """Make what the Jobs need."""
        self.server.make_bucket(self.bucket)
        secret = {"metadata": {"name": _SECRET}, "stringData": self._environment}
        self.core.create_namespaced_secret(self.namespace, secret)

    def begin(self, *, steps: int = 1_000_000) -> None:
        """Start a Job that trains up to a step."""
        self._jobs += 1
        self.batch.create_namespaced_job(self.namespace, self._manifest(steps))

    def end(self) -> None:
        """Delete the Job, as an interruption does: its pods may end by themselves."""
        self.batch.delete_namespaced_job(
            self.job, self.namespace, propagation_policy="Foreground"
        )
        until(lambda: not self.pods(), "the pods of a deleted Job end")

    def pods(self) -> list[Any]:
        """The pods of the Job, the oldest first."""
        label = f"job-name={self.job}"
        found = self.core.list_namespaced_pod(self.namespace, label_selector=label)
        return sorted(found.items, key=lambda p: p.metadata.creation_timestamp)

    def log(self, pod: Any, container: str = "train") -> str:
        """What a container has said; nothing before it started."""
        name = pod.metadata.name
        with suppress(ApiException):
            said = self.core.read_namespaced_pod_log(
                name, self.namespace, container=container
            )
            # None of a pod that has no node yet.
            return said or ""
        return ""

    def resumed(self, *, but: str = "") -> int | None:
        """The step that the newest pod went on from; None before it did.

        Args:
            but: Name of a pod that does not count.
        """
        for pod in reversed(self.pods()):
            if pod.metadata.name != but:
                found = _RESUMED.search(self.log(pod))
                return int(found[1]) if found else None
        return None

    def saved(self, pod: Any) -> int:
        """The last step that a pod's trainer says it saved; 0 for none."""
        return max(map(int, _SAVED.findall(self.log(pod))), default=0)

    def process(self, words: str) -> psutil.Process:
        """The first process of the container that runs a program."""
        (found,) = [
            process
            for process in cgroups.members()
            if words in _command(process) and self._is_own(process)
        ]
        return found

    def published(self) -> int:
        """The newest step that is visible in the bucket; 0 for none.

        It is read behind the server's back, which may be dead.
        """
        directory = self.server.directory / "buckets" / self.bucket / _PREFIX
        names = [path.name for path in directory.glob("*")]
        found = (_PUBLISHED.fullmatch(name) for name in names)
        return max((int(name[1]) for name in found if name), default=0)

    def wait_published(self, *, after: int) -> None:
        """Wait until a later step than this is visible in the bucket."""
        until(lambda: self.published() > after, f"one after step {after} is published")

    def restored(self) -> int:
        """The step of what a restore takes now, which is whole."""
        with tempfile.TemporaryDirectory() as directory:
            words = ("restore", self.uri, directory, *_ABOUT)
            path = os.pathsep.join([str(self.rclone), os.environ["PATH"]])
            done = subprocess.run(
                [sys.executable, "-m", "jobs.checkpoints", *words],
                env={"PATH": path, "HOME": directory, **self._environment},
                cwd=CHECKOUT,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            newest = CheckpointStore(Path(directory)).newest(len)
            assert newest is not None, done.stdout
            return newest[0].step

    @property
    def _environment(self) -> dict[str, str]:
        keys = self.server.keys()
        return {
            "AWS_ENDPOINT_URL": s3.URL,
            "AWS_REGION": s3.REGION,
            "AWS_ACCESS_KEY_ID": keys.access,
            "AWS_SECRET_ACCESS_KEY": keys.secret,
        }

    def _is_own(self, process: psutil.Process) -> bool:
        with suppress(OSError):
            groups = Path(f"/proc/{process.pid}/cgroup").read_text()
            return any(pod.metadata.uid in groups for pod in self.pods())
        return False

    def _manifest(self, steps: int) -> dict[str, Any]:
        program = ["python3", "-m", "jobs.checkpoints"]
        restore = [*program, "restore", self.uri, "/ckpt", *_ABOUT]
        publish = [*program, "publish", "/ckpt", self.uri, "--flush", "20", *_ABOUT]
        train = ["python3", "-m", TRAINER, "--checkpoints", "/ckpt"]
        train += ["--steps", str(steps), "--checkpoint-every", str(EVERY)]
        train += ["--pause", "0.03"]

        def container(name: str, command: list[str], **more: Any) -> dict[str, Any]:
            return {
                "name": name,
                "image": images.reference("train"),
                "imagePullPolicy": "Never",
                "command": command,
                "envFrom": [{"secretRef": {"name": _SECRET}}],
                "volumeMounts": [{"name": "ckpt", "mountPath": "/ckpt"}],
                **more,
            }

        return {
            "metadata": {"name": self.job},
            "spec": {
                "backoffLimit": 6,
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "terminationGracePeriodSeconds": 30,
                        "initContainers": [
                            container("restore", restore),
                            container("publish", publish, restartPolicy="Always"),
                        ],
                        "containers": [container("train", train)],
                        "volumes": [{"name": "ckpt", "emptyDir": {}}],
                    }
                },
            },
        }


def _command(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""
