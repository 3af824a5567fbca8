"""AWS behind the stand-in: its types, its provider's inputs, its functions."""

import contextlib
import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pulumi_aws
from botocore.loaders import Loader
from botocore.regions import EndpointResolver

from sandbox.kubernetes_provider.values import UNKNOWN, Secret, has_unknown, plain
from tests.cloud import sdk
from tests.cloud.aws import (
    buckets,
    clusters,
    file_systems,
    identities,
    launch_templates,
    networks,
    service_models,
)
from tests.cloud.inputs import DEFAULTS, Failure, failures, properties
from tests.cloud.kind import CloudError, Kind, at
from tests.cloud.provider import Setting, Values
from tests.cloud.store import Things

KINDS: Final = {
    kind.type_: kind
    for module in (
        *(file_systems, buckets, clusters, networks, launch_templates),
        identities,
    )
    for kind in module.KINDS
}
_TAGS: Final = "tags"
_ALL_TAGS: Final = "tagsAll"
_REGION: Final = "region"
_CLUSTER: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}")


class Aws:
    """The cloud that `CloudProvider` runs."""

    kinds = KINDS

    def taker(self, token: str) -> type:
        return taker(token)

    def config_failures(self, config: Values) -> Iterator[Failure]:
        """Yield what is wrong with a provider's inputs; `region` must be there."""
        config = {key: value for key, value in config.items() if key != "version"}
        yield from failures(pulumi_aws.ProviderArgs, _opened(config))
        region = config.get("region")
        if region is None:
            yield Failure("region", "missing region configuration: set `aws:region`")
        elif region is not UNKNOWN and region not in _regions():
            near = difflib.get_close_matches(region, _regions(), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Failure("region", f"invalid AWS Region: {region}{hint}")

    def setting(self, config: Values, account: str) -> Setting:
        config = _opened(config)
        allowed = config.get("allowedAccountIds")
        if (allowed and account not in allowed) or account in config.get(
            "forbiddenAccountIds", []
        ):
            raise CloudError(f"AWS account ID not allowed: {account}")
        tags = config.get("defaultTags", {}).get("tags", {})
        places = {_REGION: str(config["region"])}
        return Setting(account=account, places=places, tags=tags)

    def limits(self, kind: Kind, inputs: Values) -> Iterator[Failure]:
        yield from service_models.limits(kind, inputs)
        for path, (holds, reason) in kind.checks.items():
            for value in at(inputs, path):
                if not has_unknown(value) and not holds(value):
                    yield Failure(path, f"{reason}, got {value!r}")

    def given(self, kind: Kind, inputs: Values, tags: Mapping[str, str]) -> Values:
        own = plain(inputs.get(_TAGS, {}))
        if _TAGS not in properties(taker(kind.type_)) or not isinstance(own, dict):
            return inputs
        if not (tags or own):
            return inputs
        whole = {**tags, **own}
        secret = isinstance(inputs.get(_TAGS), Secret)
        return {**inputs, _TAGS: Secret(whole) if secret else whole}

    def places(self, kind: Kind, inputs: Values, setting: Setting) -> Mapping[str, str]:
        if _REGION not in properties(taker(kind.type_)):
            return {}
        return {_REGION: inputs.get(_REGION) or setting.places[_REGION]}

    def follows(
        self,
        kind: Kind,
        inputs: Values,
        state: Values,
        setting: Setting,
        *,
        reading: bool = False,
    ) -> Values:
        del state, reading
        made: Values = {**self.places(kind, inputs, setting)}
        if _TAGS in properties(taker(kind.type_)):
            made[_ALL_TAGS] = inputs.get(_TAGS, {})
        return made

    def found(self, kind: Kind, actual: Values, known: Values) -> Values:
        if not known:
            return actual
        kept = {
            key: actual.get(key, value)
            for key, value in known.items()
            if key in actual or kind.members.get(key, "") is None or key == DEFAULTS
        }
        if _TAGS in actual:
            kept[_TAGS] = actual[_TAGS]
        return kept

    def invoke(
        self, function: str, args: Values, setting: Setting, things: Things
    ) -> Values:
        if function == "aws:index/getCallerIdentity:getCallerIdentity":
            return {
                "accountId": setting.account,
                "arn": f"arn:aws:iam::{setting.account}:user/stand-in",
                "id": setting.account,
                "userId": "AIDACKCEVSQ6C2EXAMPLE",
            }
        if function == "aws:eks/getCluster:getCluster":
            return _cluster(str(args["name"]), things)
        raise CloudError(
            f"the stand-in has no function {function}: it answers getCallerIdentity "
            "and eks.getCluster"
        )


@cache
def taker(token: str) -> type:
    """Return the class of a resource's inputs."""
    return sdk.taker(pulumi_aws, token)


@cache
def _regions() -> list[str]:
    endpoints = EndpointResolver(Loader().load_data("endpoints"))
    return endpoints.get_available_endpoints("ec2")


def _opened(config: Values) -> Values:
    """Return a provider's inputs as values: the SDK sends objects as JSON texts."""
    known = properties(pulumi_aws.ProviderArgs)
    opened = dict(config)
    for key, value in config.items():
        text = isinstance(value, str) and value is not UNKNOWN
        if text and key in known and known[key] is not str:
            with contextlib.suppress(ValueError):
                opened[key] = json.loads(value)
    return opened


def _cluster(name: str, things: Things) -> Values:
    """Return what `aws.eks.get_cluster` answers of a cluster."""
    thing = things.get(clusters.CLUSTER, {}).get(name)
    if not _CLUSTER.fullmatch(name) or thing is None:
        raise CloudError(
            f"reading EKS Cluster ({name}): couldn't find resource: "
            "ResourceNotFoundException: No cluster found for name"
        )
    whole: dict[str, Any] = {**thing["inputs"], **thing["outputs"]}
    network = {**thing["inputs"].get("vpcConfig", {}), **whole.get("vpcConfig", {})}
    return {
        **{
            key: whole.get(key, "")
            for key in ("arn", "endpoint", "platformVersion", "roleArn", "status")
        },
        "certificateAuthorities": [whole.get("certificateAuthority", {"data": ""})],
        "clusterId": "",
        "deletionProtection": whole.get("deletionProtection", False),
        "id": name,
        "identities": whole.get("identities", []),
        "name": name,
        "region": whole.get("region", ""),
        "tags": whole.get("tags", {}),
        "version": whole.get("version", ""),
        "vpcConfig": network,
        "accessConfigs": [whole["accessConfig"]] if "accessConfig" in whole else [],
    }
