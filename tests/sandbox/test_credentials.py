"""Secrets are made once, kept private, and not written into the kubeconfig."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest
import yaml

from sandbox.credentials import CONTEXT, Credentials

OPENSSL = shutil.which("openssl")

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="there is no openssl")


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    made = Credentials(tmp_path / "credentials", "https://127.0.0.1:1")
    made.make(str(OPENSSL))
    return made


def test_nobody_else_can_read_them(credentials: Credentials) -> None:
    assert credentials.directory.stat().st_mode & 0o077 == 0
    for file in credentials.directory.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_they_are_made_once(credentials: Credentials) -> None:
    files = list(credentials.directory.iterdir())
    before = {file: file.read_bytes() for file in files}
    credentials.make(str(OPENSSL))
    assert {file: file.read_bytes() for file in files} == before


def test_each_user_has_a_token_of_its_own(credentials: Credentials) -> None:
    rows = [row.split(",") for row in credentials.tokens.read_text().splitlines()]
    assert len({row[0] for row in rows}) == 6
    assert f"system:node:{CONTEXT}" in [row[1] for row in rows]


def test_users_kubeconfig_runs_a_command_for_the_token(
    credentials: Credentials, tmp_path: Path
) -> None:
    credentials.write_user_kubeconfig(tmp_path / "kubeconfig")
    text = (tmp_path / "kubeconfig").read_text()
    assert credentials.admin_token() not in text
    config = yaml.safe_load(text)
    assert config["current-context"] == CONTEXT
    command = config["users"][0]["user"]["exec"]
    answer = json.loads(Path(command["args"][0]).read_text())
    assert answer["status"]["token"] == credentials.admin_token()


def test_the_serving_certificate_is_made_anew_before_it_expires(
    credentials: Credentials,
) -> None:
    credentials.serving.mkdir()
    for days, there in ((299, True), (301, False)):
        credentials.authority.touch()
        past = time.time() - days * 24 * 3600
        os.utime(credentials.authority, (past, past))
        credentials.make(str(OPENSSL))
        assert credentials.authority.exists() is there
