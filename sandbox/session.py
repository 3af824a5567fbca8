"""One stack of this checkout, on the cluster that it goes to.

The engine's state lies beside the sandbox, not in the checkout: any clone on
the machine goes on where another stopped. A cluster of the user's own has a
state of its own.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from sandbox import add_ons, cluster, engine, images, s3_wanted
from sandbox.contexts import STACK_CONTEXT, alias, own_kubeconfig, slug
from sandbox.credentials import CONTEXT as SANDBOX_CONTEXT
from sandbox.errors import SandboxError
from sandbox.lifecycle import Sandbox
from sandbox.paths import sandbox_dir, state_dir
from sandbox.progress import step
from sandbox.protection import explain_protection, protected
from sandbox.tools import Tools
from stacks import report
from stacks.config import NAMESPACE, SECTIONS
from stacks.load import from_file

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Session:
    """A stack, ready for the engine.

    Attributes:
        stack: Name of the stack.
        directory: Where its `Pulumi.yaml` is.
        config_file: The stack's file as the engine gets it.
        environment: What the engine runs in.
        kubeconfig: Value of `KUBECONFIG`; None for the user's own.
        context: Context of the cluster, under that kubeconfig.
    """

    stack: str
    directory: Path
    config_file: Path
    environment: dict[str, str]
    kubeconfig: str | None
    context: str

    def pulumi(
        self, *words: str, capture: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run the engine on this stack; its exit code is the caller's to read."""
        command = [str(engine.pulumi()), *words, "--stack", self.stack]
        if not sys.stdout.isatty():
            command.append("--non-interactive")
        if words[0] in ("up", "preview", "destroy", "refresh"):
            command += ["--config-file", str(self.config_file)]
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment,
            check=False,
            text=True,
            stdout=subprocess.PIPE if capture else None,
        )

    def deploy(self, *words: str) -> int:
        """Run the engine on this stack, and explain a refusal of protected data.

        Returns:
            The engine's exit code.
        """
        log = self.config_file.with_suffix(".events")
        log.unlink(missing_ok=True)
        # The engine offers its log of events only to those who ask for more
        # commands; reading it leaves the terminal to the engine.
        environment = {**self.environment, "PULUMI_DEBUG_COMMANDS": "true"}
        session = replace(self, environment=environment)
        code = session.pulumi(*words, "--event-log", str(log)).returncode
        if code != 0 and log.exists():
            for urn in protected(log.read_text()):
                print(explain_protection(urn), file=sys.stderr)
        return code

    def outputs(self) -> dict[str, Any]:
        """What the stack exports.

        Raises:
            SandboxError: The engine cannot tell.
        """
        done = self.pulumi("stack", "output", "--json", capture=True)
        if done.returncode != 0:
            raise SandboxError("the stack's outputs cannot be read: see above")
        return json.loads(done.stdout)


def open_session(
    stack: str,
    context: str | None,
    directory: Path = CHECKOUT,
    *,
    run: bool = True,
    check: bool = True,
) -> Session:
    """Check the stack's file, start what is missing, and make the stack.

    Args:
        stack: Name of the stack.
        context: The user's own context; None for the sandbox.
        directory: Where the `Pulumi.yaml` is.
        run: Whether pods will run, so that the sandbox needs their images.
        check: Whether a file with problems is refused here, and not only by
            the program.

    Raises:
        SandboxError: The file has problems, or something is missing.
    """
    file = directory / f"Pulumi.{stack}.yaml"
    # Only on the sandbox are its buckets reached.
    of_s3 = s3_wanted.wanted(file) if context is None else s3_wanted.Wanted()
    wanted = _target(stack, directory, of_s3.config_keys, check=check)
    if context is not None and wanted.home != STACK_CONTEXT:
        raise SandboxError(
            f"the stack {stack} names its own context, {wanted.home}: leave CONTEXT out"
        )
    if wanted.home != STACK_CONTEXT:
        # The stack's own cluster, by the user's own kubeconfig.
        kubeconfig, backend = None, state_dir() / "contexts" / slug(wanted.home)
    elif context is not None:
        backend = state_dir() / "contexts" / slug(context)
        kubeconfig = alias(context, backend)
    else:
        text = _text(file) if run else ""
        named = images.named_in(yaml.safe_load(text))
        kubeconfig, backend = _sandbox(named), sandbox_dir() / "pulumi"
        # Without its controller, a snapshot does not go either.
        add_ons.start_for(file)
    if kubeconfig is not None and wanted.context != STACK_CONTEXT:
        # A team's own credentials are the user's own affair.
        kubeconfig = os.pathsep.join([kubeconfig, own_kubeconfig()])
    environment = engine.engine_environment(kubeconfig, backend / "state")
    if wanted.home == STACK_CONTEXT and context is None:
        # A kubectl of the sandbox's version, where the user has none.
        path = [environment["PATH"], str(Tools().kubernetes)]
        environment["PATH"] = os.pathsep.join(path)
    project = backend / "projects" / stack
    config_file = _config_file(stack, directory, project, environment)
    if wanted.home == STACK_CONTEXT and of_s3.config_keys:
        _set_secrets(stack, project, environment, of_s3.values(Sandbox().s3.keys()))
    return Session(
        stack,
        directory,
        config_file,
        environment,
        wanted.kubeconfig or kubeconfig,
        wanted.context,
    )


@dataclass(frozen=True)
class _Target:
    """Where a stack goes.

    Attributes:
        context: The context of its provider.
        home: The context of its environment, whose state its own lies beside:
            a team's stack reads what its environment exports.
        kubeconfig: The file that the stack names for its context, if any.
    """

    context: str = STACK_CONTEXT
    home: str = STACK_CONTEXT
    kubeconfig: str | None = None


def _target(
    stack: str, directory: Path, supplied: Collection[str], *, check: bool
) -> _Target:
    """Where the stack's file says it goes; nothing starts for a wrong file."""
    name = f"Pulumi.{stack}.yaml"
    loaded = from_file(directory / name, name, supplied=supplied)
    if loaded.config is None and check:
        raise SandboxError(report.refusal(loaded.found))
    _refuse_a_cloud(stack, directory)
    own = _clusters(directory / name)
    if "platform" in own:
        context = own["platform"].get("context", STACK_CONTEXT)
        return _Target(context, context, None)
    cluster_of_team = own.get("team", {})
    context = cluster_of_team.get("context", STACK_CONTEXT)
    environment = _section(directory / name, "team").get("platform")
    above = _clusters(directory / f"Pulumi.{environment}.yaml").get("platform")
    home = above.get("context", STACK_CONTEXT) if above else context
    path = cluster_of_team.get("kubeconfig")
    return _Target(context, home, str(Path(path).expanduser()) if path else None)


def _refuse_a_cloud(stack: str, directory: Path) -> None:
    """An environment on a cloud is deployed with that cloud's own provider."""
    file = directory / f"Pulumi.{stack}.yaml"
    platform = _section(file, "platform")
    if not platform:
        environment = _section(file, "team").get("platform")
        platform = _section(directory / f"Pulumi.{environment}.yaml", "platform")
    cloud = platform.get("cloud", "kubernetes")
    if cloud != "kubernetes":
        raise SandboxError(
            f"the stack {stack} is of an environment on {cloud}, which Pulumi's own "
            f"command deploys: `pulumi up -s {stack}` in {directory} "
            f"(docs/how-to/{cloud}.md)"
        )


def _clusters(file: Path) -> dict[str, dict[str, Any]]:
    """What each section of a stack's file says of its cluster."""
    sections = {key: _section(file, key) for key in SECTIONS}
    return {
        key: section["cluster"]
        for key, section in sections.items()
        if isinstance(section.get("cluster"), dict)
    }


def _section(file: Path, key: str) -> dict[str, Any]:
    try:
        section = yaml.safe_load(_text(file))["config"][f"{NAMESPACE}:{key}"]
    except (OSError, yaml.YAMLError, KeyError, TypeError):
        return {}
    return section if isinstance(section, dict) else {}


def _sandbox(named: Sequence[str]) -> str:
    """Start the sandbox with the images that are named; its kubeconfig."""
    Tools().require()
    _prepare(named)
    started = cluster.start()
    for name in named:
        cluster.import_image(images.build(name))
    directory = sandbox_dir()
    return alias(SANDBOX_CONTEXT, directory / "pulumi", str(started.kubeconfig))


def _prepare(names: Sequence[str]) -> None:
    """Build what is missing, all at once: one fetches while another compiles.

    Raises:
        SandboxError: One of them failed; the others are let finish, and found
            in the cache the next time.
    """

    def build_images() -> None:
        for name in names:
            images.build(name)

    makers = (engine.pulumi, Tools().prepare, build_images)
    with ThreadPoolExecutor(len(makers)) as pool:
        made = [pool.submit(maker) for maker in makers]
    for each in made:
        each.result()


def _config_file(
    stack: str, directory: Path, project: Path, environment: dict[str, str]
) -> Path:
    """The stack's file with the salt of this machine's passphrase.

    The engine writes the salt into the file when it makes a stack; the file of
    the checkout is not its business, so the stack is made beside a copy.
    """
    project.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(directory / "Pulumi.yaml", project / "Pulumi.yaml")
    copy = project / f"Pulumi.{stack}.yaml"
    text = (directory / copy.name).read_text()
    if not copy.exists():
        # Beside an empty file, so that the salt is all that is written to it.
        with step(f"Making the stack {stack}"):
            words = ["stack", "select", "--create", "--stack", stack]
            done = subprocess.run(
                [str(engine.pulumi()), *words, "--non-interactive"],
                cwd=project,
                env=environment,
                check=False,
                text=True,
                capture_output=True,
            )
            if done.returncode != 0:
                raise SandboxError(f"the stack cannot be made: {done.stderr.strip()}")
    # The engine may have written a salt in any earlier run.
    salt = re.search(r"^encryptionsalt:.*$", _text(copy), re.MULTILINE)
    if salt is not None and not re.search(r"^encryptionsalt:", text, re.MULTILINE):
        text = f"{text.rstrip()}\n{salt.group()}\n"
    copy.write_text(text)
    return copy


def _set_secrets(
    stack: str, project: Path, environment: dict[str, str], values: Mapping[str, str]
) -> None:
    """Let the engine encrypt values into the copy of the stack's file.

    The checkout's own file stays as it is: they are of this machine alone.
    """
    for key, value in values.items():
        words = ["config", "set", "--secret", f"{NAMESPACE}:{key}", "--stack", stack]
        done = subprocess.run(
            [str(engine.pulumi()), *words, "--non-interactive"],
            cwd=project,
            env=environment,
            check=False,
            text=True,
            # An argument could be read by all of this machine's users.
            input=value,
            capture_output=True,
        )
        if done.returncode != 0:
            raise SandboxError(f"{key} cannot be stored: {done.stderr.strip()}")


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def run_in(session: Session, command: Sequence[str]) -> int:
    """Run any command in the engine's environment."""
    return subprocess.run(
        list(command), env=session.environment, check=False
    ).returncode
