"""What the how-to on snapshots shows is right, and comes up as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stacks.load import from_file
from stacks.testing import deploy_stack

TEXT = (Path(__file__).parents[2] / "docs" / "how-to" / "snapshots.md").read_text()
BEFORE, BACK = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(params=[BEFORE, BACK], ids=["before", "back"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(request.param)
    return file


def test_nothing_is_wrong_with_it(stack: Path) -> None:
    assert from_file(stack).found == []


@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_it_comes_up(stack: Path, preview: bool) -> None:
    deployed = deploy_stack(stack, preview=preview, strict=True)
    snapshot = deployed.manifest("VolumeSnapshot", "before-run-2")
    assert snapshot["spec"]["source"]["persistentVolumeClaimName"] == "checkpoints"
    assert all(s.protect for s in deployed.all("VolumeSnapshot"))


def test_the_new_claim_is_filled_from_the_snapshot(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    file.write_text(BACK)
    deployed = deploy_stack(file)
    restored = deployed.manifest("PersistentVolumeClaim", "restored")["spec"]
    assert restored["dataSource"]["name"] == "before-run-2"
    old = deployed.manifest("PersistentVolumeClaim", "checkpoints")["spec"]
    assert "dataSource" not in old


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("size: 1Ti, restore", "size: 1Gi, restore", "SNP06"),
        ("restore: before-run-2", "restore: before-run-3", "SNP05"),
        (
            "driver: rook-ceph.cephfs.csi.ceph.com",
            "driver: rook-ceph.rbd.csi.ceph.com",
            "SNP03",
        ),
    ],
)
def test_a_restore_that_would_not_work_is_refused(
    tmp_path: Path, before: str, after: str, rule: str
) -> None:
    file = tmp_path / "Pulumi.vision.yaml"
    assert before in BACK
    file.write_text(BACK.replace(before, after))
    assert rule in {found.problem.rule for found in from_file(file).found}
