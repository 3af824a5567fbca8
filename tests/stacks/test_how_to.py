"""What the how-to about tests shows is run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
def test_the_files_of_the_how_to_pass(root: Path, tmp_path: Path) -> None:
    text = (root / "docs" / "how-to" / "test-your-stack.md").read_text()
    files = BLOCK.findall(text)
    for name, content in files:
        (tmp_path / name).write_text(content)
    assert len(files) == text.count("```") // 2, "every block is a file"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--rootdir", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tests = sum(content.count("\ndef test_") for _, content in files)
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= tests
