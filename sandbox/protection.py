"""What an engine refused because it is protected, and what to do then."""

import json
import textwrap


def protected(events: str) -> list[str]:
    """URNs that an engine refused to replace or delete, from its log of events."""
    found: dict[str, None] = {}
    for line in events.splitlines():
        try:
            event = json.loads(line).get("diagnosticEvent") or {}
        except ValueError:
            # The last line of an engine that was killed.
            continue
        message = event.get("message", "")
        if event.get("severity") == "error" and "protect" in message:
            found.setdefault(event.get("urn") or "the stack")
    return list(found)


def explain_protection(urn: str) -> str:
    """What to do when the engine will not replace or delete `urn`."""
    name = urn.rpartition("::")[2]
    return textwrap.dedent(f"""
        {name} holds data, and is protected (onDelete: protect): this change
        would have deleted it. Nothing is lost. One of these goes on:
          - undo the change, and it stays as it is;
          - declare the changed one under a new name, copy the data over, and
            take the old one out when it is no longer needed;
          - if the data may go: set onDelete: delete, deploy that alone, and
            then make the change.""")
