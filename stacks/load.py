"""Load a stack's configuration, and find everything that is wrong with it.

`from_file` reads the YAML; `from_values` takes the values from Pulumi and the
positions from the file. Both run the same checks and report all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, cast

from components.catalog.problem import UNSET, Path, Problem
from components.spec import Spec, closest
from stacks import checks, environments
from stacks.config import NAMESPACE, SECTIONS, StackConfig
from stacks.repair import remove, validate
from stacks.source import Position, Source, read

# What else a stack's file may hold: the CLI writes these itself.
_FILE_KEYS = (
    *("config", "environment"),
    *("encryptionsalt", "encryptedkey", "secretsprovider"),
)


# That an environment is on another cloud than it says.
_CLOUDS = ("AWS03", "GCP01")


@dataclass(frozen=True, slots=True)
class Found:
    """A problem and the place where it stands.

    Attributes:
        file: The file as the user named it.
        position: Line and column; None when the value is not in the file.
        problem: What is wrong, with its path from the top of the stack.
    """

    file: str
    position: Position | None
    problem: Problem


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that was read.

    Attributes:
        config: The configuration; None when there is any error.
        found: Errors and warnings, in the order of the file.
    """

    config: StackConfig | None
    found: list[Found]


def from_file(
    file: FilePath,
    shown: str | None = None,
    *,
    contract: FilePath | None = None,
    supplied: Collection[str] = (),
) -> Loaded:
    """Load the YAML of a stack as it stands in `file`.

    Args:
        file: The stack's own file.
        shown: The name of the file in messages; default: as it was given.
        contract: The contract of the team's environment, as JSON. Default: it
            is made from the environment's YAML beside `file`.
        supplied: Keys of this project that get their values, all secrets, only
            when the stack is deployed.
    """
    source = read(file, shown)
    wrong = list(_file_problems(source))
    section = {} if _is_project(source.data) else _section(source.data)
    if not section and (wrong or "environment" in (_mapping(source.data) or {})):
        return Loaded(None, _sorted(wrong or [_elsewhere(source)]))

    def environment(name: str, team: str | None) -> environments.Known:
        return environments.offline(name, team, file.parent, contract)

    keys = dict.fromkeys(supplied, True) | _own_keys(section)
    loaded = _load(section, source, environment, keys)
    if not wrong:
        return loaded
    # What YAML made of a broken place is not a second mistake.
    places = {found.position for found in wrong}
    rest = [found for found in loaded.found if found.position not in places]
    return Loaded(None, _sorted([*wrong, *rest]))


def from_values(
    values: Mapping[str, Any],
    file: FilePath,
    shown: str,
    *,
    deployed: object = None,
    keys: Mapping[str, bool] | None = None,
) -> Loaded:
    """Load values that Pulumi gave, with positions from `file` where it exists.

    Args:
        values: The configuration keys of this project and their values.
        file: The stack's own file. Only its positions are used: the values
            may come from an ESC environment or another file.
        shown: The name of the file in messages.
        deployed: The contract that the environment's stack exports, or None.
        keys: The other keys of this project, and whether each is a secret.
            Default: those of the file.
    """
    source = read(file, shown) if file.exists() else Source(shown)

    def environment(name: str, team: str | None) -> environments.Known:
        return environments.deployed(deployed, name, team, file.parent)

    loaded = _load(dict(values), source, environment, keys)
    # Pulumi decrypts what is nested: only the file still shows it.
    section = _section(source.data)
    written = {key: section[key] for key in SECTIONS if key in section}
    secrets = _secrets_of(written)
    if secrets:
        # Whatever else is wrong with a secret, saying so would show it.
        hidden = [problem.path for problem in secrets]
        rest = [f for f in loaded.found if not _below(f.problem.path, hidden)]
        return Loaded(None, _sorted([*rest, *(_place(p, source) for p in secrets)]))
    return loaded


def _mapping(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _section(data: Any) -> dict[str, Any]:
    """The values of this project's keys, without their namespace."""
    config = _mapping((_mapping(data) or {}).get("config")) or {}
    prefix = f"{NAMESPACE}:"
    return {
        key.removeprefix(prefix): value
        for key, value in config.items()
        if key.startswith(prefix)
    }


def _is_project(data: Any) -> bool:
    """Whether a file is `Pulumi.yaml`, which describes the project and no stack."""
    return "runtime" in (_mapping(data) or {})


def _file_problems(source: Source) -> Iterator[Found]:
    """What is wrong with the file around this project's own keys."""
    for position, problem in source.problems:
        yield Found(source.file, position, problem)
    if source.problems:
        return

    def found(rule: str, message: str, path: Path, **more: Any) -> Found:
        problem = Problem(rule=rule, message=message, path=path, **more)
        return Found(source.file, source.position(path, key=True), problem)

    data = _mapping(source.data)
    if data is None:
        yield Found(
            source.file,
            Position(1, 1),
            Problem(rule="CFG00", message="a stack's file is a mapping with `config:`"),
        )
        return
    if _is_project(data):
        message = "this is the project's file: name a stack's, Pulumi.<stack>.yaml"
        yield found("CFG00", message, ("runtime",))
        return
    for key in data:
        if key not in _FILE_KEYS:
            yield found(
                "CFG01",
                "unknown key of a stack's file",
                (key,),
                allowed=_FILE_KEYS,
                nearest=closest(key, _FILE_KEYS),
            )
    if "environment" in data and not _section(data):
        return
    if not _mapping(data.get("config")):
        yield found(
            "CFG02",
            f"required: the keys {NAMESPACE}:platform and {NAMESPACE}:team",
            ("config",),
        )
        return
    if not _section(data):
        yield found("CFG02", f"no key begins with {NAMESPACE}:", ("config",))
    for key in data["config"]:
        if ":" not in key:
            yield found(
                "CFG01",
                "a configuration key begins with its namespace",
                ("config", key),
                nearest=f"{NAMESPACE}:{key}",
                link="https://www.pulumi.com/docs/iac/concepts/config/",
            )


def _elsewhere(source: Source) -> Found:
    """All values come from elsewhere: only Pulumi can put them together."""
    path = ("environment",)
    return Found(
        source.file,
        source.position(path, key=True),
        Problem(
            rule="CFG06",
            message="the values come from these environments: `pulumi preview` "
            "checks them, this file has none to check",
            path=path,
            severity="warning",
            link="https://www.pulumi.com/docs/esc/",
        ),
    )


def _secrets_of(values: Mapping[str, Any]) -> list[Problem]:
    return [p for key, value in values.items() for p in _secrets(value, (key,))]


def _secrets(value: Any, path: Path) -> Iterator[Problem]:
    """`secure:` values, which would be decrypted into plain text here."""
    if isinstance(value, dict):
        mapping = cast("dict[str, Any]", value)
        if set(mapping) == {"secure"}:
            yield Problem(
                rule="SEC01",
                message="a secret inside the configuration would be stored in plain "
                "text: make it a key of its own (pulumi config set --secret)",
                path=path,
                link="https://www.pulumi.com/docs/iac/concepts/secrets/",
            )
            return
        for key, item in mapping.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _secrets(item, (*path, index))


def _below(path: Path, places: list[Path]) -> bool:
    """Whether `path` is one of `places`, or inside one."""
    return any(path[: len(place)] == place for place in places)


def _own_keys(values: Mapping[str, Any]) -> dict[str, bool]:
    """Keys beside the sections that hold a value of their own: is it a secret?

    A secret may stand there unused. A plain one that nothing names is a typo.
    """
    named = secret_names(values)
    keys = {key: _is_secret(value) for key, value in values.items()}
    return {
        key: secret
        for key, secret in keys.items()
        if key not in SECTIONS and (secret or key in named)
    }


def secret_names(values: Mapping[str, Any]) -> set[str]:
    """Every text under the team's secrets, and so every key that they name."""
    return set(_texts((_mapping(values.get("team")) or {}).get("secrets")))


def _is_secret(value: Any) -> bool:
    mapping = _mapping(value)
    return (
        mapping is not None
        and set(mapping) == {"secure"}
        and isinstance(mapping["secure"], str)
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in `value`, which may be nested."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in cast("dict[str, Any]", value).values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _texts(item)


def _load(
    values: dict[str, Any],
    source: Source,
    environment: Callable[[str, str | None], environments.Known],
    keys: Mapping[str, bool] | None = None,
) -> Loaded:
    own = _own_keys(values)
    values = {key: value for key, value in values.items() if key not in own}
    keys = own if keys is None else keys
    wrong = _secrets_of(values)
    pruned = deepcopy(values) if wrong else values
    for problem in wrong:
        remove(pruned, problem.path)
    config, errors, broken = validate(pruned)
    # A secret that was taken out leaves a gap, which is no second mistake.
    gaps = [p.path for p in wrong]
    wrong += [e for e in errors if not _below(e.path, gaps)]
    if config is not None:
        wrong += _warnings(config, ())
        config, known = _with_others(config, environment)
        wrong += known.problems
        # Without its storage a cluster's stack cannot be judged.
        apart = _lacks_storage(config) or ("platform", "storageStack") in broken
        if known.provides is not None or not apart:
            wrong += checks.run(config, broken, known.provides, keys)
    wrong = _in_its_cloud(wrong)
    found = [_place(problem, source) for problem in wrong]
    errors_found = any(p.severity == "error" for p in wrong)
    return Loaded(None if errors_found else config, _sorted(found))


def _in_its_cloud(wrong: list[Problem]) -> list[Problem]:
    """Without what the rules of another cloud find in an environment."""
    clouds = ("platform", "cloud")
    if not any(p.path == clouds and p.nearest and p.rule in _CLOUDS for p in wrong):
        return wrong
    of_itself = {"SEC01", *_CLOUDS}
    return [p for p in wrong if p.path[:1] != clouds[:1] or p.rule in of_itself]


def _lacks_storage(config: StackConfig) -> bool:
    return config.platform is not None and config.platform.storage_stack is not None


def _with_others(
    config: StackConfig, environment: Callable[[str, str | None], environments.Known]
) -> tuple[StackConfig, environments.Known]:
    """The configuration with what another stack has, and what that other gives."""
    platform, team = config.platform, config.team
    if platform is not None and platform.storage_stack is not None:
        data = environment(platform.storage_stack, None)
        if data.provides is not None:
            whole = environments.with_storage(platform, data.provides)
            config = config.model_copy(update={"platform": whole})
        at = ("platform", "storageStack")
        problems = [replace(problem, path=at) for problem in data.problems]
        return config, environments.Known(provides=data.provides, problems=problems)
    if platform is None and team is not None and team.platform:
        return config, environment(team.platform, team.name)
    return config, environments.Known()


def _warnings(spec: Any, path: Path) -> Iterator[Problem]:
    """The warnings of every Spec below `spec`, each with its full path."""
    if isinstance(spec, Spec):
        for problem in spec.problems():
            yield problem.under(*path)
        for name, info in type(spec).model_fields.items():
            key = str(info.validation_alias or name)
            yield from _warnings(getattr(spec, name), (*path, key))
    elif isinstance(spec, dict):
        for key, item in cast("dict[str, Any]", spec).items():
            yield from _warnings(item, (*path, key))


def _place(problem: Problem, source: Source) -> Found:
    top, *rest = problem.path
    inside = ("config", f"{NAMESPACE}:{top}", *rest)
    is_key = problem.rule == "CFG01" or problem.value is UNSET
    position = source.position(inside, key=is_key)
    return Found(source.file, position, problem)


def _sorted(found: list[Found]) -> list[Found]:
    def order(item: Found) -> tuple[int, int, str]:
        place = item.position or Position(0, 0)
        return place.line, place.column, item.problem.rule

    return sorted(found, key=order)
