"""The worked pages are typed as they stand, in order, and show what they print.

The pages on the stack `patterns` share it with `test_patterns`, which looks at it
before they change it.
"""

from __future__ import annotations

import pytest

from sandbox import s3
from sandbox.lifecycle import Sandbox
from tests.emulators.s3_server import gets
from tests.engine.examples import Example
from tests.engine.page_commands import Reader, worked_pages
from tests.engine.stacks import Stack

pytestmark = [pytest.mark.engine, pytest.mark.images]

ON_PATTERNS = ("share-a-dataset", "train-on-spot", "move-data")
SERVES, SWEEPS = "serve-a-model", "run-a-sweep"


def test_every_page_with_commands_is_followed() -> None:
    assert worked_pages() == {*ON_PATTERNS, SERVES, SWEEPS}


@pytest.mark.parametrize("page", ON_PATTERNS)
def test_a_page_on_patterns(patterns: Stack, page: str) -> None:
    Reader("patterns", patterns).follow(page)


def test_the_page_on_serving_reads_the_bucket_once(patterns: Stack) -> None:
    Reader("patterns", patterns).follow(SERVES)
    log = s3.access_log(Sandbox().s3.directory)
    assert gets(log, f"{patterns.name}/served/v1/model.pt") == 1


def test_the_page_on_the_sweep(example: Example) -> None:
    Reader("sweep", example("sweep")).follow(SWEEPS)
