"""Names of Google Cloud's things: what is made from those of the YAML is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from components.catalog import gcp_names, gcs_names
from components.catalog.gcp_names import Made
from components.catalog.problem import Problem
from components.gcp.disk_spec import DiskSpec
from components.gcp.filestore_spec import FilestoreSpec
from components.gcp.storage_bucket_spec import StorageBucketSpec
from stacks.checks.places import has_data, on_gcp
from stacks.checks.rule import Rule
from stacks.checks.stack import Stack

_BUCKET = "-bucket-0a1b2c3"
"""What a bucket's name ends with, where it is given none."""

_OF_KIND: dict[type, Made] = {FilestoreSpec: "instance", DiskSpec: "disk"}
_OF_SECTION: dict[str, Made] = {
    "diskImages": "image",
    "storagePools": "pool",
    "tpuVms": "vm",
    "keys": "ring",
}


def names_that_can_be_made(stack: Stack) -> Iterator[Problem]:
    """What Google Cloud calls a thing is made from its name here, and is a name there.

    A bucket may be given another name, and what is there already has one.
    """
    platform = on_gcp(stack)
    if platform is None or not has_data(platform):
        return
    sections: dict[str, Mapping[str, object]] = {
        "diskImages": platform.disk_images,
        "storagePools": platform.storage_pools,
        "tpuVms": platform.tpu_vms,
        "keys": platform.keys,
        "storage": platform.storage,
    }
    for section, entries in sections.items():
        for name, spec in entries.items():
            if _is_there(spec):
                continue
            made = _OF_SECTION.get(section) or _OF_KIND.get(type(spec))
            problem = gcp_names.problem(made, name) if made is not None else None
            if isinstance(spec, StorageBucketSpec):
                problem = _bucket(name)
            if problem is not None:
                yield problem.under("platform", section, name)


def _is_there(spec: object) -> bool:
    """Whether a thing has a name already, or is given one."""
    keys = ("existing", "adopt", "bucket")
    return any(getattr(spec, key, None) is not None for key in keys)


def _bucket(name: str) -> Problem | None:
    """What is wrong with the name that a bucket would get."""
    wrong = gcs_names.bucket_name(f"{name}{_BUCKET}")
    if wrong is None:
        return None
    return Problem(
        rule="",
        message="the bucket is named by this and what makes it unique, which is no "
        "bucket's name: one has at most 63 characters, does not begin with goog, and "
        "has no google in it. Give it one",
        nearest="bucket: NAME",
        link=gcs_names.NAMING,
    )


RULES = (Rule("GCP60", "names that Google Cloud refuses", names_that_can_be_made),)
