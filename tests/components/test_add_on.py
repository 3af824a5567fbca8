from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components.catalog.add_ons import ADD_ONS, AddOnName
from components.kubernetes.add_on import AddOn, AddOnArgs, merged
from components.kubernetes.add_on_spec import AddOnSpec

RELEASE = "kubernetes:helm.sh/v3:Release"
INSTALLED = sorted(name for name, row in ADD_ONS.items() if row.chart is not None)


def args(add_on: AddOnName, **spec: Any) -> AddOnArgs:
    given = {"install": True, **spec}
    return AddOnArgs(spec=AddOnSpec.model_validate(given), add_on=add_on)


@pytest.mark.parametrize("name", INSTALLED)
def test_installed_at_its_version(deploy_with: Any, name: AddOnName) -> None:
    deployed = deploy_with(lambda opts: AddOn(name, args(name), opts))
    made = deployed.one(RELEASE)
    chart = ADD_ONS[name].chart
    assert chart is not None
    assert made.parent == deployed.one("ml-storage:index:AddOn").urn
    assert made.inputs["name"] == name
    assert made.inputs["chart"] == chart.name
    assert made.inputs["version"] == chart.version
    assert made.inputs["namespace"] == chart.namespace
    assert made.inputs["createNamespace"] is True
    assert made.inputs["atomic"] is True
    assert made.inputs["cleanupOnFail"] is True
    repository = made.inputs.get("repositoryOpts", {}).get("repo")
    assert repository == chart.repository
    # With a CRD go all objects of its kind, whoever made them.
    assert made.protect == (chart.crds == "deleted")
    assert made.delete_before_replace


def test_another_version_and_values(deploy_with: Any) -> None:
    values = {"gfd": {"sleepInterval": "30s"}}
    made = deploy_with(
        lambda opts: AddOn(
            "discovery",
            args("gpu-feature-discovery", version="0.19.3", values=values),
            opts,
        )
    ).one(RELEASE)
    assert made.inputs["name"] == "discovery"
    assert made.inputs["version"] == "0.19.3"
    assert made.inputs["values"]["gfd"] == {"enabled": True, "sleepInterval": "30s"}
    assert made.inputs["values"]["devicePlugin"] == {"enabled": False}


def test_what_is_there_is_not_installed(deploy_with: Any) -> None:
    there = AddOnArgs(spec=AddOnSpec(existing=True), add_on="kueue")
    with pytest.raises(ValueError, match="kueue is existing"):
        deploy_with(lambda opts: AddOn("kueue", there, opts))


def test_what_has_no_chart_is_not_installed(deploy_with: Any) -> None:
    with pytest.raises(ValueError, match="no chart"):
        deploy_with(lambda opts: AddOn("nodes", args("node-autoscaler"), opts))


@pytest.mark.parametrize(
    ("spec", "at"),
    [
        ({}, ()),
        ({"existing": True, "install": True}, ()),
        ({"existing": True, "version": "1.2.3"}, ("version",)),
        ({"existing": True, "values": {"a": 1}}, ("values",)),
        ({"install": True, "version": "~1.2"}, ("version",)),
        ({"install": True, "version": "1.2.x"}, ("version",)),
        ({"install": True, "version": ">=1.2.3"}, ("version",)),
    ],
)
def test_refused(spec: dict[str, Any], at: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        AddOnSpec.model_validate(spec)
    (error,) = caught.value.errors()
    assert error["ctx"]["problem"].rule == "ADD02"
    assert error["loc"] == at


@pytest.mark.parametrize("version", ["0.20.0", "v0.5.30", "1.2.3-rc.1", "1.2.3+b"])
def test_exact_versions(version: str) -> None:
    assert AddOnSpec(install=True, version=version).version == version


def test_values_are_laid_over_each_other() -> None:
    base = {"a": {"b": 1, "c": [1]}, "d": 2}
    assert merged(base, {"a": {"c": [3]}, "d": {"e": 4}}) == {
        "a": {"b": 1, "c": [3]},
        "d": {"e": 4},
    }
    assert base["a"] == {"b": 1, "c": [1]}
