"""A server that speaks the API of Cloud Storage: fake-gcs-server, built here."""

from pathlib import Path

from sandbox import gobuild

_NAME = "fake-gcs-server"
_MODULE = Path(__file__).parent / "gcs"
_PACKAGES = {_NAME: "github.com/fsouza/fake-gcs-server"}


def program() -> Path:
    """Return the path of the server, built when it is first asked for.

    Raises:
        MissingTool: There is no Go on this machine.
        SandboxError: The build failed.
    """
    built = gobuild.build(
        _MODULE, _PACKAGES, ldflags="-s -w", label="the server of Cloud Storage"
    )
    return built / _NAME
