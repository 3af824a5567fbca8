"""The wait for a stack's programs, on a cluster that does not answer."""

from __future__ import annotations

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from kubernetes import client
from urllib3 import Retry
from urllib3.exceptions import MaxRetryError

from sandbox import __main__ as command
from sandbox import cluster, outputs
from sandbox.session import Session


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b'{"apiVersion": "v1", "kind": "NamespaceList", "items": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


@pytest.fixture
def port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def session(tmp_path: Path, port: int) -> Session:
    file = tmp_path / "kubeconfig"
    name = "mine"
    server = {"server": f"http://127.0.0.1:{port}"}
    file.write_text(
        yaml.safe_dump(
            {
                "clusters": [{"name": name, "cluster": server}],
                "users": [{"name": name, "user": {"token": "t"}}],
                "contexts": [
                    {"name": name, "context": {"cluster": name, "user": name}}
                ],
            }
        )
    )
    return Session("dev", tmp_path, tmp_path / "Pulumi.dev.yaml", {}, str(file), name)


def test_a_server_that_starts_over_is_waited_for(
    session: Session, port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def serve() -> None:
        time.sleep(1)
        with HTTPServer(("127.0.0.1", port), _Answers) as server:
            server.handle_request()

    thread = threading.Thread(target=serve)
    thread.start()
    with outputs.api(session) as api:
        found = client.CoreV1Api(api).list_namespace()
    thread.join()
    assert found.items == []
    assert capsys.readouterr().err == ""


def test_one_that_is_gone_is_one_sentence(
    session: Session,
    port: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outputs, "_PATIENCE", Retry(connect=1))

    def ask() -> None:
        with outputs.api(session) as api:
            client.CoreV1Api(api).list_namespace()

    with pytest.raises(MaxRetryError):
        ask()
    # As `status` is what fails.
    monkeypatch.setattr(cluster, "status", ask)
    assert command.main(["status"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("Kubernetes does not answer: ")
    assert f"port={port}" in said
    assert "what was deployed stays" in said
    assert "Traceback" not in said
