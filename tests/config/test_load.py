"""Values from the file and from Pulumi, and no traceback whatever they are."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stacks import report
from stacks.load import Loaded, from_file, from_values
from stacks.source import Position

HERE = Path(__file__).parent
SECTION = "ml-storage:"


def section(file: Path) -> dict[str, Any]:
    """The values of this project in a file, as Pulumi would hand them over."""
    config = yaml.safe_load(file.read_text())["config"]
    return {
        key.removeprefix(SECTION): value
        for key, value in config.items()
        if key.startswith(SECTION)
    }


EVERYTHING = section(HERE / "good" / "everything.yaml")
EXAMPLES = HERE.parents[1] / "examples"
AWS, GCP = EXAMPLES / "aws", EXAMPLES / "gcp"


def with_its_team(environment: Path, team: Path) -> dict[str, Any]:
    """An environment and one of its teams in one stack."""
    own = section(team)["team"]
    del own["platform"], own["cluster"]
    return section(environment) | {"team": own}


DOCUMENTS = {
    "any-kubernetes": EVERYTHING,
    "aws": with_its_team(AWS / "Pulumi.prod.yaml", AWS / "Pulumi.vision-prod.yaml"),
    "aws-that-there-is": section(AWS / "Pulumi.shared.yaml"),
    "gcp": with_its_team(GCP / "Pulumi.prod.yaml", GCP / "Pulumi.vision-prod.yaml"),
    "gcp-and-tpus": with_its_team(
        GCP / "Pulumi.prod.yaml", GCP / "Pulumi.language-prod.yaml"
    ),
    "gcp-that-there-is": section(GCP / "Pulumi.shared.yaml"),
}
"""What is right, before it is broken."""


def summary(loaded: Loaded) -> list[tuple[str, str, Position | None]]:
    return [(f.problem.rule, report.dotted(f), f.position) for f in loaded.found]


def test_pulumi_and_the_file_say_the_same() -> None:
    for name in ("host-path-of-the-system", "wrong-types", "pools-and-teams"):
        file = HERE / "errors" / f"{name}.yaml"
        # Through JSON, as Pulumi passes it.
        values = json.loads(json.dumps(section(file)))
        by_pulumi = summary(from_values(values, file, file.name))
        by_file = summary(from_file(file, file.name))
        # PyYAML reads `yes` as true, the one difference of YAML 1.1 here.
        await_path = "team.jobs.train.await"
        assert by_pulumi == [item for item in by_file if item[1] != await_path]


def test_a_value_that_is_not_in_the_file_is_reported_by_path(tmp_path: Path) -> None:
    values = copy.deepcopy(EVERYTHING)
    values["team"]["volumes"]["scratch"]["size"] = "10GB"
    loaded = from_values(values, tmp_path / "none.yaml", "Pulumi.prod.yaml")
    (found,) = loaded.found
    assert found.position is None
    assert loaded.config is None
    assert report.text(found).splitlines()[0] == (
        "Pulumi.prod.yaml  team.volumes.scratch.size = 10GB"
    )


def test_the_values_are_pulumis_and_not_the_files(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text((HERE / "errors" / "wrong-types.yaml").read_text())
    loaded = from_values(copy.deepcopy(EVERYTHING), file, file.name)
    assert loaded.found == []
    assert loaded.config is not None


def test_a_secret_in_the_file_is_refused_though_pulumi_decrypted_it() -> None:
    file = HERE / "errors" / "secrets.yaml"
    values = section(file)
    job = values["team"]["jobs"]["train"]
    job |= {"image": "decrypted", "command": ["a", "b"], "env": {"TOKEN": "x"}}
    loaded = from_values(values, file, file.name)
    assert loaded.config is None
    rules = [f.problem.rule for f in loaded.found]
    assert sorted(rules) == ["MNT01", "SEC01", "SEC01", "SEC01"]
    assert "decrypted" not in "".join(map(report.text, loaded.found))


def test_a_whole_section_that_is_secret(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config:\n  ml-storage:platform: {secure: AAABAJ}\n")
    assert "SEC01" in [f.problem.rule for f in from_file(file).found]
    file.write_text("config:\n  ml-storage:secure: AAABAJ\n")
    assert {f.problem.rule for f in from_file(file).found} == {"CFG01", "CFG02"}


@pytest.mark.parametrize("values", [{}, {"platform": "text"}, {"platform": []}])
def test_a_stack_that_describes_no_cluster(values: dict[str, Any]) -> None:
    loaded = from_values(values, Path("none.yaml"), "Pulumi.x.yaml")
    assert [f.problem.path for f in loaded.found] == [("platform",)]


def test_python_names_are_not_yaml_keys() -> None:
    values = copy.deepcopy(EVERYTHING)
    claim = values["team"]["volumes"]["checkpoints"]
    claim["access_modes"] = claim.pop("accessModes")
    loaded = from_values(values, Path("none.yaml"), "f")
    (found,) = [f for f in loaded.found if f.problem.rule == "CFG01"]
    assert found.problem.nearest == "accessModes"


def test_problems_come_in_the_order_of_the_file() -> None:
    loaded = from_file(HERE / "errors" / "wrong-types.yaml")
    places = [(f.position.line, f.position.column) for f in loaded.found if f.position]
    assert places == sorted(places)
    assert len(places) == len(loaded.found)


junk = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        float("nan"),
        "",
        "x",
        "10GB",
        "/etc",
        "${a}",
        [],
        [None],
        ["x", 1],
        {},
        {"x": 1},
        {"secure": "x"},
        {"kind": "claim"},
        {"kind": ["x"]},
        {"kind": "nfs", "nfs": 1},
        {"name": {}},
        {"kind": "efs"},
        {"kind": "fsx-lustre", "zone": "us-west-2a"},
        {"create": {}},
        {"existing": True},
        {"machine": "g5.xlarge"},
        {"machine": "a2-highgpu-1g", "zones": ["us-central1-a"]},
        {"kind": "gcs"},
        {"kind": "filestore", "tier": "ZONAL"},
        {"kind": "persistent-disk", "type": "hyperdisk-ml"},
        {"kind": "managed-lustre", "zone": "us-central1-a"},
        {"tpu": "v6e", "topology": "2x4"},
        {"purpose": "training", "cache": {"size": "10Gi", "medium": "memory"}},
        ["us-central1-a"],
        ["implicit-dirs", "file-cache:max-size-mb:-1"],
        "us-central1",
        "us-central1-a",
        "projects/p-12345/zones/us-central1-a/disks/d",
        "projects/p-12345/locations/us-central1/keyRings/r/cryptoKeys/k",
        "gcp",
        "2X4",
        "hyperdisk-balanced",
        "18Ti",
        10**6,
        ["us-west-2a"],
        "us-east-1a",
        "arn:aws:kms:us-west-2:1:key/x",
        "10.0.0.0/8",
        "90d",
        "é\x1b[31m",
        "A" * 400,
    ]
)
names = st.sampled_from(
    [
        "kind",
        "claim",
        "size",
        "secure",
        "[key]",
        "",
        " ",
        "a.b",
        "mounts",
        "volume",
        "name",
        "existing",
        "-",
        "1",
        "A" * 300,
        "acessModes",
        "team",
        "{x}",
        "str",
        "create",
        "machine",
        "nodes",
        "zone",
        "us-west-2c",
        "tpu",
        "topology",
        "location",
        "tier",
        "mount",
        "adopt",
        "cloud",
        "project",
        "null",
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path of a document."""
    below: list[tuple[Any, ...]] = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            below += places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            below += places(item, (*path, index))
    return below


@st.composite
def mutated(draw: st.DrawFn, document: str) -> dict[str, Any]:
    """What is right, with one to four things broken."""
    values = copy.deepcopy(DOCUMENTS[document])
    for _ in range(draw(st.integers(1, 4))):
        every = places(values)
        if not every:
            break
        *parents, last = draw(st.sampled_from(every))
        node: Any = values
        for part in parents:
            node = node[part]
        action = draw(st.sampled_from(["drop", "replace", "rename", "add"]))
        if action == "replace" or isinstance(node, list):
            node[last] = copy.deepcopy(draw(junk))
        elif action == "drop":
            del node[last]
        elif action == "rename":
            node[draw(names)] = node.pop(last)
        else:
            node[draw(names)] = copy.deepcopy(draw(junk))
    return values


def check(values: dict[str, Any], file: Path) -> Loaded:
    config = {f"{SECTION}{key}": value for key, value in values.items()}
    file.write_text(yaml.safe_dump({"config": config}, allow_unicode=True))
    loaded = from_file(file)
    by_values = from_values(values, file, file.name)
    for found in (*loaded.found, *by_values.found):
        assert found.problem.message
        assert found.problem.rule
        # A path, a link or a name may be longer than a line.
        assert all(
            len(line) <= report.WIDTH or " " not in line.strip()
            for line in report.text(found).splitlines()
        )
        json.dumps(report.as_json(found), allow_nan=False)
    assert (loaded.config is None) == any(
        f.problem.severity == "error" for f in loaded.found
    )
    return loaded


@pytest.mark.parametrize("document", DOCUMENTS)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_is_broken_is_said(
    data: st.DataObject, document: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = data.draw(mutated(document))
    loaded = check(values, tmp_path_factory.getbasetemp() / "Pulumi.mutated.yaml")
    # Nothing is said twice.
    said = [(f.problem.rule, f.problem.path, f.problem.message) for f in loaded.found]
    assert sorted(set(said), key=str) == sorted(said, key=str)


@pytest.mark.parametrize(
    "right",
    [
        HERE / "good" / "everything.yaml",
        AWS / "Pulumi.shared.yaml",
        GCP / "Pulumi.shared.yaml",
    ],
    ids=lambda file: f"{file.parent.name}-{file.stem}",
)
@settings(max_examples=40)
@given(data=st.data())
def test_whatever_text_is_broken_is_said(
    data: st.DataObject, right: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = right.read_text()
    start = data.draw(st.integers(0, len(text)))
    length = data.draw(st.integers(0, 20))
    new = data.draw(st.text("{}[]&*!|>'\"#-?:, \n\tab<~\0é", max_size=5))
    file = tmp_path_factory.getbasetemp() / "Pulumi.text.yaml"
    file.write_text(text[:start] + new + text[start + length :])
    for found in from_file(file).found:
        assert report.text(found)
