from __future__ import annotations

from typing import Any

import kubernetes_validate
import pytest
from pydantic import ValidationError

from components.kubernetes.limit_range import limit_range_fields
from components.kubernetes.limits_spec import LimitsSpec


def limits(**given: Any) -> LimitsSpec:
    return LimitsSpec.model_validate(given)


def test_one_item_for_containers_and_one_for_claims() -> None:
    spec = limits(
        default={"cpu": 2, "memory": "8Gi"},
        defaultRequest={"cpu": "500m"},
        max={"cpu": 16, "ephemeralStorage": "100Gi"},
        min={"memory": "64Mi"},
        claim={"min": "1Gi", "max": "10Ti"},
    )
    fields = limit_range_fields(spec)
    assert fields == {
        "limits": [
            {
                "type": "Container",
                "default": {"cpu": "2", "memory": "8Gi"},
                "defaultRequest": {"cpu": "500m"},
                "max": {"cpu": "16", "ephemeral-storage": "100Gi"},
                "min": {"memory": "64Mi"},
            },
            {
                "type": "PersistentVolumeClaim",
                "max": {"storage": "10Ti"},
                "min": {"storage": "1Gi"},
            },
        ]
    }
    manifest = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "team", "namespace": "dev"},
        "spec": fields,
    }
    kubernetes_validate.validate(manifest, "1.35", strict=True)


def test_what_is_not_said_is_not_limited() -> None:
    assert limit_range_fields(limits()) == {}
    assert limit_range_fields(limits(claim={}, max={})) == {}
    (only,) = limit_range_fields(limits(claim={"max": "1Ti"}))["limits"]
    assert only == {"type": "PersistentVolumeClaim", "max": {"storage": "1Ti"}}


@pytest.mark.parametrize(
    ("given", "path", "nearest"),
    [
        ({"min": {"cpu": 2}, "max": {"cpu": 1}}, ("min", "cpu"), "1"),
        ({"default": {"cpu": 2}, "max": {"cpu": 1}}, ("default", "cpu"), "1"),
        ({"default": {"cpu": 1}, "min": {"cpu": 2}}, ("default", "cpu"), "2"),
        (
            {"defaultRequest": {"memory": "2Gi"}, "default": {"memory": "1Gi"}},
            ("defaultRequest", "memory"),
            "1Gi",
        ),
        (
            {"defaultRequest": {"memory": "2Gi"}, "max": {"memory": "1Gi"}},
            ("defaultRequest", "memory"),
            "1Gi",
        ),
        (
            {
                "defaultRequest": {"ephemeralStorage": "1Gi"},
                "min": {"ephemeralStorage": "2Gi"},
            },
            ("defaultRequest", "ephemeralStorage"),
            "2Gi",
        ),
        ({"claim": {"min": "2Ti", "max": "1Ti"}}, ("claim", "min"), "1Ti"),
    ],
)
def test_bounds_that_contradict_each_other(
    given: dict[str, Any], path: tuple[str, ...], nearest: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        limits(**given)
    (error,) = refused.value.errors()
    problem = error.get("ctx", {})["problem"]
    assert error["loc"] == path
    assert (problem.rule, problem.nearest) == ("LIM01", nearest)


def test_equal_bounds_agree() -> None:
    same = {"cpu": "1000m", "memory": "1Gi"}
    other = {"cpu": 1, "memory": "1024Mi"}
    limits(default=same, defaultRequest=other, max=same, min=other)
