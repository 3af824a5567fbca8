"""What shows that a known mistake is said, or cannot be made.

`test_aws_cases.py` and `test_gcp_cases.py` have the tables of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stacks.load import from_file


@dataclass(frozen=True, slots=True)
class Said:
    """A mistake that `check` reports.

    Attributes:
        fixture: The file among the fixtures of its cloud whose one problem it is.
        rule: The rule that finds it.
        sure: It is refused; what sources disagree on, or what may be meant,
            warns.
    """

    fixture: str
    rule: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Prevented:
    """A mistake that what is made cannot have.

    Attributes:
        file: The file of the test, below `tests`.
        test: The test that shows it.
    """

    file: str
    test: str


Cases = Mapping[str, tuple[Said | Prevented, ...]]
"""What shows each mistake."""


def _shown(cases: Cases) -> Iterable[Said | Prevented]:
    return {found for case in cases.values() for found in case}


def said(cases: Cases) -> list[Said]:
    """Every fixture of a table, once."""
    found = [item for item in _shown(cases) if isinstance(item, Said)]
    return sorted(found, key=lambda item: (item.fixture, item.rule))


def prevented(cases: Cases) -> list[Prevented]:
    """Every test of a table, once."""
    found = [item for item in _shown(cases) if isinstance(item, Prevented)]
    return sorted(found, key=lambda item: (item.file, item.test))


def is_the_one_problem(case: Said, fixtures: Path) -> None:
    """A fixture reports its rule, where it stands, and nothing else."""
    (found,) = from_file(fixtures / f"{case.fixture}.yaml").found
    assert found.problem.rule == case.rule
    assert found.problem.severity == ("error" if case.sure else "warning")
    assert found.position is not None


def is_a_test(case: Prevented, root: Path) -> None:
    """There is a test of this name."""
    text = (root / "tests" / case.file).read_text()
    assert f"def {case.test}(" in text
