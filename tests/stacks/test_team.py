"""A team in a whole stack: what is there before what."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.testing import deploy_stack
from tests.stacks.examples import needs

STACK = """
config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {context: here}
    storageClasses:
      files: {existing: true, provisioner: rook-ceph.cephfs.csi.ceph.com}
    teams: {vision: {}}
  ml-storage:team:
    name: vision
    volumes:
      shared: {kind: claim, storageClass: files, size: 1Ti,
               accessModes: [ReadWriteMany]}
    patterns:
      data: {kind: dataset-staging, source: "https://example.com/data.tar",
             to: {volume: shared, path: data}, image: "transfer:1"}
      model: {kind: model-repository, source: "https://example.com/model.tar",
              to: {volume: shared, path: model}, version: v1, image: "transfer:1"}
    jobs:
      train: {image: "image:1", command: [train], await: true, mounts: {/d: data}}
    workspaces:
      shell: {image: "image:1", mounts: {/d: data}}
    deployments:
      serve: {image: "image:1", command: [serve], mounts: {/m: model}}
"""


@pytest.mark.parametrize(
    ("kind", "program", "copy", "other"),
    [
        ("batch/v1:Job", "train-job", "data-job", "model-v1-job"),
        ("apps/v1:Deployment", "shell-deployment", "data-job", "model-v1-job"),
        ("apps/v1:Deployment", "serve-deployment", "model-v1-job", "data-job"),
    ],
)
def test_who_is_awaited_does_not_wait_for_a_copy_that_is_not_made(
    tmp_path: Path, kind: str, program: str, copy: str, other: str
) -> None:
    """An engine that makes few things at a time would wait for both for ever."""
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(STACK)
    whole = deploy_stack(file)
    before = needs(whole, whole.one(f"kubernetes:{kind}", program))
    assert whole.one("kubernetes:batch/v1:Job", copy).urn in before
    assert whole.one("kubernetes:batch/v1:Job", other).urn not in before
