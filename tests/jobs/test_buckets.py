"""URIs of buckets, and what rclone is told of them."""

from __future__ import annotations

import pytest

from jobs import buckets
from jobs.buckets import BadUri


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://datasets/", "bucket:datasets/"),
        ("gs://datasets", "bucket:datasets/"),
        ("gs://my.data_sets/vision/raw/", "bucket:my.data_sets/vision/raw/"),
        ("s3://datasets/a b?c#d.tar", "bucket:datasets/a b?c#d.tar"),
        ("s3://zonal--usw2-az1--x-s3/a", "bucket:zonal--usw2-az1--x-s3/a"),
    ],
)
def test_what_a_uri_stands_for(uri: str, path: str) -> None:
    assert buckets.parse(uri).path == path


@pytest.mark.parametrize(
    "uri",
    [
        *("gs:/datasets", "gs://", "gs:///a", "https://datasets/a", "GS://datasets"),
        *("s3://key:secret@datasets/a", "gs://Data sets/", "gs://a,env_auth=false/"),
        *("/data", "", "s3://datasets:a/b"),
    ],
)
def test_what_is_no_uri_of_a_bucket(uri: str) -> None:
    with pytest.raises(BadUri, match="neither gs://"):
        buckets.parse(uri)


def settings(uri: str, **own: str) -> dict[str, str]:
    variables = buckets.parse(uri).environment(own)
    assert variables.pop("RCLONE_CONFIG") == ""
    return {k.removeprefix("RCLONE_CONFIG_BUCKET_"): v for k, v in variables.items()}


def test_google_is_asked_by_the_identity_of_the_pod() -> None:
    assert settings("gs://datasets/", AWS_REGION="us-west-2") == {
        "TYPE": "google cloud storage",
        "BUCKET_POLICY_ONLY": "true",
        "ENV_AUTH": "true",
        "NO_CHECK_BUCKET": "true",
    }


def test_aws_is_asked_by_the_identity_of_the_pod() -> None:
    found = settings("s3://datasets/", AWS_DEFAULT_REGION="us-west-2", HOME="/root")
    assert found == {
        "TYPE": "s3",
        "PROVIDER": "AWS",
        "ENV_AUTH": "true",
        "NO_CHECK_BUCKET": "true",
        "REGION": "us-west-2",
    }
    # A key stays where it is: rclone inherits it.
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter2"}
    assert "hunter2" not in settings("s3://datasets/", **keys).values()


@pytest.mark.parametrize("host", ["127.0.0.1:4443", "http://127.0.0.1:4443/"])
def test_an_emulator_of_google_has_no_identities(host: str) -> None:
    found = settings("gs://datasets/", STORAGE_EMULATOR_HOST=host)
    assert found["ENDPOINT"] == "http://127.0.0.1:4443/storage/v1/"
    assert found["ANONYMOUS"] == "true"
    assert "ENV_AUTH" not in found


def test_another_server_of_the_protocol_of_s3() -> None:
    one, other = "https://s3.example.com", "https://example.com"
    both = {"AWS_ENDPOINT_URL_S3": one, "AWS_ENDPOINT_URL": other}
    assert settings("s3://datasets/", **both)["ENDPOINT"] == one
    found = settings("s3://datasets/", AWS_ENDPOINT_URL=other)
    assert (found["ENDPOINT"], found["PROVIDER"]) == (other, "Other")


def test_a_server_of_ones_own_is_asked_anonymously_without_keys() -> None:
    own = {"AWS_ENDPOINT_URL_S3": "http://10.0.0.1:9000"}
    assert "ENV_AUTH" not in settings("s3://public/", **own)
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    assert settings("s3://public/", **own, **keys)["ENV_AUTH"] == "true"
