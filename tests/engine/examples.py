"""The examples for any Kubernetes, under names of a test's own."""

import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client

from sandbox.session import CHECKOUT
from tests.engine.stacks import Stack

EXAMPLES = CHECKOUT / "examples" / "kubernetes"
Example = Callable[[str], Stack]


def renamed(title: str, directory: Path) -> Stack:
    """A committed example under a new name, so that no test touches what a user has up.

    Args:
        title: The example.
        directory: Where the stack's files go.
    """
    name = f"t{secrets.token_hex(3)}"
    stack = Stack(name, directory, Path("/var/lib/ml-storage/test") / name)
    whole = yaml.safe_load((EXAMPLES / f"Pulumi.{title}.yaml").read_text())
    text = json.dumps(whole["config"])
    text = text.replace(f"/var/lib/ml-storage/{title}", str(stack.data))
    text = text.replace(f"s3://{title}/", f"s3://{name}/")
    text = re.sub(rf'"{title}-(shared|csi)"', rf'"{name}-\1"', text)
    config = {k.removeprefix("ml-storage:"): v for k, v in json.loads(text).items()}
    teams = config["platform"]["teams"]
    teams[name] = teams.pop(title)
    config["team"]["name"] = name
    stack.config = config
    return stack


def log_of(api: client.ApiClient, stack: Stack, job: str) -> str:
    core = client.CoreV1Api(api)
    pods = core.list_namespaced_pod(stack.name, label_selector=f"job-name={job}").items
    newest = max(pods, key=lambda pod: pod.metadata.creation_timestamp)
    return core.read_namespaced_pod_log(newest.metadata.name, stack.name)


def directory_of(api: client.ApiClient, stack: Stack, claim: str) -> Path:
    """The directory of the host that a dynamic claim lies in."""
    core: Any = client.CoreV1Api(api)
    bound = core.read_namespaced_persistent_volume_claim(claim, stack.name)
    volume = core.read_persistent_volume(bound.spec.volume_name)
    return Path(volume.spec.host_path.path)
