"""Every mistake is found, where it stands, with the value that would be right.

A line of `errors/*.yaml` names what is wrong with it in a comment at its end:
`# ! RULE [warning] [nearest=VALUE]`, once for each problem.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox import s3_wanted
from stacks import checks
from stacks.load import from_file

HERE = Path(__file__).parent
ERRORS = HERE / "errors"
# What is called as Pulumi calls it is the environment of the fixtures beside it.
FIXTURES = [f for f in sorted(ERRORS.rglob("*.yaml")) if f.stem[:7] != "Pulumi."]
GOOD = [
    *sorted((HERE / "good").glob("*.yaml")),
    ERRORS / "two-stacks" / "Pulumi.lab.yaml",
    HERE.parents[1] / "Pulumi.dev.yaml",
    *sorted((HERE.parents[1] / "examples").rglob("Pulumi.*.yaml")),
]
Expected = list[tuple[int, str, str, str | None]]


def expected(file: Path) -> Expected:
    """Line, rule, severity and nearest value of each problem of a fixture."""
    found: Expected = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        _, mark, comment = line.partition("# ! ")
        for claim in comment.split(" ! ") if mark else []:
            rule, _, rest = claim.partition(" ")
            warning = rest.startswith("warning")
            _, has_nearest, nearest = rest.partition("nearest=")
            severity = "warning" if warning else "error"
            found.append((number, rule, severity, nearest if has_nearest else None))
    return sorted(found, key=str)


def contract_of(file: Path) -> Path | None:
    """The contract that the first line of a fixture names, if any."""
    first = file.read_text().partition("\n")[0]
    _, mark, name = first.partition("# contract: ")
    return file.parent / name if mark else None


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_exactly_these_problems(file: Path) -> None:
    loaded = from_file(file, contract=contract_of(file))
    found: Expected = []
    for item in loaded.found:
        problem = item.problem
        assert item.position is not None
        assert problem.message
        nearest = None if problem.nearest is None else str(problem.nearest)
        found.append((item.position.line, problem.rule, problem.severity, nearest))
    assert sorted(found, key=str) == expected(file)
    errors = [severity for _, _, severity, _ in found if severity == "error"]
    assert loaded.config is None or not errors


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_nothing_is_wrong_with_what_is_right(file: Path) -> None:
    # The sandbox has a server of S3 for what names its URL, and sets the keys.
    loaded = from_file(file, supplied=s3_wanted.wanted(file).config_keys)
    assert loaded.found == []
    assert loaded.config is not None


# What a person gets wrong first, by the name of its fixture.
BAD_INPUT = {
    "mount of an unknown volume": "mount-of-an-unknown-volume",
    "two mounts on one path": "two-mounts-on-one-path",
    "memory scratch larger than the memory limit": (
        "memory-scratch-larger-than-the-memory-limit"
    ),
    "a checkpoint path written by every worker": "checkpoint-written-by-every-worker",
    "ReadWriteMany on block storage": "read-write-many-on-block-storage",
    "ReadWriteOncePod with several pods": "read-write-once-pod-with-several-pods",
    "a hostPath of /, /etc or with ..": "host-path-of-the-system",
    "a quota smaller than the team's claims": "quota-smaller-than-the-claims",
    "unknown keys": "unknown-keys",
    "wrong types": "wrong-types",
    "an empty file": "empty-file",
    "YAML that does not parse": "yaml-that-does-not-parse",
    "duplicate keys": "duplicate-keys",
    "a YAML bomb": "yaml-bomb",
    "names Kubernetes refuses": "names-kubernetes-refuses",
}


@pytest.mark.parametrize("name", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_is_refused(name: str) -> None:
    file = HERE / "errors" / f"{name}.yaml"
    assert any(severity == "error" for _, _, severity, _ in expected(file))


def test_a_file_of_ten_megabytes(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.big.yaml"
    file.write_text("# padding\n" * 1024 * 1024)
    (found,) = from_file(file).found
    assert found.problem.rule == "CFG00"
    assert "1,048,576" in found.problem.message


def _rules_in_the_code(root: Path) -> set[str]:
    words = re.compile(r'"([A-Z]{3}\d\d)"')
    files = [*root.glob("components/**/*.py"), *root.glob("stacks/**/*.py")]
    return {word for file in files for word in words.findall(file.read_text())}


def test_every_rule_has_a_fixture(root: Path) -> None:
    shown = {rule for file in FIXTURES for _, rule, _, _ in expected(file)}
    declared = {rule.id for rule in checks.RULES}
    assert declared <= shown
    assert _rules_in_the_code(root) == shown


def test_rules_say_what_they_prevent_and_have_an_id_of_their_own() -> None:
    ids = [rule.id for rule in checks.RULES]
    assert len(set(ids)) == len(ids)
    assert all(rule.prevents for rule in checks.RULES)


def test_problems_of_several_kinds_are_reported_together() -> None:
    """A typo, a wrong type and two rules over the whole stack, in one run."""
    rules = {rule for _, rule, _, _ in expected(HERE / "errors" / "wrong-types.yaml")}
    assert {"CFG03", "CFG04", "QTY01", "MNT01"} <= rules
    rules = {
        rule for _, rule, _, _ in expected(HERE / "errors" / "duplicate-keys.yaml")
    }
    assert {"CFG00", "QTY01"} <= rules
