"""What a program gets of a bucket by its URI opens it, and its logs hold no key."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.rclone import Failure
from stacks.testing import deploy_stack
from tests.emulators.s3_server import KEYS, S3Server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WITH_BOTO3 = """
import os, boto3
bucket, _, prefix = os.environ["DATA_URI"].removeprefix("s3://").partition("/")
client = boto3.client("s3")
client.put_object(Bucket=bucket, Key=prefix + "b", Body=b"2")
listed = client.list_objects_v2(Bucket=bucket, Prefix=prefix)
print([entry["Key"] for entry in listed["Contents"]])
"""


def stack(server: S3Server) -> dict[str, Any]:
    """A job that reads a part of a bucket of the server's."""
    return {
        "ml-storage:key-id": {"secure": "AAABAA"},
        "ml-storage:secret-key": {"secure": "AAABAB"},
        "ml-storage:platform": {
            "cloud": "kubernetes",
            "cluster": {"context": "here"},
            "teams": {"vision": {}},
        },
        "ml-storage:team": {
            "name": "vision",
            "secrets": {
                "s3-keys": {
                    "kind": "environment",
                    "variables": {
                        "AWS_ACCESS_KEY_ID": "key-id",
                        "AWS_SECRET_ACCESS_KEY": "secret-key",
                    },
                }
            },
            "volumes": {
                "data": {
                    "kind": "bucket",
                    "uri": "s3://datasets/vision/",
                    "endpoint": server.url,
                    "secret": "s3-keys",
                }
            },
            "jobs": {
                "read": {
                    "image": "image:1",
                    "command": ["read"],
                    "uris": {"DATA_URI": {"volume": "data", "path": "raw"}},
                }
            },
        },
    }


def environment(server: S3Server, secret_key: str = KEYS.secret) -> dict[str, str]:
    """The variables of the job's container, as the kubelet resolves them."""
    values = {"key-id": KEYS.access, "secret-key": secret_key}
    deployed = deploy_stack(stack(server), secrets=values)
    pod = deployed.manifest("Job", "read")["spec"]["template"]["spec"]
    found: dict[str, str] = {}
    for entry in pod["containers"][0]["env"]:
        if "value" in entry:
            found[entry["name"]] = entry["value"]
            continue
        named = entry["valueFrom"]["secretKeyRef"]
        data = deployed.manifest("Secret", named["name"])["data"]
        found[entry["name"]] = base64.b64decode(data[named["key"]]).decode()
    return found


def run(
    *command: str, rclone: Path, home: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a program with no other variables than those of its pod."""
    path = os.pathsep.join([str(rclone), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": path, "HOME": str(home), **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def bucket(s3: S3Server) -> S3Server:
    client = s3.client()
    client.create_bucket(Bucket="datasets")
    for key in ("vision/raw/a", "vision/other", "raw/a"):
        client.put_object(Bucket="datasets", Key=key, Body=key.encode())
    return s3


def test_our_programs_reach_it(bucket: S3Server, rclone: Path, tmp_path: Path) -> None:
    own = environment(bucket)
    words = ("-m", "jobs.sync", own["DATA_URI"], str(tmp_path / "to"))
    done = run(*words, rclone=rclone, home=tmp_path, environment=own)
    assert done.returncode == 0, done.stderr
    there = {path.name: path.read_text() for path in (tmp_path / "to").glob("*")}
    assert {n: t for n, t in there.items() if n[0] != "."} == {"a": "vision/raw/a"}
    assert KEYS.secret not in done.stdout + done.stderr


def test_boto3_reaches_it(bucket: S3Server, rclone: Path, tmp_path: Path) -> None:
    own = environment(bucket)
    done = run("-c", WITH_BOTO3, rclone=rclone, home=tmp_path, environment=own)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['vision/raw/a', 'vision/raw/b']"


def test_a_wrong_key_is_denied_and_not_repeated(
    bucket: S3Server, rclone: Path, tmp_path: Path
) -> None:
    wrong = "hunter2hunter2hunter2"
    own = environment(bucket, wrong)
    to = str(tmp_path / "to")
    words = ("-m", "jobs.sync", own["DATA_URI"], to, "--attempts", "1")
    done = run(*words, rclone=rclone, home=tmp_path, environment=own)
    assert done.returncode == Failure.DENIED, done.stderr
    assert wrong not in done.stdout + done.stderr
