"""What a stack names of the sandbox's S3 server, and what that is known by."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from sandbox import add_ons, s3
from sandbox.s3_wanted import Wanted, wanted
from stacks.load import from_file

_STACK = f"""
config:
  ml-storage:platform: {{cloud: kubernetes}}
  ml-storage:team:
    volumes:
      data: {{kind: bucket, uri: s3://datasets/vision/, endpoint: {s3.URL}/, secret: a}}
      more: {{kind: bucket, uri: s3://datasets/audio, endpoint: "{s3.URL}", secret: a}}
      ckpt: {{kind: bucket, uri: s3://tier, endpoint: "{s3.URL}", secret: b}}
      open: {{kind: bucket, uri: s3://public, endpoint: "{s3.URL}"}}
      lab:  {{kind: bucket, uri: s3://lab, endpoint: "http://10.1.2.3:9000", secret: c}}
      aws:  {{kind: bucket, uri: s3://ours, secret: c}}
    secrets:
      a: {{variables: {{AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key}}}}
      b: {{variables: {{AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: own}}}}
      c: {{variables: {{AWS_ACCESS_KEY_ID: lab-id, HF_TOKEN: token}}}}
  ml-storage:own: {{secure: v1:abc}}
"""

_WHOLE = f"""
config:
  ml-storage:platform:
    cloud: kubernetes
    cluster: {{context: ml-storage}}
    teams: {{dev: {{}}}}
  ml-storage:team:
    name: dev
    secrets:
      keys:
        kind: environment
        variables: {{AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key}}
    volumes:
      data: {{kind: bucket, uri: s3://datasets, endpoint: "{s3.URL}", secret: keys}}
    jobs:
      train:
        image: localhost/ml-storage/train:dev
        uris: {{DATA_URI: data}}
        command: [train]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(_STACK)
    return file


def test_a_stack_names_buckets_and_keys_of_the_server(file: Path) -> None:
    """A key with a value of its own keeps that; other servers' are not touched."""
    found = wanted(file)
    assert found.buckets == {"datasets", "tier", "public"}
    assert found.config_keys == {"id", "key"}
    values = found.values(s3.Keys("AK", "SK"))
    assert values == {"id": "AK", "key": "SK"}
    assert add_ons.needed(file) == ("s3",)


def test_a_driver_of_the_sandbox_is_needed_beside_it(file: Path) -> None:
    classes = "{storageClasses: {a: {provisioner: hostpath.csi.k8s.io}}}"
    file.write_text(file.read_text().replace("{cloud: kubernetes}", classes))
    assert add_ons.needed(file) == ("csi", "s3")


@pytest.mark.parametrize(
    "volumes",
    [
        "1",
        "{a: , b: [1]}",
        "{a: {kind: bucket, uri: s3://x-1}}",
        f"{{a: {{kind: bucket, endpoint: '{s3.URL}'}}}}",
        f"{{a: {{kind: bucket, uri: [1], endpoint: '{s3.URL}', secret: [2]}}}}",
        f"{{a: {{kind: bucket, uri: gs://datasets, endpoint: '{s3.URL}'}}}}",
        f"{{a: {{kind: bucket, uri: 's3://../keys', endpoint: '{s3.URL}'}}}}",
        f"{{a: {{kind: bucket, uri: s3://datasets, endpoint: '{s3.URL}0'}}}}",
    ],
)
def test_others_name_nothing(tmp_path: Path, volumes: str) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(f"config: {{'ml-storage:team': {{volumes: {volumes}}}}}")
    assert wanted(file) == Wanted()
    assert add_ons.needed(file) == ()
    assert wanted(tmp_path / "Pulumi.none.yaml") == Wanted()


def test_a_key_that_the_sandbox_sets_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(_WHOLE)
    assert {each.problem.rule for each in from_file(file).found} == {"SEC03"}
    loaded = from_file(file, supplied=wanted(file).config_keys)
    assert loaded.found == []
    assert loaded.config is not None
    (missed,) = from_file(file, supplied={"id"}).found
    assert missed.problem.value == "key"


def test_keys_are_made_once_and_read_by_their_owner(tmp_path: Path) -> None:
    first = s3.S3(tmp_path / "a").keys()
    assert s3.S3(tmp_path / "a").keys() == first
    other = s3.S3(tmp_path / "b").keys()
    assert other.access != first.access
    assert other.secret != first.secret
    made = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in made] == [0o600]


def test_no_key_is_shown_when_it_is_printed(tmp_path: Path) -> None:
    keys = s3.S3(tmp_path).keys()
    assert keys.secret not in repr(keys)


def test_without_attributes_of_files_it_keeps_them_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "program", lambda: Path("versitygw"))

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(os, "setxattr", refuse)
    command = s3.command(tmp_path, "127.0.0.1:9000")
    assert command[-3:-1] == ["--sidecar", str(tmp_path / "attributes")]
    assert (tmp_path / "attributes").is_dir()
