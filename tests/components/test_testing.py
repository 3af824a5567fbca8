"""The harness refuses what a real engine or API server would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.testing import RefusedError, deploy, stack_config


def provider() -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(provider=k8s.Provider("cluster", context="here"))


def config_map(name: str, opts: pulumi.ResourceOptions, **more: Any) -> None:
    k8s.core.v1.ConfigMap(name, metadata={"name": name}, opts=opts, **more)


class Component(pulumi.ComponentResource):
    def __init__(self, name: str, *, finish: bool) -> None:
        super().__init__("test:index:Component", name)
        if finish:
            self.register_outputs({})


def twice() -> None:
    opts = provider()
    config_map("a", opts)
    config_map("a", opts)


def unknown_field() -> None:
    spec: Any = {"b": 1}
    k8s.core.v1.Namespace("a", metadata={"name": "a"}, spec=spec, opts=provider())


def wrong_type() -> None:
    config_map("a", provider(), data={"a": 1})


def no_provider() -> None:
    config_map("a", pulumi.ResourceOptions())


def unfinished() -> None:
    Component("a", finish=False)


def calls_a_cloud() -> None:
    pulumi.runtime.invoke("aws:index/getRegion:getRegion", {})


@pytest.mark.parametrize(
    ("program", "words"),
    [
        (twice, "a second resource of this URN"),
        (no_provider, "no explicit provider"),
        (unfinished, "outputs never registered"),
        (unknown_field, "'b' was unexpected"),
        (wrong_type, "data.a: 1 is not of type"),
    ],
)
def test_refused(program: Callable[[], None], words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        deploy(program)


def test_no_cloud_is_asked() -> None:
    with pytest.raises(Exception, match="no cloud is asked here"):
        deploy(calls_a_cloud)


def test_everything_that_is_refused_is_said_at_once() -> None:
    def program() -> None:
        twice()
        unfinished()

    with pytest.raises(RefusedError) as refused:
        deploy(program)
    assert len(str(refused.value).splitlines()) == 2


def test_the_errors_of_the_program_come_through() -> None:
    def program() -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        deploy(program)


@pytest.mark.parametrize("preview", [False, True])
def test_an_error_inside_an_output_comes_through(preview: bool) -> None:
    def program() -> dict[str, Any]:
        def fail(_: Any) -> None:
            raise LookupError("mine")

        return {"a": pulumi.Output.from_input("known").apply(fail)}

    with pytest.raises(Exception, match="mine"):
        deploy(program, preview=preview)


@pytest.mark.parametrize("finish", [True, False])
def test_one_run_leaves_nothing_to_the_next(finish: bool) -> None:
    for _ in range(2):
        if finish:
            deployed = deploy(lambda: Component("a", finish=True))
            assert [r.name for r in deployed.resources] == ["a"]
        else:
            with pytest.raises(RefusedError):
                deploy(unfinished)


def test_what_is_recorded() -> None:
    def program() -> dict[str, Any]:
        opts = provider()
        first = k8s.core.v1.ConfigMap("first", data={"a": "b"}, opts=opts)
        opts = pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                protect=True, depends_on=[first], retain_on_delete=True, import_="x/y"
            ),
        )
        config_map("second", opts)
        pulumi.log.warn("careful")
        return {"name": first.metadata["name"], "number": 1}

    deployed = deploy(program, stack="prod")
    first = deployed.one("kubernetes:core/v1:ConfigMap", "first")
    second = deployed.one("ConfigMap", "second")
    assert first.urn.startswith("urn:pulumi:prod::ml-storage::")
    assert first.urn.endswith("kubernetes:core/v1:ConfigMap::first")
    assert first.inputs["data"] == {"a": "b"}
    assert first.urn in second.depends_on
    assert (second.protect, second.retain_on_delete) == (True, True)
    assert second.import_id == "x/y"
    assert not (first.protect)
    assert not (first.retain_on_delete)
    assert not (first.import_id)
    assert deployed.outputs == {"name": "first-0a1b2c3d", "number": 1}
    assert ("warning", "careful") in deployed.messages


def test_one_says_what_there_is() -> None:
    deployed = deploy(lambda: Component("a", finish=True))
    with pytest.raises(LookupError, match="0 of Job  among: test:index:Component a"):
        deployed.one("Job")


@pytest.mark.parametrize("preview", [False, True])
def test_outputs_of_the_cloud_are_unknown_in_a_preview(preview: bool) -> None:
    seen: list[Any] = []

    def program() -> None:
        made = k8s.core.v1.ConfigMap("a", opts=provider())
        made.metadata["name"].apply(seen.append)
        made.immutable.apply(seen.append)

    deploy(
        program,
        preview=preview,
        outputs=lambda r: {} if preview else {"immutable": True},
    )
    assert set(seen) == ({"a-0a1b2c3d"} if preview else {"a-0a1b2c3d", True})


def test_configuration_as_pulumi_hands_it_over() -> None:
    config = stack_config(team={"name": "dev"})

    def program() -> dict[str, Any]:
        return {"team": pulumi.Config("ml-storage").require_object("team")}

    assert deploy(program, config=config).outputs == {"team": {"name": "dev"}}
    assert deploy(lambda: pulumi.Config("ml-storage").get("team")).outputs == {}


@pytest.mark.parametrize("preview", [False, True])
def test_what_is_secret_is_seen(preview: bool) -> None:
    def program() -> dict[str, Any]:
        config = pulumi.Config("ml-storage")
        token = config.require_secret("token")
        k8s.core.v1.Secret(
            "s",
            metadata={"name": "s", "annotations": {"a": "b"}},
            string_data={"token": token, "plain": "text"},
            opts=pulumi.ResourceOptions.merge(
                provider(),
                pulumi.ResourceOptions(additional_secret_outputs=["data"]),
            ),
        )
        return {"token": token, "deep": {"token": token}, "plain": 1}

    deployed = deploy(program, secrets={"ml-storage:token": "abc"}, preview=preview)
    made = deployed.one("Secret")
    # Its schema is checked, secret as it is. The SDK makes the whole of a property
    # secret when any of it is.
    assert made.inputs["stringData"] == {"token": "abc", "plain": "text"}
    assert made.secrets == ("stringData",)
    assert "data" in made.secret_outputs
    assert deployed.outputs["token"] == "abc"  # noqa: S105, a value of this test
    assert deployed.secret_outputs == ("deep.token", "token")


def test_what_a_preview_does_not_know() -> None:
    def program() -> None:
        opts = provider()
        made = k8s.core.v1.ConfigMap("a", opts=opts)
        uid = made.id
        config_map("b", opts, data={"known": "c", "unknown": uid})

    deployed = deploy(program, preview=True)
    second = deployed.one("ConfigMap", "b")
    assert second.inputs["data"] == {"known": "c"}
    assert second.unknown == ("data.unknown",)
    assert deployed.one("ConfigMap", "a").unknown == ()


def test_what_is_known_is_checked_in_a_preview() -> None:
    with pytest.raises(RefusedError, match="'b' was unexpected"):
        deploy(unknown_field, preview=True)


def test_aliases_are_urns() -> None:
    def program() -> None:
        alias = pulumi.Alias(name="old")
        config_map(
            "new",
            pulumi.ResourceOptions.merge(
                provider(), pulumi.ResourceOptions(aliases=[alias, "urn:pulumi:a::b"])
            ),
        )

    made = deploy(program).one("ConfigMap")
    assert made.aliases == (made.urn.removesuffix("new") + "old", "urn:pulumi:a::b")


def test_an_asynchronous_program() -> None:
    async def program() -> dict[str, Any]:
        Component("a", finish=True)
        return {"a": 1}

    deployed = deploy(program)
    assert deployed.outputs == {"a": 1}
    assert deployed.one("Component", "a")


def test_a_program_that_is_handed_to_pulumi_run() -> None:
    async def later() -> dict[str, Any]:
        Component("later", finish=True)
        return {"a": 1}

    deployed = deploy(lambda: pulumi.run(later))
    assert deployed.outputs == {"a": 1}
    assert deployed.one("Component", "later")


@pytest.mark.parametrize("preview", [False, True])
def test_the_outputs_of_another_stack(preview: bool) -> None:
    name = "organization/ml-storage/prod"

    async def program() -> dict[str, Any]:
        reference = pulumi.StackReference(name)
        details = await reference.get_output_details("contract")
        missing = await reference.get_output_details("other")
        return {"version": details.value["version"], "other": missing.value}

    deployed = deploy(
        program, stacks={name: {"contract": {"version": 1}}}, preview=preview
    )
    assert deployed.outputs == {"version": 1}
    with pytest.raises(Exception, match=f"unknown stack '{name}'"):
        deploy(program, preview=preview)


def test_what_is_looked_up_has_its_own_name() -> None:
    def program() -> None:
        found = k8s.core.v1.PersistentVolumeClaim.get(
            "looked-up",
            "dev/theirs",
            opts=pulumi.ResourceOptions(provider=k8s.Provider("k", context="here")),
        )
        pulumi.export("name", found.metadata.name)
        pulumi.export("volume", found.spec.volume_name)

    # What is not there is left out of the outputs.
    assert deploy(program).outputs == {"name": "theirs"}


def test_children_and_manifests() -> None:
    class Pair(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("test:index:Pair", "pair")
            self.opts = pulumi.ResourceOptions.merge(
                provider(), pulumi.ResourceOptions(parent=self)
            )
            config_map("a", self.opts)
            self.register_outputs({})

    deployed = deploy(Pair)
    assert [r.name for r in deployed.children_of(deployed.one("Pair"))] == ["a"]
    assert deployed.manifest("ConfigMap", "a")["metadata"] == {"name": "a"}
    assert str(deployed.one("ConfigMap")) == "kubernetes:core/v1:ConfigMap a"
    with pytest.raises(LookupError, match="0 of ConfigMap b among"):
        deployed.manifest("ConfigMap", "b")
