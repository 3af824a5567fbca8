"""The reference documentation, made from the models and the catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from components.catalog.storage_kinds import STORAGE_KINDS, StorageKind
from stacks import rule_list, schema
from stacks.config import NAMESPACE, SECTIONS

DIRECTORY = "docs/reference"
"""Where the pages lie in the checkout."""

_MADE = "<!-- Made by `make generate`: edit the models instead. -->"
_REFERENCE = "#/definitions/"

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a model is first met.

    Attributes:
        model: Its name.
        page: The page that it is described on.
        path: The keys that lead to it; `NAME` is a name of the user's.
    """

    model: str
    page: str
    path: str


def pages() -> dict[str, str]:
    """Every page, by the name of its file."""
    models = schema.definitions()
    places = list(_places(models))
    made = {
        f"{page}.md": _page(page, models, places) for page in [*SECTIONS, "volumes"]
    }
    return {
        "README.md": _index(),
        **made,
        "storage-kinds.md": _storage_kinds(),
        "rules.md": _rules(),
    }


def generated() -> dict[str, str]:
    """Every generated file of the checkout, by its path there."""
    return {
        schema.FILE: schema.text(),
        **{f"{DIRECTORY}/{name}": text for name, text in pages().items()},
    }


def write(root: Path) -> None:
    """Write every generated file below `root`, and remove the pages that went."""
    files = generated()
    for stale in (root / DIRECTORY).glob("*.md"):
        if f"{DIRECTORY}/{stale.name}" not in files:
            stale.unlink()
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def _places(models: dict[str, Schema]) -> Iterator[_Place]:
    """Every model, where it is first met on the way from the sections down."""
    roots = {"platform": "PlatformConfig", "team": "TeamConfig"}
    queue = [_Place(roots[key], key, key) for key in SECTIONS]
    seen = {place.model for place in queue}
    while queue:
        place = queue.pop(0)
        yield place
        for key, value in models[place.model].get("properties", {}).items():
            for name, suffix in _references(value):
                if name in seen:
                    continue
                seen.add(name)
                page = "volumes" if key in ("volumes", "storage") else place.page
                queue.append(_Place(name, page, f"{place.path}.{key}{suffix}"))


def _references(node: Any, suffix: str = "") -> Iterator[tuple[str, str]]:
    """The models that a schema names, and how one gets to them from its key."""
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            yield from _references(item, suffix)
    elif isinstance(node, dict):
        for key, value in cast("Schema", node).items():
            if key == "$ref":
                yield value.removeprefix(_REFERENCE), suffix
            elif key == "items":
                yield from _references(value, f"{suffix}[]")
            elif key == "additionalProperties":
                yield from _references(value, f"{suffix}.NAME")
            else:
                yield from _references(value, suffix)


def _heading(model: str) -> str:
    """A model's name as words: `NodePoolSpec` is `Node pool`."""
    words = re.sub(r"(Spec|Config)$", "", model)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words).capitalize()


_INTRODUCTIONS = {
    "platform": "An environment: what stands under `ml-storage:platform`.",
    "team": "A team in it: what stands under `ml-storage:team`.",
    "volumes": "The kinds of storage, of a team (`team.volumes`) and of the platform "
    "(`platform.storage`).",
}


def _page(page: str, models: dict[str, Schema], places: list[_Place]) -> str:
    pages_of = {place.model: place.page for place in places}
    lines = [_MADE, "", f"# {page.capitalize()}", "", _INTRODUCTIONS[page], ""]
    lines += [
        (
            "`NAME` is a name of your own. A key without a default is required where "
            "the table says so."
        ),
        "",
    ]
    for place in places:
        if place.page == page:
            lines += _section(place, models[place.model], pages_of)
    return "\n".join(lines)


def _section(place: _Place, model: Schema, pages_of: dict[str, str]) -> list[str]:
    fields: Schema = model.get("properties", {})
    kind = fields.get("kind", {}).get("const")
    where = f"`{place.path}`" + (f" with `kind: {kind}`" if kind else "")
    if kind and place.page == "volumes":
        # A kind may stand in several places.
        where = f"`kind: {kind}`"
    lines = [f"## {_heading(place.model)}", "", f"{where}: {model['description']}", ""]
    lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
    required = set(model.get("required", []))
    for key, field in fields.items():
        default = f"`{json.dumps(field['default'])}`" if "default" in field else ""
        row = (
            f"`{key}`",
            _type(field, place.page, pages_of),
            "required" if key in required else default,
            field.get("description", ""),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return [*lines, ""]


_SCALARS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true`, `false`",
}


def _type(field: Schema, page: str, pages_of: dict[str, str]) -> str:
    """The type of a field in words, with links to the models it names."""

    def of(node: Schema | bool) -> str:
        # `true` is the schema of everything.
        return "any value" if isinstance(node, bool) else _type(node, page, pages_of)

    # A reference stands in a list of one where something stands beside it.
    (inner,) = field.get("allOf", [field])
    choices = field.get("anyOf") or field.get("oneOf")
    if "$ref" in inner:
        text = _link(inner["$ref"].removeprefix(_REFERENCE), page, pages_of)
    elif "title" in field:
        text = field["title"]
    elif "enum" in field or "const" in field:
        words = field.get("enum") or [field["const"]]
        text = ", ".join(f"`{word}`" for word in words)
    elif choices:
        kinds = [of(each) for each in choices if each != {"type": "null"}]
        text = " or ".join(dict.fromkeys(kinds))
    elif field.get("type") == "array":
        text = f"list of {of(field.get('items', {}))}"
    elif field.get("type") == "object":
        text = f"mapping of {of(field.get('additionalProperties', {}))}"
    else:
        text = _SCALARS.get(field.get("type", ""), "any value")
    return text


def _link(model: str, page: str, pages_of: dict[str, str]) -> str:
    file = "" if pages_of[model] == page else f"{pages_of[model]}.md"
    anchor = _heading(model).lower().replace(" ", "-")
    return f"[{_heading(model)}]({file}#{anchor})"


def _index() -> str:
    return "\n".join(
        [
            _MADE,
            "",
            "# Reference",
            "",
            "What a stack's YAML may say, made from the models that read it.",
            "",
            f"- [Platform](platform.md): `{NAMESPACE}:platform`, an environment",
            f"- [Team](team.md): `{NAMESPACE}:team`, what a team runs, and its volumes",
            "- [Volumes](volumes.md): every kind of storage",
            "- [Storage kinds](storage-kinds.md): what each driver offers",
            "- [Rules](rules.md): what `ml-storage check` finds, and why",
            "",
            "Editors check and complete a file that begins with",
            "",
            f"    # yaml-language-server: $schema={schema.FILE}",
            "",
            "(the path from the file to the checkout stands before it).",
            "",
        ]
    )


def _storage_kinds() -> str:
    lines = [
        *(_MADE, "", "# Storage kinds", ""),
        (
            "What a kind offers a pod, by the row of the catalog that the checks read. "
            "RWO is ReadWriteOnce, ROX ReadOnlyMany, RWX ReadWriteMany, RWOP "
            "ReadWriteOncePod. What is unconfirmed warns and never refuses."
        ),
        "",
        (
            "| kind | driver | files | device | where | writers | rename | append "
            "| locks | grows | snapshots | as of |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_storage_kind(row) for row in STORAGE_KINDS]
    lines += ["", "## Sources", ""]
    lines += [f"- {row.kind}: {row.source}" for row in STORAGE_KINDS]
    return "\n".join([*lines, ""])


_SHORT = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _storage_kind(row: StorageKind) -> str:
    def yes(value: bool) -> str:
        return "yes" if value else ""

    cells = (
        row.kind,
        f"`{row.driver}`" if row.driver else "",
        " ".join(_SHORT[mode] for mode in row.access_modes),
        " ".join(_SHORT[mode] for mode in row.block_access_modes),
        "one zone or node" if row.zonal else "everywhere",
        "many" if row.shared_writes else "one",
        *map(yes, (row.rename, row.append, row.locks, row.resize, row.snapshots)),
        row.as_of + ("" if row.status == "confirmed" else ", unconfirmed"),
    )
    return f"| {' | '.join(cells)} |"


def _rules() -> str:
    lines = [
        *(_MADE, "", "# Rules", ""),
        (
            "What `ml-storage check`, `pulumi preview` and `pulumi up` find before "
            "anything is registered. `ml-storage rules` prints the same."
        ),
        "",
        "| id | prevents | why |",
        "|---|---|---|",
    ]
    lines += [
        f"| {rule['id']} | {rule['prevents']} | {rule['why']} |"
        for rule in rule_list.rules()
    ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[1])
