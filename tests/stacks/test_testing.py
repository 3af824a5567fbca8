"""A stack's YAML through the harness, as a team's own tests run it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks.testing import RefusedError, contract_of, deploy_stack

PLATFORM, TEAM = "ml-storage:platform", "ml-storage:team"

ENVIRONMENT = """\
config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {context: prod}
    storageClasses: {shared: {existing: true, provisioner: nfs.csi.k8s.io}}
    teams: {vision: {quota: {storage: {shared: 1Ti}}}}
"""
A_TEAM = """\
config:
  ml-storage:rclone: {secure: AAABAJ}
  ml-storage:team:
    name: vision
    platform: prod
    cluster: {context: vision-prod}
    volumes:
      data: {kind: claim, storageClass: shared, size: 1Gi}
"""


@pytest.fixture(params=[False, True], ids=["update", "preview"])
def preview(request: pytest.FixtureRequest) -> bool:
    return request.param


def test_a_file(root: Path, preview: bool) -> None:
    deployed = deploy_stack(root / "Pulumi.dev.yaml", preview=preview)
    assert deployed.one("PersistentVolumeClaim", "results-claim").protect
    assert deployed.outputs["namespace"] == "dev"


def test_a_configuration(dev_values: dict[str, Any], preview: bool) -> None:
    deployed = deploy_stack(dev_values, preview=preview)
    assert deployed.manifest("Job", "train")


def test_everything_in_dev_is_made_by_dev(root: Path) -> None:
    deploy_stack(root / "Pulumi.dev.yaml", complete=True, strict=True)


def test_a_mistake_is_what_check_says(dev_values: dict[str, Any]) -> None:
    dev_values[TEAM]["volumes"]["results"]["size"] = "1GB"
    with pytest.raises(pulumi.RunError, match=r"\[QTY01\]"):
        deploy_stack(dev_values)


def test_a_warning_refuses_when_strict(dev_values: dict[str, Any]) -> None:
    dev_values[TEAM]["volumes"]["results"]["writers"] = "one"
    assert deploy_stack(dev_values).messages
    with pytest.raises(RefusedError, match="WRT03"):
        deploy_stack(dev_values, strict=True)


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.a.yaml"
    file.write_text("config: [")
    with pytest.raises(ValueError, match=r"Pulumi.a.yaml:2: .*does not parse"):
        deploy_stack(file)


def test_a_team_on_the_environment_beside_it(tmp_path: Path, preview: bool) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(ENVIRONMENT)
    file = tmp_path / "Pulumi.vision-prod.yaml"
    file.write_text(A_TEAM)
    deployed = deploy_stack(file, preview=preview)
    assert deployed.manifest("PersistentVolumeClaim", "data")
    assert deployed.all("Namespace") == []
    provider = deployed.one("pulumi:providers:kubernetes")
    assert provider.inputs["context"] == "vision-prod"


def test_a_team_on_a_contract(tmp_path: Path) -> None:
    environment = tmp_path / "Pulumi.prod.yaml"
    environment.write_text(ENVIRONMENT)
    contract = contract_of(environment)
    assert contract["environment"] == "prod"
    file = tmp_path / "elsewhere" / "Pulumi.vision-prod.yaml"
    file.parent.mkdir()
    file.write_text(A_TEAM)
    for given in (contract, environment):
        deployed = deploy_stack(file, contract=given)
        assert deployed.manifest("PersistentVolumeClaim", "data")
    with pytest.raises(ValueError, match="hand its configuration or its contract"):
        deploy_stack(file)


def test_a_truncated_contract_is_refused(tmp_path: Path) -> None:
    environment = tmp_path / "Pulumi.prod.yaml"
    environment.write_text(ENVIRONMENT)
    contract = contract_of(environment)
    contract["provides"]["teams"] = {}
    file = tmp_path / "elsewhere" / "Pulumi.vision-prod.yaml"
    file.parent.mkdir()
    file.write_text(A_TEAM)
    with pytest.raises(pulumi.RunError, match="CON01"):
        deploy_stack(file, contract=contract)
