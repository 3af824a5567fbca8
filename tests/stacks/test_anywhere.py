"""One team's YAML in three environments: AWS, Google Cloud and any Kubernetes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.testing import Deployment, deploy_stack

DIRECTORY = Path(__file__).parents[2] / "examples" / "anywhere"
PLACES = ("aws", "gcp", "sandbox")


def section(place: str, name: str) -> Any:
    text = (DIRECTORY / f"Pulumi.{place}.yaml").read_text()
    return yaml.safe_load(text)["config"][f"ml-storage:{name}"]


def pods(whole: Deployment) -> dict[str, Any]:
    return {
        made.name: made.inputs["spec"]["template"]["spec"]
        for made in whole.all("kubernetes:batch/v1:Job")
    }


def test_the_teams_part_is_the_same() -> None:
    assert len({str(section(place, "team")) for place in PLACES}) == 1
    platforms = [section(place, "platform") for place in PLACES]
    assert len({platform["cloud"] for platform in platforms}) == 3


@pytest.mark.slow
def test_it_makes_the_same_jobs() -> None:
    """Only what names nodes differs."""
    made = {
        place: pods(deploy_stack(DIRECTORY / f"Pulumi.{place}.yaml", strict=True))
        for place in PLACES
    }
    for job, pod in made["sandbox"].items():
        for place in ("aws", "gcp"):
            other = made[place][job]
            assert other["volumes"] == pod["volumes"]
            assert other["containers"] == pod["containers"]
            assert other["serviceAccountName"] == pod["serviceAccountName"]
