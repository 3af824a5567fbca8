"""A step says what it was and how long it took, in one line."""

import pytest

from sandbox.progress import duration, step


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.9, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 0 s"),
        (312, "5 min 12 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_piped_it_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with step("Building it") as update:
        update("1 package")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "done    Building it (0.0 s)\n")


def test_a_failure_names_the_step(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no"), step("Building it"):
        raise ValueError("no")
    assert capfd.readouterr().err == "failed  Building it (0.0 s)\n"


def test_a_long_label_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with step("x" * 200):
        pass
    lines = capfd.readouterr().err.splitlines()
    assert [len(line) for line in lines] == [80]
