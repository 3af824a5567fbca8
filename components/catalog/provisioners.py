"""StorageClass parameters: what each driver takes, and what upstream recommends.

The tables are in `provisioner_tables.py`. A driver that is not in them takes
any parameters. Kubernetes itself looks at none of them, and some drivers ignore
what they do not know: a typo is seen only by what does not happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import groupby
from typing import Literal

from components.catalog.problem import Problem

SIDECAR = "csi.storage.k8s.io/"
"""What the keys begin with that the provisioner sidecar reads, not the driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of a driver's classes.

    Attributes:
        name: Its key.
        required: A volume cannot be made without it.
        unless: Another parameter that stands in for a required one.
        values: The values that it may have; empty for any.
        pattern: What a value must match as a whole; None for any.
        form: The pattern in words.
        any_case: Upper and lower case of its values are the same.
        meaning: Another parameter of which this is a second name.
    """

    name: str
    required: bool = False
    unless: str | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    form: str = ""
    any_case: bool = False
    meaning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two parameters whose values do not go together.

    Attributes:
        parameter: The one that is reported.
        pattern: Its values that do not go, whatever their case.
        other: The one that it meets.
        other_pattern: The values of that one.
        why: What the driver says of it.
    """

    parameter: str
    pattern: str
    other: str
    other_pattern: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """The parameters of a driver's StorageClasses.

    Attributes:
        name: Its name as a provisioner.
        parameters: All that are known.
        conflicts: Those that do not go together.
        any_case: Upper and lower case of the keys are the same.
        ignores_unknown: An unknown key is left out without a word, where other
            drivers refuse to make a volume.
        complete: Nothing is missing from `parameters`.
        words_in_options: Its mount options may have spaces in them.
        link: The page that lists the parameters.
        source: Where the row was read.
        as_of: The day it was read, ISO 8601.
        status: `confirmed` refuses, `unconfirmed` warns.
    """

    name: str
    parameters: tuple[Parameter, ...]
    conflicts: tuple[Conflict, ...] = ()
    any_case: bool
    ignores_unknown: bool
    complete: bool = True
    words_in_options: bool = False
    link: str
    source: str
    as_of: str = "2026-11-22"
    status: Literal["confirmed", "unconfirmed"] = "confirmed"

    def find(self, key: str) -> Parameter | None:
        """The parameter that the driver sees in `key`."""
        for parameter in self.parameters:
            same = parameter.name == key
            if same or (self.any_case and parameter.name.lower() == key.lower()):
                return parameter
        return None

    def stated(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """The values in `parameters` by the names the driver has for them."""
        found: dict[str, str] = {}
        for key, value in parameters.items():
            parameter = self.find(key)
            if parameter is not None:
                found[parameter.meaning or parameter.name] = value
        return found

    def problems(self, parameters: Mapping[str, str]) -> Iterator[Problem]:
        """What the driver would refuse or ignore in `parameters`."""
        names = [parameter.name for parameter in self.parameters]
        seen: dict[str, str] = {}
        meant: set[str] = set()
        for key, value in parameters.items():
            parameter = self.find(key)
            if parameter is None:
                problem = self._unknown(key, names)
                meant.add(str(problem.nearest))
                yield problem
                continue
            name = parameter.meaning or parameter.name
            if name in seen:
                yield self._problem(
                    "CLS04",
                    f"the same parameter as {seen[name]}: one of both is ignored",
                    key,
                )
                continue
            seen[name] = key
            yield from self._value(parameter, key, value)
        yield from self._conflicts(parameters, seen)
        for parameter in self.parameters:
            there = {parameter.name, parameter.unless} & (seen.keys() | meant)
            if parameter.required and not there:
                yield self._problem(
                    "CLS05",
                    f"{self.name} makes no volume without it",
                    parameter.name,
                )

    def _conflicts(
        self, parameters: Mapping[str, str], keys: Mapping[str, str]
    ) -> Iterator[Problem]:
        values = self.stated(parameters)
        for conflict in self.conflicts:
            pair = (
                (conflict.pattern, values.get(conflict.parameter, "")),
                (conflict.other_pattern, values.get(conflict.other, "")),
            )
            if all(re.fullmatch(p, v, re.IGNORECASE) for p, v in pair):
                key = keys[conflict.parameter]
                yield self._problem("CLS06", conflict.why, key, value=parameters[key])

    def _unknown(self, key: str, names: list[str]) -> Problem:
        by_lower = {name.lower(): name for name in names}
        close = get_close_matches(key.lower(), by_lower, n=1, cutoff=0.6)
        # A key that differs in case only is a mistake whatever else there is.
        sure = self.complete or key.lower() in by_lower
        if not sure:
            message = f"no such parameter of {self.name} is known here: an older "
            message += "driver ignores it"
        elif self.ignores_unknown:
            message = f"{self.name} has no such parameter, and ignores it in silence"
        else:
            message = f"{self.name} has no such parameter, and refuses it"
        own = [name for name in names if not name.startswith(SIDECAR)]
        return self._problem(
            "CLS04",
            message,
            key,
            allowed=tuple(_ranged(sorted(own))),
            nearest=by_lower[close[0]] if close else None,
            severity="error" if sure and self.status == "confirmed" else "warning",
        )

    def _value(self, parameter: Parameter, key: str, value: str) -> Iterator[Problem]:
        if parameter.required and not value:
            yield self._problem("CLS05", "required: it is empty", key, value=value)
        if not value:
            return
        by_lower = {v.lower(): v for v in parameter.values}
        fits = value in parameter.values or (
            parameter.any_case and value.lower() in by_lower
        )
        if parameter.values and not fits:
            close = get_close_matches(value.lower(), by_lower, n=1, cutoff=0.5)
            yield self._problem(
                "CLS06",
                f"{parameter.name} is one of {', '.join(parameter.values)}",
                key,
                value=value,
                allowed=parameter.values,
                nearest=by_lower[close[0]] if close else None,
            )
        if parameter.pattern is not None and not re.fullmatch(parameter.pattern, value):
            yield self._problem(
                "CLS06", f"{parameter.name} is {parameter.form}", key, value=value
            )

    def _problem(
        self,
        rule: str,
        message: str,
        key: str,
        *,
        value: object = None,
        allowed: tuple[object, ...] = (),
        nearest: object = None,
        severity: Literal["error", "warning"] | None = None,
    ) -> Problem:
        more = {} if value is None else {"value": value}
        return Problem(
            rule=rule,
            message=message,
            path=("parameters", key),
            allowed=allowed,
            nearest=nearest,
            link=self.link,
            severity=severity or ("error" if self.status == "confirmed" else "warning"),
            **more,
        )


def _ranged(names: Sequence[str]) -> Iterator[str]:
    """Names, with those that only count up (`tag_1`, `tag_2` …) as one."""
    for stem, found in groupby(names, lambda name: name.rstrip("0123456789")):
        counted = sorted(found, key=len)
        many = len(counted) > 1 and stem.endswith("_")
        yield from [f"{counted[0]} … {counted[-1]}"] if many else counted
