"""What tests ask of the examples of a cloud."""

from __future__ import annotations

from stacks.testing import Deployment, Registered


def needs(whole: Deployment, resource: Registered) -> set[str]:
    """URNs of everything that has to be there before `resource`."""
    by_urn = {found.urn: found for found in whole.resources}
    seen: set[str] = set()
    queue = [resource]
    while queue:
        found = queue.pop()
        # What a component waits for, its parts wait for.
        before = [*found.depends_on, found.parent, found.provider.rpartition("::")[0]]
        for urn in before:
            if urn in by_urn and urn not in seen:
                seen.add(urn)
                queue.append(by_urn[urn])
    return seen
