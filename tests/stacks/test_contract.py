"""What an environment tells its teams, there and back."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stacks import contract
from stacks.config import PlatformConfig
from stacks.contract import Contract
from stacks.load import from_file

CONFIG = Path(__file__).parents[1] / "config"


@pytest.fixture(scope="module")
def platform() -> PlatformConfig:
    config = from_file(CONFIG / "good" / "everything.yaml").config
    assert config is not None
    assert config.platform is not None
    return config.platform


def as_engine_hands_it_on(value: Any) -> Any:
    """Every number is a float on the wire."""
    return json.loads(json.dumps(value), parse_int=float)


def test_there_and_back(platform: PlatformConfig) -> None:
    made = Contract.of(platform, "prod")
    sent = as_engine_hands_it_on(made.as_output())
    got, problems = contract.read(sent, "prod", "the stack prod")
    assert problems == []
    assert got is not None
    assert got.provides.storage == platform.storage
    assert got.provides.storage_classes == platform.storage_classes
    assert got.provides.teams == platform.teams
    assert got.differences(made, "vision") == []
    assert got.as_output() == made.as_output()


def test_it_holds_nothing_of_the_cluster(platform: PlatformConfig) -> None:
    provides = Contract.of(platform, "prod").as_output()["provides"]
    assert "cluster" not in provides
    # What an add-on is set up with is free text, and may be anything.
    assert provides["addOns"]["prometheus-operator-crds"] == {
        "install": True,
        "version": "1.2.3",
    }


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"version": 2}, "CON02"),
        ({"version": 0}, "CON02"),
        ({"version": "1"}, "CON01"),
        ({"version": True}, "CON01"),
        ({"environment": "staging"}, "CON01"),
        ({"digest": None}, "CON01"),
        ({"provides": None}, "CON01"),
    ],
)
def test_an_edited_one_is_refused(
    platform: PlatformConfig, change: dict[str, Any], rule: str
) -> None:
    made = Contract.of(platform, "prod").as_output() | change
    got, (problem,) = contract.read(made, "prod", "contract.json")
    assert got is None
    assert problem.rule == rule


@pytest.mark.parametrize("value", [[], "text", 5, {"a": 1}])
def test_what_is_no_contract(value: object) -> None:
    got, (problem,) = contract.read(value, "prod", "contract.json")
    assert (got, problem.rule) == (None, "CON01")


def test_every_cut_of_it_is_refused(platform: PlatformConfig, tmp_path: Path) -> None:
    text = json.dumps(Contract.of(platform, "prod").as_output())
    file = tmp_path / "contract.json"
    for end in range(0, len(text), 97):
        file.write_text(text[:end])
        got, problems = contract.read_file(file, "prod")
        assert got is None
        assert problems[0].rule == "CON01"
    file.unlink()
    assert contract.read_file(file, "prod")[1][0].rule == "CON01"


def test_what_concerns_another_team_is_no_difference(platform: PlatformConfig) -> None:
    made = Contract.of(platform, "prod")
    teams = {
        **platform.teams,
        "nlp": platform.teams["old"],
        "new": platform.teams["old"],
    }
    other = Contract.of(platform.model_copy(update={"teams": teams}), "prod")
    assert made.differences(other, "vision") == []
    assert made.as_output() != other.as_output()
    quota = platform.teams["vision"].model_copy(update={"limits": None})
    changed = {**platform.teams, "vision": quota}
    mine = Contract.of(platform.model_copy(update={"teams": changed}), "prod")
    assert [path.split(".")[:3] for path in made.differences(mine, "vision")] == [
        ["teams", "vision", "limits"]
    ]


def test_the_digest_does_not_depend_on_the_order(platform: PlatformConfig) -> None:
    made = Contract.of(platform, "prod").as_output()
    turned = json.loads(json.dumps(made))
    turned["provides"] = dict(reversed(turned["provides"].items()))
    assert contract.read(turned, "prod", "x")[1] == []
    cut = copy.deepcopy(made)
    del cut["provides"]["teams"]["vision"]["grants"]["models"]
    assert contract.read(cut, "prod", "x")[1][0].rule == "CON01"
