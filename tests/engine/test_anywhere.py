"""One team's YAML, word by word, on AWS, on Google Cloud and on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client

from sandbox import cluster as sandbox
from tests.engine import aws, gcp
from tests.engine.accounts import EXAMPLES, CloudAccount
from tests.engine.leftovers import claims, clean
from tests.engine.provisioner import provisioner
from tests.engine.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.images]

TEAM = "lab"


@pytest.fixture
def space(cluster: sandbox.Cluster) -> Iterator[None]:
    """The team's namespace is not there, before and after."""
    del cluster
    gone()
    yield
    gone()


def gone() -> None:
    clean([TEAM], ".csi.aws.com")
    with sandbox.client() as connection:
        storage = client.StorageV1Api(connection)
        with suppress(client.ApiException):
            storage.delete_storage_class("disk")


def jobs() -> set[str]:
    with sandbox.client() as connection:
        found = client.BatchV1Api(connection).list_namespaced_job(TEAM).items
    return {job.metadata.name for job in found}


@pytest.mark.usefixtures("space")
@pytest.mark.parametrize(
    ("account", "stack", "driver"),
    [
        (aws.Account, "aws", "ebs.csi.aws.com"),
        (gcp.Account, "gcp", "pd.csi.storage.gke.io"),
    ],
    ids=["aws", "gcp"],
)
def test_on_a_cloud(
    tmp_path: Path,
    cluster: sandbox.Cluster,
    account: type[CloudAccount],
    stack: str,
    driver: str,
) -> None:
    project = account(tmp_path, cluster, examples="anywhere").stack(stack)
    with provisioner(driver):
        project.up()
    assert project.changes() == {}
    assert {claim.status.phase for claim in claims(TEAM).values()} == {"Bound"}
    assert jobs() == {"train", "look"}


@pytest.mark.usefixtures("space")
def test_on_the_sandbox(api: client.ApiClient, tmp_path: Path) -> None:
    """There the programs run."""
    stack = Stack(TEAM, tmp_path, Path("/var/lib/ml-storage/test") / TEAM)
    text = (EXAMPLES / "anywhere" / "Pulumi.sandbox.yaml").read_text()
    text = text.replace("/var/lib/ml-storage/anywhere", str(stack.data))
    config: dict[str, Any] = yaml.safe_load(text)["config"]
    stack.config = {key.removeprefix("ml-storage:"): v for key, v in config.items()}
    try:
        said = stack.up()
        assert said.count("Complete") >= 2
        assert list(stack.data.glob("step-*")), "the checkpoints lie on the host"
        assert {claim.status.phase for claim in claims(TEAM).values()} == {"Bound"}
    finally:
        stack.remove(api)
