"""What the sandbox's components and its user know each other by.

Everything is random, made once per state directory and readable by its owner only.
The API server makes its serving certificate itself.
"""

import json
import os
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.errors import SandboxError

CONTEXT = "ml-storage-sandbox"
"""The kube context of the sandbox, and the name of its node."""

_USERS = {
    "admin": ("ml-storage-sandbox", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{CONTEXT}", "system:nodes"),
    # What these two may do is written beside what they are for.
    "dns": ("ml-storage-sandbox:dns", ""),
    "csi": ("ml-storage-sandbox:csi", ""),
}
# The API server signs its certificate for a year.
_SERVING_DAYS = 300


@dataclass(frozen=True)
class Credentials:
    """Files that identify the components of one sandbox.

    Attributes:
        directory: Where they are.
        server: URL of the API server.
    """

    directory: Path
    server: str

    @property
    def tokens(self) -> Path:
        """Every user's token, as the API server reads it."""
        return self.directory / "tokens.csv"

    @property
    def inner_certificate(self) -> Path:
        """What the API server shows to etcd and the kubelet, and etcd to it."""
        return self.directory / "inner.crt"

    @property
    def inner_key(self) -> Path:
        """The key of `inner_certificate`."""
        return self.directory / "inner.key"

    @property
    def service_account_key(self) -> Path:
        """The key that signs the tokens of service accounts."""
        return self.directory / "service-account.key"

    @property
    def serving(self) -> Path:
        """Directory of the API server's serving certificate and its key."""
        return self.directory / "serving"

    @property
    def authority(self) -> Path:
        """What the API server's serving certificate is verified by."""
        return self.serving / "apiserver.crt"

    def admin_token(self) -> str:
        """Return the token of the sandbox's administrator."""
        return self._token_file("admin").read_text()

    @staticmethod
    def user(component: str) -> str:
        """Return the name by which the API server knows a component."""
        return _USERS[component][0]

    def kubeconfig(self, user: str) -> Path:
        """Return the kubeconfig by which a component is that user."""
        return self.directory / f"{user}.kubeconfig"

    def make(self, openssl: str) -> None:
        """Make what is missing; what is there stays.

        Args:
            openssl: Path of the program `openssl`.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        rows = []
        for user, (name, group) in _USERS.items():
            file = self._token_file(user)
            if not file.exists():
                write_private(file, secrets.token_urlsafe(32))
            rows.append(f'{file.read_text()},{name},{user},"{group}"\n')
            self._write_kubeconfig(user, {"tokenFile": str(file)})
        write_private(self.tokens, "".join(rows))
        self._make_keys(openssl)
        self._renew_serving()

    def write_user_kubeconfig(self, path: Path) -> None:
        """Write the kubeconfig for people and programs.

        It runs a command that prints the token, so that the file itself, and
        what is copied from it into a Pulumi state, holds no secret.
        """
        answer = self.directory / "admin.json"
        credential = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "kind": "ExecCredential",
            "status": {"token": self.admin_token()},
        }
        write_private(answer, json.dumps(credential))
        command = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": "/bin/cat",
            "args": [str(answer)],
            "interactiveMode": "Never",
        }
        write_private(path, self._kubeconfig({"exec": command}))

    def _token_file(self, user: str) -> Path:
        return self.directory / f"{user}.token"

    def _write_kubeconfig(self, user: str, identity: dict[str, object]) -> None:
        write_private(self.kubeconfig(user), self._kubeconfig(identity))

    def _kubeconfig(self, identity: dict[str, object]) -> str:
        cluster = {"server": self.server, "certificate-authority": str(self.authority)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": CONTEXT, "user": identity}],
            "contexts": [
                {"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}
            ],
            "current-context": CONTEXT,
        }
        return yaml.safe_dump(config, sort_keys=False)

    def _make_keys(self, openssl: str) -> None:
        if not self.service_account_key.exists():
            _openssl(openssl, "genpkey", *_RSA, output=self.service_account_key)
        if not self.inner_certificate.exists():
            _openssl(openssl, "genpkey", *_EC, output=self.inner_key)
            # One self-signed certificate is its own authority on both sides. The
            # kubelet lets in whom the API server says is of this group; the API
            # server itself accepts no certificates.
            _openssl(
                *(openssl, "req", "-new", "-x509", "-key", str(self.inner_key)),
                *("-days", "3650", "-subj", "/O=system:masters/CN=kube-apiserver"),
                *("-addext", "subjectAltName=IP:127.0.0.1"),
                *("-addext", "extendedKeyUsage=serverAuth,clientAuth"),
                output=self.inner_certificate,
            )

    def _renew_serving(self) -> None:
        """Have the API server make its certificate anew before it expires."""
        if self.authority.exists():
            age = time.time() - self.authority.stat().st_mtime
            if age > _SERVING_DAYS * 24 * 3600:
                self.authority.unlink()
                (self.serving / "apiserver.key").unlink(missing_ok=True)


_EC = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
# As a private key, the API server verifies by RSA in this encoding only.
_RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(
        os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
    ) as f:
        f.write(text)
    part.replace(path)


def _openssl(*command: str, output: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SandboxError(
            f"openssl {command[1]} failed: {done.stderr.strip()}; "
            "the sandbox needs OpenSSL 1.1.1 or newer"
        )
    write_private(output, done.stdout)
