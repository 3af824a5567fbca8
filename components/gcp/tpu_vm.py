"""A TPU VM with disks of the platform's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_gcp as gcp

from components.catalog.tpu_vms import ACCELERATORS
from components.gcp.tpu_vm_spec import TpuDiskSpec, TpuVmSpec

_SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


@dataclass(frozen=True, kw_only=True)
class TpuVmArgs:
    """What a TpuVm is made from.

    Attributes:
        spec: The VM.
        project: The project that it is in.
        network: The network that it is in; default: the project's own `default`.
        subnet: The subnet of its region, which a network without automatic
            subnets needs, with Private Google Access: the VM has no address on
            the internet.
        disks: The full names of the platform's disks, by name.
    """

    spec: TpuVmSpec
    project: str
    network: pulumi.Input[str] | None = None
    subnet: pulumi.Input[str] | None = None
    disks: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )


class TpuVm(pulumi.ComponentResource):
    """A TPU VM, or the VMs of a slice, and the account that they run as.

    Attributes:
        node: Its full name, `projects/P/zones/Z/nodes/N`.
        account: The e-mail address of its service account, which has no role
            and no key.
    """

    node: pulumi.Output[str]
    account: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        args: TpuVmArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the VM.

        Args:
            name: Name of the VM in the stack.
            args: What to make.
            opts: Must carry the provider of the project.
        """
        super().__init__("ml-storage:index:TpuVm", name, None, opts)
        spec, child = args.spec, pulumi.ResourceOptions(parent=self)
        # The default account of Compute Engine may be an editor of the project.
        account = gcp.serviceaccount.Account(
            f"{name}-account",
            project=args.project,
            display_name=f"{name}: TPU VM of {pulumi.get_stack()}",
            opts=child,
        )
        vm = gcp.tpu.V2Vm(
            f"{name}-vm",
            project=args.project,
            zone=spec.zone,
            runtime_version=spec.runtime,
            accelerator_config={
                "type": ACCELERATORS[spec.tpu],
                "topology": spec.topology,
            },
            network_config={
                "network": args.network,
                "subnetwork": args.subnet,
                "enable_external_ips": False,
            },
            scheduling_config=_scheduling(spec),
            service_account={"email": account.email, "scopes": _SCOPES},
            data_disks=[_disk(disk, args.disks) for disk in spec.disks],
            labels=spec.tags or None,
            opts=child,
        )
        self.node, self.account = vm.id, account.email
        self.register_outputs({"node": self.node, "account": self.account})


def _scheduling(spec: TpuVmSpec) -> gcp.tpu.V2VmSchedulingConfigArgs | None:
    """How the VM is had, where it is not on demand."""
    if spec.capacity == "on-demand":
        return None
    return gcp.tpu.V2VmSchedulingConfigArgs(
        spot=spec.capacity == "spot" or None,
        reserved=spec.capacity == "reservation" or None,
    )


def _disk(
    spec: TpuDiskSpec, disks: Mapping[str, pulumi.Input[str]]
) -> gcp.tpu.V2VmDataDiskArgs:
    return gcp.tpu.V2VmDataDiskArgs(
        source_disk=disks.get(spec.disk, spec.disk),
        mode="READ_ONLY" if spec.read_only else "READ_WRITE",
    )
