"""The how-tos of a cloud: the files that the main page shows, and parts of them.

A block ```` ```yaml file=NAME ```` of the main page is a whole file. All other blocks
are parts: of an environment's section, or, where they have `jobs`, of a team's. They
are looked at as parts of the main page's environment and team.
"""

from __future__ import annotations

import copy
import os
import re
import subprocess
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

from stacks import report
from stacks.load import from_file
from stacks.testing import Deployment, Registered, deploy_stack

ROOT = Path(__file__).parents[2]
PLATFORM, OWN = "ml-storage:platform", "ml-storage:team"
ENVIRONMENT, TEAM, NEW = (
    "Pulumi.prod.yaml",
    "Pulumi.vision-prod.yaml",
    "Pulumi.new.yaml",
)
"""The files of a main page: an environment, a team in it, one that is all made."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """An edit of one of the main page's files, and where it is reported.

    Attributes:
        file: The file that is edited.
        before: What stands there, once.
        after: What is written instead.
        reported: The file that is checked.
    """

    file: str
    before: str
    after: str
    reported: str


@dataclass(frozen=True)
class Pages:
    """The how-tos of one cloud.

    Attributes:
        main: Name of the main page; those of the others begin with it.
    """

    main: str

    @cached_property
    def texts(self) -> dict[str, str]:
        """The pages by their names."""
        found = sorted((ROOT / "docs" / "how-to").glob(f"{self.main}*.md"))
        return {file.stem: file.read_text() for file in found}

    @cached_property
    def files(self) -> dict[str, str]:
        """The files that the main page shows."""
        blocks = re.findall(
            r"```yaml file=(\S+)\n(.*?)```", self.texts[self.main], re.DOTALL
        )
        return dict(blocks)

    @cached_property
    def all_parts(self) -> list[tuple[str, int]]:
        """Page and place of every block that is a part of a file."""
        return [(page, i) for page in self.texts for i in range(len(self.parts(page)))]

    @cached_property
    def team_parts(self) -> list[tuple[str, int]]:
        """Those of them that are a team's."""
        return [
            (page, i) for page, i in self.all_parts if is_of_a_team(self.part(page, i))
        ]

    @property
    def shown(self) -> int:
        """How many blocks of YAML there are."""
        return sum(text.count("```yaml") for text in self.texts.values())

    @cached_property
    def checks(self) -> list[str]:
        """The commands of the project's own that the pages show."""
        found = (
            re.findall(r"^ +(\./ml-storage .+)$", text, re.MULTILINE)
            for text in self.texts.values()
        )
        return sorted({command for commands in found for command in commands})

    def config(self, name: str) -> Values:
        """What stands under `config:` in one of the main page's files."""
        return yaml.safe_load(self.files[name])["config"]

    def parts(self, page: str) -> list[Values]:
        """The blocks of a page that are a part of a file."""
        blocks = re.findall(r"```yaml\n(.*?)```", self.texts[page], re.DOTALL)
        return [yaml.safe_load(block) for block in blocks]

    def part(self, page: str, index: int) -> Values:
        """One of them."""
        return self.parts(page)[index]

    def environment(self, page: str, upto: int | None = None) -> Values:
        """The environment with the parts that a page shows, up to one of them."""
        whole = self.config(ENVIRONMENT)
        for part in self.parts(page)[: None if upto is None else upto + 1]:
            if not is_of_a_team(part):
                whole = with_part(whole, part)
        return whole

    def team(self, page: str, index: int) -> Values:
        """The team with volumes and jobs that a page shows."""
        whole = self.config(TEAM)
        whole[OWN] |= self.part(page, index)
        return whole

    def deployed(self, page: str, *, preview: bool = False) -> Deployment:
        """The environment with all that a page shows of it."""
        return _deployed(self.main, page, preview)

    def write(self, directory: Path) -> Path:
        """Put the main page's files into a directory, which is returned."""
        for name, text in self.files.items():
            (directory / name).write_text(text)
        return directory

    def problems_of_part(self, directory: Path, page: str, index: int) -> list[str]:
        """What is found wrong with a part of a page, in a directory of its own."""
        files = {ENVIRONMENT: self.environment(page, index)}
        if is_of_a_team(self.part(page, index)):
            files[TEAM] = self.team(page, index)
        for name, value in files.items():
            (directory / name).write_text(yaml.safe_dump({"config": value}))
        return [
            report.text(found)
            for name in files
            for found in from_file(directory / name).found
        ]

    def run(self, command: str, directory: Path) -> str:
        """Run a command of the project's where the files lie; what it says.

        Raises:
            AssertionError: It fails.
        """
        self.write(directory)
        for name in ("ml-storage", "examples"):
            (directory / name).symlink_to(ROOT / name)
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=directory,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def message(self, directory: Path, mistake: Mistake) -> str:
        """What `check` reports of a mistake, as the main page is to show it.

        Args:
            directory: Where the main page's files lie; they are put right again.
            mistake: The edit.
        """
        right = self.files[mistake.file]
        assert right.count(mistake.before) == 1, mistake.before
        (directory / mistake.file).write_text(
            right.replace(mistake.before, mistake.after)
        )
        found = from_file(directory / mistake.reported, mistake.reported).found
        (directory / mistake.file).write_text(right)
        return textwrap.indent(report.text(found[0]), "    ")

    def assert_rules_and_anchors(self, rules: int) -> None:
        """Every rule and every heading that the pages name is there.

        Args:
            rules: How many rules the main page names.
        """
        listed = (ROOT / "docs" / "reference" / "rules.md").read_text()
        named = set(re.findall(r"\[([A-Z]{3}\d\d)\]", self.texts[self.main]))
        assert len(named) == rules
        assert all(f"| {rule} |" in listed for rule in named)
        for text in self.texts.values():
            for page, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text):
                target = (ROOT / "docs" / "how-to" / page).read_text() if page else text
                headings = re.findall(r"^#+ (.+)$", target, re.MULTILINE)
                assert anchor in {_anchor(heading) for heading in headings}, anchor
            for page in re.findall(r"\]\(([\w./-]+\.md)[)#]", text):
                assert (ROOT / "docs" / "how-to" / page).exists(), page


def _anchor(heading: str) -> str:
    """A heading as links to it write it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def is_of_a_team(part: Values) -> bool:
    """Whether a part is a team's, and not an environment's."""
    return "jobs" in part


def with_part(whole: Values, part: Values) -> Values:
    """An environment with a page's part in it: entries take the place of others."""
    changed = copy.deepcopy(whole)
    platform = changed[PLATFORM]
    for section, entries in part.items():
        merged = platform.setdefault(section, {})
        for name, entry in entries.items():
            if section == "teams":
                for key, value in entry.items():
                    merged[name].setdefault(key, {}).update(value)
            else:
                merged[name] = entry
    return changed


def kept(whole: Deployment) -> set[str]:
    """URNs of what is protected, and of all that this needs."""
    by_urn = {made.urn: made for made in whole.resources}
    queue = [made for made in whole.resources if made.protect]
    seen: set[str] = set()
    while queue:
        found = queue.pop()
        if found.urn in seen:
            continue
        seen.add(found.urn)
        before = [*found.depends_on, found.parent, found.provider.rpartition("::")[0]]
        queue += [by_urn[urn] for urn in before if urn in by_urn]
    return seen


def all_of(whole: Deployment, kinds: Sequence[str]) -> list[Registered]:
    """What is registered of any of some types, and of each of them something."""
    found: list[Registered] = []
    for kind in kinds:
        made = whole.all(kind)
        assert made, kind
        found += made
    return found


def data_alone(whole: Mapping[str, Any], sections: Sequence[str]) -> Values:
    """An environment's sections that hold data, without a cluster."""
    platform = whole[PLATFORM]
    return {PLATFORM: copy.deepcopy({key: platform[key] for key in sections})}


@cache
def _deployed(main: str, page: str, preview: bool) -> Deployment:
    values = Pages(main).environment(page)
    return deploy_stack(values, preview=preview, strict=True, name="prod")
