"""What the how-tos on Google Cloud show is right, comes up, and is as they say."""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.catalog import gke, gke_add_ons
from stacks.load import from_file
from stacks.testing import Deployment, Registered, deploy_stack
from tests.cloud.diffing import compare
from tests.cloud.gcp.cloud import Gcp
from tests.cloud.gcp.registered import refusals
from tests.stacks.pages import (
    ENVIRONMENT,
    NEW,
    PLATFORM,
    ROOT,
    TEAM,
    Mistake,
    Pages,
    all_of,
    data_alone,
    kept,
)

PAGES = Pages("gcp")
EXAMPLE = ROOT / "examples" / "gcp" / "Pulumi.prod.yaml"
MAIN = PAGES.texts["gcp"]

LUSTRE = "gcp:lustre/instance:Instance"
FILESTORE = "gcp:filestore/instance:Instance"
BUCKET = "gcp:storage/bucket:Bucket"
DISK = "gcp:compute/disk:Disk"
CLUSTER = "gcp:container/cluster:Cluster"
NODES = "gcp:container/nodePool:NodePool"
FOLDER_ROLE = "gcp:storage/managedFolderIamMember:ManagedFolderIamMember"


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    """A directory with the files that the main page shows."""
    return PAGES.write(tmp_path)


def pod_of(whole: Deployment, job: str) -> Any:
    """The `spec` of a job's pods."""
    return whole.manifest("Job", job)["spec"]["template"]["spec"]


@cache
def team_of(page: str, index: int) -> Deployment:
    """The team with a part of a page, in the environment of that page."""
    contract = PAGES.deployed(page).outputs["contract"]
    return deploy_stack(PAGES.team(page, index), strict=True, contract=contract)


def with_job(page: str, job: str) -> Deployment:
    """The team's stack that has a job of a page."""
    (found,) = [
        (where, i)
        for where, i in PAGES.team_parts
        if where == page and job in PAGES.part(where, i)["jobs"]
    ]
    return team_of(*found)


def test_the_pages_show_what_is_looked_at() -> None:
    assert set(PAGES.texts) == {"gcp", "gcp-storage", "gcp-nodes"}
    assert set(PAGES.files) == {ENVIRONMENT, TEAM, NEW}
    assert PAGES.shown == len(PAGES.files) + len(PAGES.all_parts)
    assert len(PAGES.team_parts) >= 6


@pytest.mark.parametrize("name", PAGES.files)
def test_nothing_is_wrong_with_a_file(stacks: Path, name: str) -> None:
    assert from_file(stacks / name).found == []


@pytest.mark.parametrize(("page", "index"), PAGES.all_parts)
def test_nothing_is_wrong_with_a_part(tmp_path: Path, page: str, index: int) -> None:
    assert PAGES.problems_of_part(tmp_path, page, index) == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES.texts)
def test_an_environment_comes_up_with_all_of_a_page(page: str) -> None:
    updated = PAGES.deployed(page)
    previewed = PAGES.deployed(page, preview=True)
    assert len(updated.resources) > 50
    assert {made.urn for made in previewed.resources} == {
        made.urn for made in updated.resources
    }
    assert refusals(previewed) == []


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
@pytest.mark.parametrize(("page", "index"), PAGES.team_parts)
def test_a_team_comes_up_with_a_part(page: str, index: int, preview: bool) -> None:
    made = deploy_stack(
        PAGES.team(page, index),
        preview=preview,
        strict=True,
        contract=PAGES.deployed(page).outputs["contract"],
    )
    assert {r.name for r in made.resources if r.type.endswith(":index:Job")} == set(
        PAGES.part(page, index)["jobs"]
    )


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_team_makes_nothing_on_google_cloud(preview: bool) -> None:
    contract = deploy_stack(PAGES.config(ENVIRONMENT), name="prod").outputs["contract"]
    config = PAGES.config(TEAM)
    made = deploy_stack(config, preview=preview, strict=True, contract=contract)
    assert made.manifest("Job", "train")
    assert not [r for r in made.resources if r.type.startswith("gcp:")]
    assert [r.name for r in made.resources if "providers:" in r.type] == ["cluster"]


@pytest.mark.slow
@pytest.mark.parametrize("preview", [False, True], ids=["update", "preview"])
def test_a_network_and_a_cluster_are_made_as_it_says(preview: bool) -> None:
    made = deploy_stack(PAGES.config(NEW), preview=preview, strict=True, name="new")
    assert len(made.all("gcp:compute/subnetwork:Subnetwork")) == 1
    assert len(made.all("gcp:compute/routerNat:RouterNat")) == 1
    subnet = made.one("gcp:compute/subnetwork:Subnetwork").inputs
    assert subnet["privateIpGoogleAccess"] is True
    assert len(subnet["secondaryIpRanges"]) == 2
    peering = made.one("gcp:servicenetworking/connection:Connection").inputs
    assert peering["deletionPolicy"] == "ABANDON"
    cluster = made.one(CLUSTER).inputs
    blocks = cluster["masterAuthorizedNetworksConfig"]["cidrBlocks"]
    assert [block["cidrBlock"] for block in blocks] == ["203.0.113.7/32"]
    assert cluster["privateClusterConfig"]["enablePrivateNodes"] is True
    roles = [r.inputs["role"] for r in made.all("gcp:projects/iAMMember:IAMMember")]
    assert roles
    assert not [role for role in roles if "storage" in role]
    if not preview:
        assert {"cluster", "location"} <= set(made.outputs)


def test_what_gke_brings_is_named() -> None:
    words = {
        "nvidia-device-plugin": "device plugin",
        "node-autoscaler": "autoscaler",
        "snapshot-controller": "snapshot controller",
        "metrics-server": "metrics server",
    }
    assert set(words) == set(gke_add_ons.GIVEN)
    for text in (MAIN, PAGES.texts["gcp-nodes"]):
        told = " ".join(text.split())
        assert all(word in told for word in words.values())
    longest = f"{gke.LONGEST_POOL} characters at most, since GKE takes "
    assert f"{longest}{gke.LONGEST_NAME}" in " ".join(PAGES.texts["gcp-nodes"].split())


def test_a_cluster_that_its_maker_cannot_reach_is_warned_of(stacks: Path) -> None:
    text, public = PAGES.files[NEW], "publicAccess: [203.0.113.7/32]"
    assert public in text
    (stacks / NEW).write_text(text.replace(public, "publicAccess: []"))
    (found,) = from_file(stacks / NEW).found
    assert found.problem.severity == "warning"
    assert "API server" in found.problem.message


@pytest.mark.slow
@pytest.mark.parametrize("command", PAGES.checks)
def test_a_command_of_the_pages_finds_nothing_wrong(
    tmp_path: Path, command: str
) -> None:
    assert "checked: 0 problems" in PAGES.run(command, tmp_path)


APIS = {
    "compute": "compute",
    "container": "container",
    "filestore": "file",
    "kms": "cloudkms",
    "lustre": "lustre",
    "organizations": "cloudresourcemanager",
    "projects": "serviceusage",
    "pubsub": "pubsub",
    "serviceaccount": "iam",
    "servicenetworking": "servicenetworking",
    "storage": "storage",
    "tpu": "tpu",
}
"""The service behind each module of the provider that a page's resources are of."""


@pytest.mark.slow
def test_the_services_that_are_enabled_are_those_that_are_used() -> None:
    (listed,) = re.findall(r"gcloud services enable --project \S+ (.+)", MAIN)
    enabled = {name.removesuffix(".googleapis.com") for name in listed.split()}
    made = [
        *(made for page in PAGES.texts for made in PAGES.deployed(page).resources),
        *deploy_stack(PAGES.config(NEW), name="new").resources,
    ]
    found = {r.type.split(":")[1] for r in made if r.type.startswith("gcp:")}
    used = {APIS[module.partition("/")[0]] for module in found}
    # The number of the project, which principals are named by, is asked of it.
    assert enabled == used | {"cloudresourcemanager"}


def test_commands_of_gcloud_name_what_the_files_name() -> None:
    platform = PAGES.config(ENVIRONMENT)[PLATFORM]
    cluster, location = (platform["cluster"][k] for k in ("existing", "location"))
    context = f"gke_{platform['project']}_{location}_{cluster}"
    assert PAGES.config(TEAM)["ml-storage:team"]["cluster"] == {"context": context}
    assert f"get-credentials {cluster} --location {location}" in MAIN
    network = platform["network"]["existing"]["network"]
    assert f"--network {network} " in MAIN
    for project in re.findall(r"(?:--project|policy-binding) (\S+)", MAIN):
        assert project == platform["project"]
    (who,) = platform["teams"]["vision"]["deployers"]["users"]
    assert f"--member user:{who} " in MAIN
    # What a network that is made lets in.
    made = deploy_stack(PAGES.config(NEW), name="new")
    rule = made.one("gcp:compute/firewall:Firewall").inputs
    (allowed,) = rule["allows"]
    ports = ",".join(f"{allowed['protocol']}:{port}" for port in allowed["ports"])
    assert f"--allow {ports} --source-ranges {rule['sourceRanges'][0]}" in MAIN


def test_the_mistakes_are_reported_as_they_are_shown(stacks: Path) -> None:
    for mistake in (
        Mistake(ENVIRONMENT, "capacityGiB: 18000", "capacityGiB: 9000", ENVIRONMENT),
        Mistake(ENVIRONMENT, "type: pd-balanced", "type: hyperdisk-extreme", TEAM),
        Mistake(
            ENVIRONMENT,
            "softDelete: 0d, mount",
            "softDelete: 0d, hierarchicalNamespace: false, mount",
            ENVIRONMENT,
        ),
    ):
        text = PAGES.message(stacks, mistake)
        assert text in MAIN, f"the page is to show:\n{text}"


@pytest.mark.slow
def test_a_team_has_two_accounts_with_the_least_roles() -> None:
    made = PAGES.deployed("gcp")
    granted = {
        (r.inputs["member"].rpartition("/")[2], r.inputs["role"])
        for r in made.all(FOLDER_ROLE)
        if "checkpoints" in r.name
    }
    assert granted == {
        ("workload", "roles/storage.objectUser"),
        ("reader", "roles/storage.objectViewer"),
    }
    assert not made.all("gcp:serviceaccount/account:Account")
    platform = PAGES.config(ENVIRONMENT)
    platform[PLATFORM]["identity"] = "service-account"
    impersonating = deploy_stack(platform, strict=True, name="prod")
    accounts = impersonating.all("gcp:serviceaccount/account:Account")
    assert [account.name for account in accounts] == [
        "vision-workload",
        "vision-reader",
    ]
    assert not [r for r in impersonating.resources if "serviceaccount/key" in r.type]


@pytest.mark.slow
def test_one_writes_and_256_read() -> None:
    team = with_job("gcp-storage", "embed")
    assert pod_of(team, "import")["serviceAccountName"] == "workload"
    assert pod_of(team, "embed")["serviceAccountName"] == "reader"
    assert team.manifest("Job", "embed")["spec"]["parallelism"] == 256


@pytest.mark.slow
def test_a_slice_is_one_jobs() -> None:
    team = with_job("gcp-nodes", "pretrain")
    assert "podAntiAffinity" in pod_of(team, "pretrain")["affinity"]
    assert "affinity" not in pod_of(team, "finetune")
    replicated = team.manifest("JobSet", "multislice")["spec"]["replicatedJobs"]
    assert [job["replicas"] for job in replicated] == [2]
    assert "exclusive-topology" in json.dumps(replicated)


@pytest.mark.slow
def test_pools_are_made_as_it_says() -> None:
    pools = {made.name: made.inputs for made in PAGES.deployed("gcp-nodes").all(NODES)}
    assert {"v6e-pool", "v6e-slice-0", "v6e-slice-1", "v6e-pair-0"} <= set(pools)
    assert pools["v6e-slice-0"]["nodeCount"] == 4
    # It comes when there is room: nothing is there before.
    assert "nodeCount" not in pools["v5p-0"]
    assert pools["v5p-0"]["autoscaling"]["maxNodeCount"] == 16
    for name, pool in pools.items():
        config = pool["nodeConfig"]
        assert config["workloadMetadataConfig"]["mode"] == "GKE_METADATA", name
        assert config["imageType"] == "COS_CONTAINERD"
    ssds = pools["a100-pool"]["nodeConfig"]["ephemeralStorageLocalSsdConfig"]
    assert ssds == {"localSsdCount": 4}


DATA = ("cloud", "project", "region", "network", "keys", "storage")


@cache
def stored(name: str = "", key: str = "", value: str = "") -> Deployment:
    """The data alone, after an edit of the environment's file where one is given."""
    whole = data_alone(PAGES.environment("gcp-storage"), (*DATA, "diskImages"))
    platform = whole[PLATFORM]
    platform["keys"]["other"] = {}
    platform["diskImages"]["others"] = copy.deepcopy(platform["diskImages"]["weights"])
    platform["storage"]["archive"]["bucket"] = "archive-of-prod"
    if value:
        platform["storage"][name][key] = json.loads(value)
    return deploy_stack(whole, name="prod")


CHANGES = [
    (LUSTRE, "training-data", "capacityGiB", 36000, "in place"),
    (LUSTRE, "training-data", "zone", "us-central1-b", "refused"),
    (LUSTRE, "training-data", "throughputPerTiB", 1000, "refused"),
    (LUSTRE, "training-data", "kmsKey", "other", "refused"),
    (FILESTORE, "models", "capacityGiB", 2048, "in place"),
    (FILESTORE, "models", "tier", "ENTERPRISE", "refused"),
    (FILESTORE, "models", "protocol", "NFS_V4_1", "refused"),
    (FILESTORE, "models", "kmsKey", "other", "refused"),
    (DISK, "weights", "sizeGiB", 600, "in place"),
    (DISK, "weights", "throughput", 4800, "in place"),
    (DISK, "weights", "image", "others", "refused"),
    (BUCKET, "archive", "bucket", "archive-of-us", "refused"),
    (BUCKET, "archive", "location", "US", "refused"),
    (BUCKET, "archive", "hierarchicalNamespace", True, "refused"),
    (BUCKET, "datasets", "kmsKey", "other", "in place"),
    (BUCKET, "datasets", "softDelete", "7d", "in place"),
    (BUCKET, "datasets", "lifecycle", [{"expireAfter": "9d"}], "in place"),
]
ROWS = re.findall(
    r"^\| ([^|]+?) \| (`[^|]+`) \| (in place|refused) \|$", MAIN, re.MULTILINE
)


@pytest.mark.slow
@pytest.mark.parametrize(("token", "name", "key", "value", "said"), CHANGES)
def test_what_the_table_says_of_changes(
    token: str, name: str, key: str, value: Any, said: str
) -> None:
    before, after = (
        next(r for r in made.all(token) if r.name.startswith(name)).inputs
        for made in (stored(), stored(name, key, json.dumps(value)))
    )
    assert before != after
    replaces = compare(Gcp().kinds[token], before, {}, after, []).replaces
    assert bool(replaces) is (said == "refused")


SHRUNK = [
    (LUSTRE, "training-data", "capacityGiB", "9000"),
    (DISK, "weights", "size", 400),
    (DISK, "weights", "type", "hyperdisk-balanced"),
]
"""What would not be another configuration that is right, as the provider is told."""


@pytest.mark.slow
@pytest.mark.parametrize(("token", "name", "key", "value"), SHRUNK)
def test_what_is_smaller_or_of_another_type_is_another(
    token: str, name: str, key: str, value: Any
) -> None:
    before = next(r for r in stored().all(token) if r.name.startswith(name)).inputs
    assert key in before
    after = {**before, key: value}
    assert compare(Gcp().kinds[token], before, {}, after, []).replaces


def test_the_table_of_changes_names_what_is_tried() -> None:
    tried = {(key, said) for _, _, key, _, said in CHANGES}
    tried |= {({"size": "sizeGiB"}.get(key, key), "refused") for *_, key, _ in SHRUNK}
    named = {
        (word, said) for what, _, said in ROWS for word in re.findall(r"`(\w+)`", what)
    }
    assert named == tried


@pytest.fixture(scope="module")
def prod() -> Deployment:
    return deploy_stack(EXAMPLE)


@pytest.mark.slow
def test_what_exclude_protected_keeps(prod: Deployment) -> None:
    stays = kept(prod)

    def missing(found: list[Registered], *, stay: bool) -> list[Registered]:
        return [made for made in found if (made.urn in stays) is not stay]

    keeps = (
        *(LUSTRE, FILESTORE, BUCKET, DISK, "gcp:compute/image:Image"),
        *("gcp:kms/cryptoKey:CryptoKey", "CryptoKeyIAMMember", "Namespace"),
        *("gcp:compute/network:Network", "gcp:compute/subnetwork:Subnetwork"),
        *("gcp:compute/routerNat:RouterNat", "gcp:compute/globalAddress:GlobalAddress"),
        *("gcp:servicenetworking/connection:Connection", CLUSTER, NODES),
    )
    assert missing(all_of(prod, keeps), stay=True) == []
    goes = (
        *("PersistentVolume", "PersistentVolumeClaim", "StorageClass"),
        *("ResourceQuota", "RoleBinding", "WorkloadIdentity", FOLDER_ROLE),
    )
    assert missing(all_of(prod, goes), stay=False) == []


def deleting(spec: Any) -> Any:
    """The same section with `onDelete: delete` of everything that can say it."""
    whole = copy.deepcopy(spec)
    for section in ("keys", "storage", "diskImages", "teams"):
        for entry in whole.get(section, {}).values():
            entry["onDelete"] = "delete"
    whole["cluster"]["create"]["onDelete"] = "delete"
    return whole


@pytest.mark.slow
def test_an_update_turns_off_the_guards_of_google_cloud(prod: Deployment) -> None:
    config = yaml.safe_load(EXAMPLE.read_text())["config"]
    free = deploy_stack({PLATFORM: deleting(config[PLATFORM])}, name="prod")
    for token, guard, on, off in (
        (CLUSTER, "deletionProtection", True, False),
        (FILESTORE, "deletionProtectionEnabled", True, False),
        (LUSTRE, "deletionPolicy", "PREVENT", "DELETE"),
        (BUCKET, "deletionPolicy", "PREVENT", "DELETE"),
    ):
        for made, expected in ((prod, on), (free, off)):
            found = [r.inputs[guard] for r in made.all(token)]
            assert found
            assert set(found) == {expected}
    assert all(r.inputs["forceDestroy"] is True for r in free.all(BUCKET))
    assert not [r for r in free.resources if r.protect]


ADOPTED = {
    "gcs": (BUCKET, {"versioning", "lifecycleRules", "labels", "storageClass"}),
    "filestore": (FILESTORE, {"tier", "networks", "kmsKeyName", "performanceConfig"}),
    "persistent-disk": (DISK, {"type", "zone", "image", "diskEncryptionKey"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADOPTED)
def test_what_is_adopted_keeps_what_is_not_stated(kind: str) -> None:
    token, left = ADOPTED[kind]
    (adopted,) = [r for r in PAGES.deployed("gcp").all(token) if r.import_id]
    assert adopted.protect
    assert left <= set(adopted.ignore_changes)


def test_every_rule_and_anchor_that_the_pages_name_is_there() -> None:
    PAGES.assert_rules_and_anchors(3)
