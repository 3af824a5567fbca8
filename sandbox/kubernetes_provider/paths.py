"""Property paths, as Pulumi writes them."""

import re
from typing import Literal

Path = tuple[str | int, ...]
Change = Literal["add", "delete", "update"]
"""What happens at a path."""


def write_path(path: Path) -> str:
    """Return a path as Pulumi writes it: `spec.containers[0].env`."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
        elif re.search(r'[."\[\]]', part):
            escaped = part.replace('"', '\\"')
            written += f'["{escaped}"]'
        else:
            written += f".{part}" if written else part
    return written


def parse_path(text: str) -> Path:
    """Return the parts of a property path; `*` stays as it is."""
    parts: list[str | int] = []
    for quoted, index, name in re.findall(
        r'\["((?:\\.|[^"\\])*)"\]|\[(\d+|\*)\]|([^.\[\]]+)', text
    ):
        if quoted:
            parts.append(quoted.replace('\\"', '"'))
        elif index:
            parts.append(index if index == "*" else int(index))
        else:
            parts.append(name)
    return tuple(parts)
