"""The Pulumi engine: the CLI on PATH, or a pinned one with stand-in plugins."""

import importlib.metadata
import os
import secrets
import shutil
import stat
import sys
from pathlib import Path
from typing import Final

from sandbox import gobuild
from sandbox.errors import SandboxError
from sandbox.paths import state_dir

VERSION: Final = "v3.259.0"
_CHECKOUT: Final = Path(__file__).resolve().parent.parent
_VERSION_VARIABLE: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_SCRIPT: Final = (
    """#!/bin/sh
exec "{python}" -u -c 'import sys
sys.path.insert(0, """
    '"{checkout}"'
    """)
from {module} import main
sys.path.pop(0)
main()' "$@"
"""
)


def pulumi() -> Path:
    """Return the Pulumi CLI: the one on PATH, else the pinned one, built once.

    Raises:
        SandboxError: There is neither `pulumi` nor Go on this machine, or the
            build failed.
    """
    if found := shutil.which("pulumi"):
        return Path(found)
    if shutil.which("go") is None:
        raise SandboxError(
            "`pulumi` is not on PATH, and there is no Go to build it with: install "
            "Pulumi (https://www.pulumi.com/docs/install), or Go 1.26 or newer "
            "(https://go.dev/dl)"
        )
    directory = gobuild.build(
        _CHECKOUT / "sandbox" / "engine",
        {"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        ldflags=f"-s -w -X {_VERSION_VARIABLE}={VERSION}",
        tags="osusergo,grpcnotrace",
        label=f"the Pulumi CLI {VERSION}",
    )
    return directory / "pulumi"


def uses_stand_ins() -> bool:
    """Tell whether the plugins of this checkout serve.

    They do where `pulumi` is not on PATH: one that is there fetches its plugins
    itself. `ML_STORAGE_STAND_INS=1` asks for them all the same.
    """
    return shutil.which("pulumi") is None or _asked_for()


def engine_environment(
    kubeconfig: str | None, backend: Path, *, stand_ins: bool | None = None
) -> dict[str, str]:
    """Return the environment in which the engine runs on local state.

    A passphrase that the user has set, as `PULUMI_CONFIG_PASSPHRASE` or
    `PULUMI_CONFIG_PASSPHRASE_FILE`, is used; else one is made, once for each
    state directory, in a file that only the user can read.

    Args:
        kubeconfig: Path of the kubeconfig that programs use by default, `None`
            to leave the user's own.
        backend: Directory of the state; made if it is not there.
        stand_ins: Whether the plugins of this checkout serve. Default: as
            `uses_stand_ins` says.

    Returns:
        A whole environment: `os.environ`, changed where the engine needs it.
    """
    backend.mkdir(parents=True, exist_ok=True)
    cli = pulumi()
    first = [str(Path(sys.executable).parent), str(cli.parent)]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*first, os.environ.get("PATH", os.defpath)]),
        # Without sidecars of metadata: they are written in place, and one that
        # a kill left empty makes the state beside it unreadable.
        "PULUMI_BACKEND_URL": f"file://{backend}?metadata=skip",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    # The engine writes its whole state before and after each operation: with
    # hundreds of resources, a third of its time is collecting that garbage.
    environment.setdefault("GOGC", "400")
    if kubeconfig is not None:
        environment["KUBECONFIG"] = kubeconfig
    if not environment.keys() & {
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
    }:
        environment["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(_passphrase())
    if uses_stand_ins() if stand_ins is None else stand_ins:
        home = state_dir() / "pulumi"
        _install_plugins(home, cli, _user_home())
        environment["PULUMI_HOME"] = str(home)
        environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true"
    return environment


def _asked_for() -> bool:
    return os.environ.get("ML_STORAGE_STAND_INS", "") not in ("", "0", "false")


def _user_home() -> Path:
    home = os.environ.get("PULUMI_HOME")
    return Path(home).expanduser() if home else Path.home() / ".pulumi"


def _passphrase() -> Path:
    """Return the file of a passphrase that is made when it is first needed."""
    file = state_dir() / "passphrase"
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_name(f".passphrase.{os.getpid()}")
    if not file.exists():
        whole.touch(mode=stat.S_IRUSR | stat.S_IWUSR)
        whole.write_text(secrets.token_urlsafe(32))
        try:
            # Unlike a rename, a link never replaces what another process made.
            file.hardlink_to(whole)
        except FileExistsError:
            pass
        finally:
            whole.unlink()
    return file


def _install_plugins(home: Path, cli: Path, user_home: Path) -> None:
    """Put the stand-ins where the engine looks last, after PATH and its own.

    An official plugin in the user's own cache is linked to instead.
    """
    plugins = home / "plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    provider = importlib.metadata.version("pulumi-kubernetes")
    wanted = [
        ("language-python", VERSION, "sandbox.language_host"),
        ("resource-kubernetes", f"v{provider}", "sandbox.kubernetes_provider.__main__"),
    ]
    for name, version, module in wanted:
        directory = plugins / f"{name}-{version}"
        official = user_home / "plugins" / f"{name}-{version}"
        beside = cli.resolve().parent / f"pulumi-{name}"
        if beside.exists() or shutil.which(f"pulumi-{name}"):
            continue
        if official.is_dir() and official != directory:
            if not directory.exists():
                directory.symlink_to(official, target_is_directory=True)
            continue
        directory.mkdir(exist_ok=True)
        script = _SCRIPT.format(
            python=sys.executable, checkout=_CHECKOUT, module=module
        )
        _write_executable(directory / f"pulumi-{name}", script)


def _write_executable(file: Path, text: str) -> None:
    """Write a script, whole or not at all: an engine may be starting it."""
    if file.exists() and file.read_text() == text:
        return
    made = file.with_name(f".{file.name}.{os.getpid()}")
    made.write_text(text)
    made.chmod(0o755)
    made.replace(file)
