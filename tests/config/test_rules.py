"""Every rule is written down once, with what it prevents and why."""

from __future__ import annotations

import re
from pathlib import Path

from components.catalog import rules, rules_aws, rules_gcp
from components.catalog.rules import SPEC_RULES
from stacks import checks, rule_list

ID = re.compile(r"""["']([A-Z]{3}\d\d)["']""")
TABLES = [Path(str(table.__file__)) for table in (rules, rules_aws, rules_gcp)]


def in_the_code(root: Path) -> set[str]:
    """The ids that anything yields."""
    files = [*root.glob("components/**/*.py"), *root.glob("stacks/**/*.py")]
    return {
        word
        for file in files
        if file not in TABLES
        for word in ID.findall(file.read_text())
    }


def test_every_id_in_the_code_stands_in_one_place(root: Path) -> None:
    of_specs = [rule.id for rule in SPEC_RULES]
    of_stacks = [rule.id for rule in checks.RULES]
    listed = [*of_specs, *of_stacks]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) - in_the_code(root) == set(), "listed, but yielded by nothing"
    assert in_the_code(root) - set(listed) == set(), "yielded, but listed nowhere"


def test_the_table_is_sorted() -> None:
    for table in (
        rules.SPEC_RULES,
        rules_aws.SPEC_RULES_AWS,
        rules_gcp.SPEC_RULES_GCP,
    ):
        ids = [rule.id for rule in table]
        assert ids == sorted(ids)


def test_a_rule_says_what_it_prevents_and_why() -> None:
    for rule in rule_list.rules():
        # `prevents` goes on after "prevents", `why` is a sentence of its own.
        first = rule["prevents"].split()[0]
        assert first[0].islower() or first[0].isdigit() or first.isupper(), rule["id"]
        assert not rule["prevents"].endswith("."), rule["id"]
        assert rule["why"].endswith("."), rule["id"]
        assert rule["why"][0].isupper() or rule["why"].startswith("`"), rule["id"]
