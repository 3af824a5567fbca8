"""A cloud's resources: checked, made, read, changed and deleted in the store."""

import copy
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.kubernetes_provider.values import (
    UNKNOWN,
    Secret,
    has_unknown,
    hide,
    plain,
)
from tests.cloud import dependents, diffing
from tests.cloud.inputs import DEFAULTS, Failure, failures
from tests.cloud.kind import CloudError, Kind, Making
from tests.cloud.naming import with_name
from tests.cloud.store import Store, Things

Values = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """What a provider resource settles for every resource under it.

    Attributes:
        account: The account that the resources are in, or their project.
        places: Where what says nothing of it itself is: its `region`, and what
            else the cloud has.
        tags: On every resource that takes tags (or labels), under its own.
        more: What else a cloud needs to know.
    """

    account: str
    places: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


class Cloud(Protocol):
    """One cloud: what it has, and what it lets in."""

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """Every type of resource that there is, by token."""
        ...

    def taker(self, token: str) -> type:
        """Return the SDK's class of a resource's inputs."""
        ...

    def config_failures(self, config: Values) -> Iterator[Failure]:
        """Yield what is wrong with a provider resource's inputs."""
        ...

    def setting(self, config: Values, account: str) -> Setting:
        """Return what the inputs settle.

        Raises:
            CloudError: Nothing may be done with these inputs in this account.
        """
        ...

    def limits(self, kind: Kind, inputs: Values) -> Iterator[Failure]:
        """Yield what the cloud's service model does not allow."""
        ...

    def given(self, kind: Kind, inputs: Values, tags: Mapping[str, str]) -> Values:
        """Return the inputs with what the provider puts into those of every resource.

        Args:
            kind: What the resource is.
            inputs: What the program says.
            tags: Those of the provider resource.
        """
        ...

    def places(self, kind: Kind, inputs: Values, setting: Setting) -> Mapping[str, str]:
        """Return where a resource is, by property; none of it changes in place."""
        ...

    def follows(
        self,
        kind: Kind,
        inputs: Values,
        state: Values,
        setting: Setting,
        *,
        reading: bool = False,
    ) -> Values:
        """Return the outputs that follow from the inputs, the place among them.

        Args:
            kind: What the resource is.
            inputs: How it is set up.
            state: The outputs so far; empty for a new one.
            setting: That of the provider resource.
            reading: Whether the thing is only read, not set up.
        """
        ...

    def found(self, kind: Kind, actual: Values, known: Values) -> Values:
        """Return what the provider takes for the inputs of a thing that it reads.

        Args:
            kind: What the resource is.
            actual: How the thing is set up.
            known: The inputs as the state has them; empty where it is imported.
        """
        ...

    def invoke(
        self, function: str, args: Values, setting: Setting, things: Things
    ) -> Values:
        """Return what a function answers.

        Raises:
            CloudError: There is no such function here, or no such thing.
        """
        ...


class CloudProvider:
    """The provider of one cloud, over the store that every process shares."""

    def __init__(self, cloud: Cloud, store: Store, account: str) -> None:
        self.cloud = cloud
        self.store = store
        self._account = account
        self._setting: Setting | None = None

    def configure(self, config: Values) -> None:
        self._setting = self.cloud.setting(plain(config), self._account)

    def invoke(self, token: str, args: Values) -> Values:
        return self.cloud.invoke(token, args, self._set, self.store.read())

    def check(
        self,
        token: str,
        new: Values,
        old: Values,
        *,
        name: str,
        seed: bytes,
        proposed: str,
    ) -> tuple[Values, list[Failure]]:
        """Return the inputs as they are kept, and what is refused in them."""
        return checked(
            self.cloud,
            self._set.tags,
            token,
            new,
            old,
            name=name,
            seed=seed,
            proposed=proposed,
        )

    def diff(
        self, token: str, old: Values, state: Values, new: Values, ignore: list[str]
    ) -> tuple[diffing.Diff, bool]:
        """Return the changes, and whether the old thing must go before the new."""
        kind = kind_of(self.cloud, token)
        found = diffing.compare(kind, old, state, new, ignore)
        was = plain(state)
        for key, place in self.cloud.places(kind, _given(new), self._set).items():
            # A place that nobody named is not known to have changed.
            if place and was.get(key) not in (None, place):
                found.changes[key] = "update"
                found.replaces.add(key)
        for key, value in self.cloud.follows(kind, _given(new), was, self._set).items():
            known = key in was and not has_unknown(value)
            if known and key not in new and was[key] != value:
                found.changes.setdefault(key, "update")
        chosen = kind.named in plain(new.get(DEFAULTS, []))
        same = kind.named is not None and old.get(kind.named) == new.get(kind.named)
        return found, bool(found.replaces) and same and not chosen

    def create(
        self, token: str, inputs: Values, *, preview: bool
    ) -> tuple[str, Values]:
        """Return the id and the state of a new thing.

        Raises:
            CloudError: The cloud refuses it.
        """
        kind, given = kind_of(self.cloud, token), _given(inputs)
        if preview:
            unknown = dict.fromkeys(kind.outputs, UNKNOWN)
            return "", hide(self._state(token, given, unknown, {}), inputs)
        with self.store.changing() as things:
            making = self._making(kind, given, things)
            dependents.check_refs(kind, given, things)
            if kind.unique and (text := dependents.taken(kind, given, things)):
                raise CloudError(text)
            id_ = kind.id(making)
            if id_ in things.get(token, {}) and kind.exists is not None:
                raise CloudError(kind.exists.format(id_))
            making = self._making(kind, given, things, id_, making.seed)
            made = {path: make(making) for path, make in kind.outputs.items()}
            outputs = self._state(token, given, made, {})
            added = {key: v for key, v in outputs.items() if v != given.get(key)}
            things.setdefault(token, {})[id_] = {"inputs": given, "outputs": added}
            for other, more in (kind.beside(making) if kind.beside else {}).items():
                things.setdefault(other, {}).update(more)
        return id_, hide(outputs, inputs)

    def read(
        self, token: str, id_: str, inputs: Values, state: Values
    ) -> tuple[Values, Values] | None:
        """Return the inputs and the state of a thing as it is, `None` if it is gone."""
        kind = kind_of(self.cloud, token)
        thing = self.store.get(token, id_)
        if thing is None:
            return None
        actual = thing["inputs"]
        made = thing["outputs"]
        outputs = self._state(token, actual, made, made, reading=True)
        known = plain(inputs)
        kept = self.cloud.found(kind, actual, known)
        if not inputs:
            return kept, outputs
        local = {k: v for k, v in known.items() if k in kept and k not in actual}
        local.pop(DEFAULTS, None)
        return hide(kept, inputs), hide({**outputs, **local}, state)

    def update(
        self, token: str, id_: str, new: Values, state: Values, *, preview: bool
    ) -> Values:
        """Return the state of a changed thing.

        Raises:
            CloudError: The thing is gone, or the cloud refuses the change.
        """
        kind, given = kind_of(self.cloud, token), _given(new)
        if preview:
            kept = {k: v for k, v in plain(state).items() if k in _tops(kind)}
            kept |= dict.fromkeys(kind.grows, UNKNOWN)
            return hide(self._state(token, given, kept, plain(state)), new)
        with self.store.changing() as things:
            thing = things.get(token, {}).get(id_)
            if thing is None:
                raise CloudError(kind.missing.format(id_))
            dependents.check_refs(kind, given, things)
            if kind.refuses and (text := kind.refuses(thing["inputs"], given)):
                raise CloudError(text)
            for key in kind.computed:
                if key in thing["inputs"]:
                    given.setdefault(key, thing["inputs"][key])
            for key in kind.grows:
                thing["outputs"][key] = int(thing["outputs"].get(key, 1)) + 1
            made, was = thing["outputs"], thing["inputs"]
            read = self.cloud.follows(kind, was, made, self._set, reading=True)
            outputs = self._state(token, given, made, {**made, **read, "id": id_})
            thing["inputs"] = given
            thing["outputs"] = {k: v for k, v in outputs.items() if v != given.get(k)}
        return hide(outputs, new)

    def delete(self, token: str, id_: str, state: Values) -> str | None:
        """Delete a thing; one that is gone is deleted.

        Returns:
            Why it is still there, if it is and that is worth a warning.

        Raises:
            CloudError: Something else needs it, or it keeps itself.
        """
        kind = kind_of(self.cloud, token)
        with self.store.changing() as things:
            thing = things.get(token, {}).get(id_)
            if thing is None:
                return None
            whole = {**plain(state), **thing, **thing["inputs"]}
            why = kind.keeps(whole, id_) if kind.keeps else None
            if why is None and kind.forgets:
                stays = kind.forgets(whole, id_)
                if stays is not None:
                    made = kind.leaves(whole, id_) if kind.leaves and stays else {}
                    for other, more in made.items():
                        things.setdefault(other, {}).update(more)
                    return stays or None
            why = why or dependents.held(self.cloud.kinds, token, id_, things)
            if why:
                raise CloudError(why)
            dependents.drop(self.cloud.kinds, token, id_, things)
            for other, more in (kind.leaves(whole, id_) if kind.leaves else {}).items():
                things.setdefault(other, {}).update(more)
        return None

    @property
    def _set(self) -> Setting:
        if self._setting is None:
            raise CloudError("the provider is not configured yet")
        return self._setting

    def _making(
        self, kind: Kind, inputs: Values, things: Things, id_: str = "", seed: str = ""
    ) -> Making:
        return Making(
            inputs=inputs,
            seed=seed or secrets.token_hex(16),
            account=self._set.account,
            places={
                **self._set.places,
                **self.cloud.places(kind, inputs, self._set),
            },
            things=things,
            id=id_,
        )

    def _state(
        self,
        token: str,
        inputs: Values,
        made: Mapping[str, Any],
        old: Values,
        *,
        reading: bool = False,
    ) -> Values:
        """Return what the cloud made over what was asked for."""
        kind = kind_of(self.cloud, token)
        state = copy.deepcopy(inputs)
        follows = self.cloud.follows(kind, inputs, old, self._set, reading=reading)
        state.update({k: v for k, v in follows.items() if k not in inputs})
        for path, value in made.items():
            if path not in follows:
                _place(state, path.split("."), value)
        return state


def kind_of(cloud: Cloud, token: str) -> Kind:
    """Return what a type is.

    Raises:
        CloudError: It is in no table.
    """
    kind = cloud.kinds.get(token)
    if kind is None:
        raise CloudError(
            f"the stand-in does not know {token}: it takes only what it checks "
            "against the cloud's own service model"
        )
    return kind


def checked(
    cloud: Cloud,
    tags: Mapping[str, str],
    token: str,
    new: Values,
    old: Values,
    *,
    name: str,
    seed: bytes,
    proposed: str,
) -> tuple[Values, list[Failure]]:
    """Return the inputs of a resource as they are kept, and what is refused in them.

    Args:
        cloud: The cloud that looks at them.
        tags: What is put on every resource that takes tags.
        token: The resource's type.
        new: The inputs asked for.
        old: Those of the resource as it stands; empty for a new one.
        name: The resource's name in the program.
        seed: What the digits of a name are made of.
        proposed: A name that the project's own naming rules ask for.

    Raises:
        CloudError: The type is in no table.
    """
    kind, taker = kind_of(cloud, token), cloud.taker(token)
    found = [*failures(taker, new)]
    inputs, refused = with_name(kind, new, old, name=name, seed=seed, proposed=proposed)
    found += refused
    inputs = cloud.given(kind, inputs, tags)
    for key in kind.documents:
        value = plain(inputs.get(key))
        if isinstance(value, dict) and not has_unknown(value):
            text = json.dumps(value)
            secret = isinstance(inputs[key], Secret)
            inputs[key] = Secret(text) if secret else text
        elif isinstance(value, str) and not _is_json(value):
            found.append(Failure(key, f"{key} contains an invalid JSON"))
    if not found:
        found += cloud.limits(kind, plain(inputs))
    return inputs, found


def _given(inputs: Values) -> Values:
    return {key: plain(value) for key, value in inputs.items() if key != DEFAULTS}


def _tops(kind: Kind) -> set[str]:
    return {path.partition(".")[0] for path in kind.outputs}


def _place(into: Values, path: list[str], value: Any) -> None:
    head, *rest = path
    if rest and isinstance(items := into.get(head), list):
        # An output in the items of a list.
        for item in items:
            _place(item, rest, copy.deepcopy(value))
        return
    if not rest:
        if head in into:
            into[head] = _filled(into[head], value)
        else:
            into.setdefault(head, value)
        return
    if not isinstance(into.get(head), dict):
        into[head] = {}
    _place(into[head], rest, value)


def _filled(asked: Any, made: Any) -> Any:
    """Return what was asked for, filled with what the cloud made."""
    if isinstance(asked, dict) and isinstance(made, dict):
        whole = {**made, **asked}
        return {
            key: _filled(value, made[key]) if key in asked and key in made else value
            for key, value in whole.items()
        }
    if isinstance(asked, list) and isinstance(made, list):
        pairs = zip(asked, made, strict=False)
        return [_filled(*pair) for pair in pairs] + asked[len(made) :]
    return asked


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
