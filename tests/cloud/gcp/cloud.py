"""Google Cloud behind the stand-in: its types, its provider's inputs, its functions."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pulumi_gcp

from sandbox.kubernetes_provider.values import UNKNOWN, Secret, has_unknown, plain
from tests.cloud import sdk
from tests.cloud.gcp import (
    buckets,
    clusters,
    discovery,
    disks,
    file_systems,
    identities,
    networks,
)
from tests.cloud.inputs import (
    DEFAULTS,
    Failure,
    choices,
    failures,
    properties,
    required,
)
from tests.cloud.kind import CloudError, Kind, at
from tests.cloud.provider import Setting, Values
from tests.cloud.store import Things

KINDS: Final = {
    kind.type_: kind
    for module in (networks, disks, file_systems, buckets, clusters, identities)
    for kind in module.KINDS
}
_PLACES: Final = ("project", "region", "zone", "location")
_ELSEWHERE: Final = {disks.SNAPSHOT: {"zone"}, file_systems.FILESTORE: {"zone"}}
_LABELS: Final = ("labels", "resourceLabels")
_POLICY: Final = "deletionPolicy"
_ATTRIBUTION: Final = {"goog-pulumi-provisioned": "true"}
_PROJECT: Final = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]+-[a-z]+\d+")
_ZONE: Final = re.compile(r"[a-z]+-[a-z]+\d+-[a-z0-9]+")
_LABEL: Final = re.compile(r"[\w-]{0,63}")


class Gcp:
    """The cloud that `CloudProvider` runs."""

    kinds = KINDS

    def taker(self, token: str) -> type:
        return taker(token)

    def config_failures(self, config: Values) -> Iterator[Failure]:
        """Yield what is wrong with a provider's inputs; `project` must be there."""
        config = {key: value for key, value in config.items() if key != "version"}
        yield from failures(pulumi_gcp.ProviderArgs, _opened(config))
        if config.get("project") is None:
            yield Failure("project", "project: required field is not set")
        for key, form in (("project", _PROJECT), ("region", _REGION), ("zone", _ZONE)):
            value = config.get(key)
            if isinstance(value, str) and not form.fullmatch(value):
                yield Failure(key, f"invalid {key}: {value}")

    def setting(self, config: Values, account: str) -> Setting:
        config = _opened(config)
        project = str(config.get("project") or account)
        places = {key: str(config.get(key, "")) for key in ("region", "zone")}
        marked = config.get("addPulumiAttributionLabel", True)
        return Setting(
            account=project,
            places={"project": project, **places},
            tags=config.get("defaultLabels", {}),
            more={
                _POLICY: config.get(_POLICY, "DELETE"),
                "mark": _ATTRIBUTION if marked else {},
            },
        )

    def limits(self, kind: Kind, inputs: Values) -> Iterator[Failure]:
        yield from discovery.limits(kind, inputs)
        for path, (holds, reason) in kind.checks.items():
            for value in at(inputs, path):
                if not has_unknown(value) and not holds(value):
                    yield Failure(path, f"{reason}, got {value!r}")
        if _POLICY in properties(taker(kind.type_)):
            policy, allowed = inputs.get(_POLICY), ["ABANDON", "DELETE", "PREVENT"]
            if isinstance(policy, str) and policy not in allowed:
                yield Failure(_POLICY, f"expected one of {allowed}, got {policy!r}")
        yield from _label_failures(kind, inputs)

    def given(self, kind: Kind, inputs: Values, tags: Mapping[str, str]) -> Values:
        """Return the inputs as they are: labels of the provider are outputs alone."""
        del kind, tags
        return inputs

    def places(self, kind: Kind, inputs: Values, setting: Setting) -> Mapping[str, str]:
        class_ = taker(kind.type_)
        known = properties(class_)
        optional = {*_PLACES} & {*known} - {*required(class_)}
        optional -= _ELSEWHERE.get(kind.type_, set())
        zone, region = setting.places["zone"], setting.places["region"]
        otherwise = {**setting.places, "location": inputs.get("zone") or zone or region}
        places = {key: inputs.get(key) or otherwise[key] for key in sorted(optional)}
        # Which place a pool is in, its cluster's full name says.
        found = re.search(r"/locations/([^/]+)/", str(inputs.get("cluster", "")))
        if "location" in places and "location" not in inputs and found:
            places["location"] = found[1]
        return {key: str(value) for key, value in places.items() if value != UNKNOWN}

    def follows(
        self,
        kind: Kind,
        inputs: Values,
        state: Values,
        setting: Setting,
        *,
        reading: bool = False,
    ) -> Values:
        known = properties(taker(kind.type_))
        made: Values = {**self.places(kind, inputs, setting)}
        if _POLICY in known:
            made[_POLICY] = setting.more[_POLICY]
        key = label_key(kind)
        own = (inputs.get(key) or {}) if key else {}
        if reading:
            # Labels are the provider's once an update has made them so.
            labels = {"pulumiLabels": {}, "effectiveLabels": own} if key else {}
            made |= labels
            return {**made, **{k: v for k, v in state.items() if k in made}}
        return made | (_labels(own, state, setting) if key else {})

    def found(self, kind: Kind, actual: Values, known: Values) -> Values:
        if not known:
            # The provider manages the labels that a program names, and no others.
            return {k: v for k, v in actual.items() if k != label_key(kind)}
        return {
            key: actual.get(key, value)
            for key, value in known.items()
            if key in actual or kind.members.get(key, "") is None or key == DEFAULTS
        }

    def invoke(
        self, function: str, args: Values, setting: Setting, things: Things
    ) -> Values:
        name = function.rpartition(":")[2]
        if function not in {
            "gcp:organizations/getProject:getProject",
            "gcp:organizations/getClientConfig:getClientConfig",
            "gcp:storage/getProjectServiceAccount:getProjectServiceAccount",
        }:
            raise CloudError(
                f"the stand-in has no function {function}: it answers getProject, "
                "getClientConfig and getProjectServiceAccount"
            )
        default = setting.places["project"]
        project = args.get("projectId") or args.get("project") or default
        number = identities.project_number(project, things)
        if name == "getProject":
            return {
                "id": f"projects/{project}",
                "projectId": project,
                "name": project,
                "number": number,
                **dict.fromkeys(("billingAccount", "folderId", "orgId"), ""),
                **{key: {} for key in ("effectiveLabels", "labels", "pulumiLabels")},
                "autoCreateNetwork": False,
                _POLICY: "PREVENT",
                "tags": {},
            }
        if name == "getClientConfig":
            return {
                "id": f"projects/{default}",
                "accessToken": Secret("stand-in"),
                "defaultLabels": {**setting.tags},
                **setting.places,
            }
        email = f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
        return {
            "id": email,
            "emailAddress": email,
            "member": f"serviceAccount:{email}",
            "project": project,
        }


@cache
def taker(token: str) -> type:
    """Return the class of a resource's inputs."""
    return sdk.taker(pulumi_gcp, token)


def label_key(kind: Kind) -> str | None:
    """Return the property that holds a resource's labels, `None` without one."""
    known = properties(taker(kind.type_))
    return next((key for key in _LABELS if key in known), None)


def _labels(own: Any, state: Values, setting: Setting) -> Values:
    """Return the outputs that labels become.

    The label that says who made a thing is put on new ones alone, and stays.
    """
    own = plain(own)
    if has_unknown(own):
        return {"pulumiLabels": UNKNOWN, "effectiveLabels": UNKNOWN}
    before = state.get("pulumiLabels") or {}
    there = state.get("effectiveLabels") or {}
    mark: Mapping[str, str] = setting.more["mark"]
    if state and not {*mark} <= {*there}:
        mark = {}
    ours = {**setting.tags, **mark, **own}
    others = {key: value for key, value in there.items() if key not in before}
    return {"pulumiLabels": ours, "effectiveLabels": {**others, **ours}}


def _label_failures(kind: Kind, inputs: Values) -> Iterator[Failure]:
    key = label_key(kind)
    labels = inputs.get(key) if key else None
    for name, value in labels.items() if isinstance(labels, dict) else ():
        texts = [name, value] if isinstance(value, str) else [name]
        if any(not _LABEL.fullmatch(text) or text != text.lower() for text in texts):
            yield Failure(
                f"{key}.{name}",
                "labels have lowercase letters, digits, dashes and underscores, at "
                f"most 63, got {value!r}",
            )


def _opened(config: Values) -> Values:
    """Return a provider's inputs as values: the SDK sends objects as JSON texts."""
    known = properties(pulumi_gcp.ProviderArgs)
    opened = dict(config)
    for key, value in config.items():
        text = isinstance(value, str) and value is not UNKNOWN
        if text and key in known and str not in _types(key):
            with contextlib.suppress(ValueError):
                opened[key] = json.loads(value)
    return opened


def _types(key: str) -> list[Any]:
    """Return the plain types that an input of the provider resource takes."""
    return choices(properties(pulumi_gcp.ProviderArgs)[key])
