"""A Secret for programs that move data, made of the stack's encrypted values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.secret_in_pod import SecretInPod
from components.kubernetes.secret_spec import Secret


@dataclass(frozen=True, kw_only=True)
class TransferSecretArgs:
    """What a TransferSecret is made from.

    Attributes:
        spec: The secret, by the names of its configuration keys.
        namespace: Where it lies.
        values: The value of each of these keys, as
            `pulumi.Config.require_secret` gives it.
    """

    spec: Secret
    namespace: pulumi.Input[str]
    values: Mapping[str, pulumi.Output[str]]


class TransferSecret(SecretInPod, pulumi.ComponentResource):
    """A Secret under a fixed name. A pod gets it by `with_secrets`.

    It is not immutable: a rotated value is written into the Secret that is
    there. Files in running pods follow within minutes, environment variables
    with the next pod; no job is started again or held back for it.

    Attributes:
        secret_name: Name of the Secret.
    """

    def __init__(
        self,
        name: str,
        args: TransferSecretArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the Secret called `name`.

        Args:
            name: The name of the Secret.
            args: What to make.
            opts: Must carry the provider of the cluster.

        Raises:
            ValueError: The value of a key is missing.
        """
        super().__init__("ml-storage:index:TransferSecret", name, None, opts)
        self.spec = spec = args.spec
        self.secret_name = name
        keys = {key for _, key in spec.config_keys()}
        missing = sorted(keys - args.values.keys())
        if missing:
            raise ValueError(f"no value of the configuration keys {missing}")
        values = pulumi.Output.all(**{key: args.values[key] for key in sorted(keys)})
        data = values.apply(lambda given: _encoded(spec.content(name, given)))
        k8s.core.v1.Secret(
            f"{name}-secret",
            metadata={"name": name, "namespace": args.namespace},
            type="Opaque",
            # Not `stringData`: the API server does not give that back, so that
            # neither drift nor an entry that has gone would be seen.
            # A secret whatever the caller's outputs are: the state has none of it
            # in plain text.
            data=pulumi.Output.secret(data),
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.register_outputs({"secretName": name})


def _encoded(content: Mapping[str, str]) -> dict[str, str]:
    return {
        entry: base64.b64encode(text.encode()).decode()
        for entry, text in content.items()
    }
