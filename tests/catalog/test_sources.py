"""URLs of public datasets, and variables that hold credentials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog import credentials, sources

texts = st.text(alphabet="hts3g:/?#@[]=&.%A_- \n", max_size=30) | st.text(max_size=30)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://zenodo.org/records/1/files/a.zip?download=1",
        "http://127.0.0.1:8080/a",
        "https://[2001:db8::1]:8443/a",
        "https://host.example.com/listing/",
        "s3://commoncrawl/crawl-data/",
        "s3://bucket.with.dots/a key=value.txt".replace(" ", "+"),
        "gs://gcp-public-data_landsat/index.csv.gz",
    ],
)
def test_what_can_be_read(url: str) -> None:
    assert sources.check(url) is None


@pytest.mark.parametrize(
    ("url", "nearest"),
    [
        ("gcs://bucket/a", "gs://bucket/a"),
        ("s3a://bucket/a", "s3://bucket/a"),
        ("S3://bucket/a", "s3://bucket/a"),
        ("s3:/bucket/a", "s3://bucket/a"),
        ("s3:bucket/a", "s3://bucket/a"),
        ("s3://My_Bucket/A", "s3://my-bucket/A"),
        ("example.com/a.zip", "https://example.com/a.zip"),
        ("https:/example.com/a", "https://example.com/a"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        (" https://example.com/a", "https://example.com/a"),
        ("ftp://example.com/a", None),
        ("file:///data", None),
        ("/data", None),
        ("s3://bucket/a?versionId=1", None),
        ("https://", None),
        ("https://host:port/a", None),
        ("", None),
    ],
)
def test_what_cannot_be_read(url: str, nearest: str | None) -> None:
    problem = sources.check(url)
    assert problem is not None
    assert (problem.rule, problem.nearest) == ("DAT01", nearest)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@example.com/a",
        "ftp://hunter2@example.com/a",
        "s3://AKIA:hunter2@bucket/a",
        "https://b.s3.amazonaws.com/a?X-Amz-Signature=hunter2",
        "https://a.blob.core.windows.net/c/a?sv=1&sig=hunter2",
        "https://example.com/a#access_token=hunter2",
        "https://example.com/a?%74oken=hunter2",
        ":s3,secret_access_key=hunter2:bucket/a",
    ],
)
def test_credentials_in_a_url_are_never_repeated(url: str) -> None:
    problem = sources.check(url)
    assert problem is not None
    assert problem.rule == "DAT02"
    assert "hunter2" not in repr(problem)


@pytest.mark.parametrize("check", [sources.check, sources.endpoint])
@given(url=texts)
def test_whatever_it_is_there_is_an_answer(check: object, url: str) -> None:
    problem = check(url)  # type: ignore[operator]
    if problem is not None and problem.nearest is not None:
        assert check(problem.nearest) is None  # type: ignore[operator]


def test_endpoints() -> None:
    assert sources.endpoint("http://minio.data.svc:9000") is None
    problem = sources.endpoint("minio.data.svc:9000")
    assert problem is not None
    assert problem.nearest == "https://minio.data.svc:9000"
    problem = sources.endpoint("http://me:hunter2@minio")
    assert problem is not None
    assert "hunter2" not in repr(problem)


@pytest.mark.parametrize(
    ("url", "many"),
    [
        ("https://example.com", True),
        ("https://example.com/a/", True),
        ("https://example.com/a?x=/", False),
        ("s3://bucket", True),
        ("s3://bucket/a", False),
    ],
)
def test_directories(url: str, many: bool) -> None:
    assert sources.is_directory(url) is many


@pytest.mark.parametrize(
    "name",
    [
        *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "WANDB_API_KEY", "HF_TOKEN"),
        *("GLOBUS_CLI_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS_JSON"),
        *("RCLONE_CONFIG_MY_S3_SECRET_ACCESS_KEY", "RCLONE_S3_SECRET_ACCESS_KEY"),
        *("RCLONE_CONFIG_SFTP_PASS", "RCLONE_CONFIG_DRIVE_TOKEN"),
    ],
)
def test_variables_that_hold_credentials(name: str) -> None:
    assert credentials.is_credential(name)


@pytest.mark.parametrize(
    "name",
    [
        *("AWS_REGION", "AWS_ACCESS_KEY_ID", "GOOGLE_APPLICATION_CREDENTIALS"),
        *("WANDB_PROJECT", "TOKENIZERS_PARALLELISM", "HF_HOME", "RCLONE_CONFIG"),
        *("RCLONE_CONFIG_MY_TYPE", "RCLONE_CONFIG_PUBLIC_ENV_AUTH", "KEY", "TOKEN"),
    ],
)
def test_variables_that_hold_none(name: str) -> None:
    assert not credentials.is_credential(name)


@pytest.mark.parametrize(
    "text", ["rclone-conf", "wandb_key", "a", "globusSecret2", "team.vision.ssh-key"]
)
def test_names_of_keys(text: str) -> None:
    assert credentials.names_a_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[remote]\ntype = s3",
        "two words",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "hf_abcdefghijklmnop",
        "ghp_abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJz",
        "0123456789abcdef0123456789abcdef01234567",
        "a" * 65,
        "abc/def=",
        "ml-storage:rclone-conf",
    ],
)
def test_what_may_be_the_secret_itself(text: str) -> None:
    assert not credentials.names_a_key(text)
