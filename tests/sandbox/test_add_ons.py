"""A stack gets the add-ons that it names, and no other."""

from pathlib import Path

import pytest

from sandbox import add_ons

DRIVER = "hostpath.csi.k8s.io"


@pytest.mark.parametrize(
    "text",
    [
        f"ml-storage:platform: {{storageClasses: {{a: {{provisioner: {DRIVER}}}}}}}",
        f"ml-storage:platform: {{snapshotClasses: {{a: {{driver: {DRIVER}}}}}}}",
        f"ml-storage:platform: {{storage: {{a: {{kind: csi, driver: {DRIVER}}}}}}}",
        f"ml-storage:team: {{volumes: {{a: {{kind: csi, driver: {DRIVER}}}}}}}",
    ],
)
def test_a_stack_that_names_the_driver_needs_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config:\n  {text}\n")
    assert add_ons.needed(file) == ("csi",)


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  ml-storage:platform: {storageClasses: {a: {provisioner: other}}}",
        f"config:\n  ml-storage:team: {{name: {DRIVER}}}",
        "config: {ml-storage:platform: {storageClasses: [1]}, ml-storage:team: 2}",
        "config: {ml-storage:team: {volumes: {a: , b: [driver]}}}",
        "[]",
        "config: {",
        "",
    ],
)
def test_others_need_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    assert add_ons.needed(file) == ()
    assert add_ons.needed(tmp_path / "Pulumi.none.yaml") == ()


def test_an_unknown_add_on_is_refused_before_anything_starts() -> None:
    with pytest.raises(
        ValueError, match="gpu is no add-on: csi, s3, snapshots, jobset"
    ):
        add_ons.start("csi", "gpu")


def test_no_add_on_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(add_ons.cluster, "start")
    add_ons.start()
