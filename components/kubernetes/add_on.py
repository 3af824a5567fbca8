"""An add-on of the cluster, installed from its Helm chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s

from components.catalog.add_ons import ADD_ONS, AddOnName, Chart
from components.kubernetes.add_on_spec import AddOnSpec


@dataclass(frozen=True, kw_only=True)
class AddOnArgs:
    """What an AddOn is made from.

    Attributes:
        spec: What is installed, and how.
        add_on: Which one.
        values: Values that only its cloud knows. Those of the spec win.
        chart: The chart of its cloud, where it has one of its own; default: the
            catalog's.
    """

    spec: AddOnSpec
    add_on: AddOnName
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    chart: Chart | None = None


class AddOn(pulumi.ComponentResource):
    """A Helm release at a pinned version, whole or not at all.

    Where the release holds CRDs that would go with it, it is protected: with a
    CRD goes every object of its kind in the cluster, snapshots and queues of
    all teams included.

    Attributes:
        release_name: Name of the release, known when it stands.
    """

    release_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: AddOnArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the add-on.

        Args:
            name: The name of the release.
            args: What to install.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: The add-on exists already, or has no chart.
        """
        chart = args.chart or ADD_ONS[args.add_on].chart
        if not args.spec.install:
            raise ValueError(
                f"the add-on {args.add_on} is existing: nothing to install"
            )
        if chart is None:
            raise ValueError(
                f"the add-on {args.add_on} has no chart: it is there or not"
            )
        super().__init__("ml-storage:index:AddOn", name, None, opts)
        release = k8s.helm.v3.Release(
            f"{name}-release",
            **release_fields(name, chart, args.spec, args.values),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=chart.crds == "deleted",
                # Two releases of one name cannot stand beside each other.
                delete_before_replace=True,
            ),
        )
        self.release_name = release.name.apply(lambda given: given or name)
        self.register_outputs({"releaseName": self.release_name})


def release_fields(
    name: str,
    chart: Chart,
    spec: AddOnSpec,
    values: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The arguments of the Helm release."""
    fields: dict[str, Any] = {
        "name": name,
        "chart": chart.name,
        "version": spec.version or chart.version,
        "namespace": chart.namespace,
        "create_namespace": True,
        # A release that fails leaves nothing half made behind.
        "atomic": True,
        "cleanup_on_fail": True,
        # What a chart brings along is of the version that it was tested with.
        "skip_crds": False,
        "values": merged(merged(chart.values, values or {}), spec.values),
    }
    if chart.repository is not None:
        fields["repository_opts"] = {"repo": chart.repository}
    return fields


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `over` laid over it, mappings merged and all else replaced."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = merged(  # noqa: PLW2901, the merged value takes its place
                cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value)
            )
        result[key] = value
    return result
