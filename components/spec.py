"""`Spec`: what the YAML of one thing may say, with every mistake reported.

A Spec is a frozen pydantic model of plain YAML values. It says what is wrong
with itself in `problems()`; building one raises a `pydantic.ValidationError`
with all of it at once, each mistake at its own path.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Self, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

from components.catalog import (
    images,
    labels,
    mount_options,
    names,
    other_words,
    paths,
    quantity,
)
from components.catalog.problem import UNSET, Problem

_KNOWN_ERRORS = frozenset(get_args(ErrorType))


_LIKE_A_KEY = 0.6
"""How much of a word is one of the keys that there are: `sidecars` is not `secrets`."""


def closest(word: str, words: Iterable[str], *, least: float = 0.5) -> str | None:
    """The word that `word` was probably meant to be, or None.

    Args:
        word: What stands there.
        words: What could stand there.
        least: How much of it must be the same, from 0 to 1; default 0.5.
    """
    candidates = list(words)
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=least)
    return by_lower[found[0]] if found else None


def as_error(problem: Problem) -> PydanticCustomError:
    """A problem as pydantic carries it; `stacks` takes it out again."""
    return PydanticCustomError(
        "problem",
        "{message}{hint}",
        {
            "message": problem.message,
            "hint": "" if problem.nearest is None else f" (nearest: {problem.nearest})",
            "problem": problem,
        },
    )


class Spec(BaseModel):
    """The base of every Spec: frozen, strict, camelCase in YAML, no extras."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        protected_namespaces=(),
    )

    def problems(self) -> Iterator[Problem]:
        """Everything wrong with this Spec that its fields alone can show.

        Errors refuse the Spec; warnings are printed by whoever loads it.
        """
        return iter(())

    @model_validator(mode="wrap")
    @classmethod
    def _collect(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            spec = handler(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            raise ValidationError.from_exception_data(
                cls.__name__, [_line(_suggest(cls, e)) for e in errors]
            ) from None
        wrong = [p for p in spec.problems() if p.severity == "error"]
        if wrong:
            raise ValidationError.from_exception_data(
                cls.__name__,
                [
                    InitErrorDetails(
                        type=as_error(problem),
                        loc=problem.path,
                        input=None if problem.value is UNSET else problem.value,
                    )
                    for problem in wrong
                ],
            )
        return spec


def yaml_keys(model: type[BaseModel]) -> list[str]:
    """The keys that the YAML of `model` may have."""
    return [str(f.validation_alias or n) for n, f in model.model_fields.items()]


def _suggest(cls: type[BaseModel], error: ErrorDetails) -> ErrorDetails:
    """An unknown key of this very model gets the key that was meant."""
    if error["type"] != "extra_forbidden" or len(error["loc"]) != 1:
        return error
    keys = sorted(yaml_keys(cls))
    word = str(error["loc"][0])
    problem = Problem(
        rule="CFG01",
        message="unknown key",
        path=(word,),
        value=error["input"],
        allowed=tuple(keys),
        nearest=other_words.own_key(word, keys)
        or closest(word, keys, least=_LIKE_A_KEY),
    )
    return ErrorDetails(
        type="problem",
        loc=error["loc"],
        msg=problem.message,
        input=error["input"],
        ctx={"problem": problem},
    )


def _line(error: ErrorDetails) -> InitErrorDetails:
    """An error as read from one ValidationError, to be raised in the next."""
    kind = error["type"]
    context = error.get("ctx", {})
    if kind == "problem":
        return InitErrorDetails(
            type=as_error(context["problem"]), loc=error["loc"], input=error["input"]
        )
    if kind not in _KNOWN_ERRORS:
        kind = PydanticCustomError(kind, error["msg"].replace("{", "{{"), context)  # pyright: ignore[reportArgumentType]: pydantic wants a literal template, and the text is final here
    return InitErrorDetails(
        type=kind, loc=error["loc"], input=error["input"], ctx=context
    )


def _checked(check: Callable[[str], Problem | None]) -> AfterValidator:
    def validate(value: str) -> str:
        problem = check(value)
        if problem is not None:
            raise as_error(problem)
        return value

    return AfterValidator(validate)


def _quantity(*, what: str, example: str, number: bool = False) -> BeforeValidator:
    """Texts that are quantities; bare numbers only where they need no unit."""

    def validate(value: Any) -> str:
        problem = Problem(
            rule="QTY01",
            message=f"{what} is a Kubernetes quantity such as {example}",
            value=value,
            link=quantity.LINK,
        )
        if number and isinstance(value, int | float) and not isinstance(value, bool):
            value = format(Decimal(str(value)), "f")
        if not isinstance(value, str):
            is_number = isinstance(value, int) and not isinstance(value, bool)
            raise as_error(
                Problem(
                    rule="QTY01",
                    message=f"{problem.message}: say the unit",
                    value=cast("object", value),
                    nearest=f"{value}Gi" if is_number else None,
                    link=quantity.LINK,
                )
            )
        try:
            size = quantity.parse(value)
        except ValueError:
            raise as_error(
                Problem(
                    rule="QTY01",
                    message=problem.message,
                    value=value,
                    nearest=quantity.nearest(value),
                    link=quantity.LINK,
                )
            ) from None
        if not number and 0 < size < 1:
            # `100m` is a tenth of a byte; nobody means that.
            raise as_error(
                Problem(
                    rule="QTY02",
                    message=f"{what} is at least one byte: m is a thousandth",
                    value=value,
                    nearest=value.replace("m", "M"),
                    link=quantity.LINK,
                )
            )
        if size > quantity.LARGEST:
            # Kubernetes cuts it off without a word, and then counts wrong.
            raise as_error(
                Problem(
                    rule="QTY03",
                    message=f"{what} is less than 8Ei: Kubernetes counts no further",
                    value=value,
                    nearest="7Ei" if not number else None,
                    link=quantity.LINK,
                )
            )
        if size <= 0:
            raise as_error(
                Problem(
                    rule="QTY02",
                    message=f"{what} is more than nothing",
                    value=value,
                    link=quantity.LINK,
                )
            )
        return value

    return BeforeValidator(validate)


def _text(value: Any) -> Any:
    """Texts; for what YAML takes for something else, how to quote it."""
    if isinstance(value, bool | int | float):
        quoted = str(value).lower() if isinstance(value, bool) else str(value)
        raise as_error(
            Problem(
                rule="CFG03",
                message="a text is wanted here: quote it",
                value=value,
                nearest=f'"{quoted}"',
            )
        )
    return value


Name = Annotated[str, _checked(names.label)]
"""A DNS label: the name of a volume, a job, a team, a pool."""

ObjectName = Annotated[str, _checked(names.subdomain)]
"""A DNS subdomain: the name of a StorageClass or a PersistentVolume."""

HostDirectory = Annotated[str, _checked(paths.host_directory)]
"""An absolute directory of a node that does not belong to its system."""

ExportedDirectory = Annotated[str, _checked(paths.exported_directory)]
"""An absolute directory of a file server."""

MountPath = Annotated[str, _checked(paths.mount_path)]
"""An absolute directory in a container."""

SubPath = Annotated[str, _checked(paths.relative_directory)]
"""A relative directory inside a volume."""

EnvironmentVariable = Annotated[str, _checked(names.environment_variable)]

LabelKey = Annotated[str, _checked(labels.key)]
"""The key of a label or a taint, with its prefix where it has one."""

LabelValue = Annotated[str, _checked(labels.value)]
"""The value of a label or a taint; it may be empty."""

Image = Annotated[str, Field(min_length=1), _checked(images.reference)]
"""The reference of a container image."""

MountOption = Annotated[str, _checked(mount_options.option)]
"""One option of a kernel's mount, such as `nfsvers=4.1`."""

DriverMountOption = Annotated[str, _checked(mount_options.argument)]
"""One option of a driver's mount; some drivers take words apart by spaces."""

Text = Annotated[str, BeforeValidator(_text)]
"""A text; a bare number or boolean is told how to be one."""

Size = Annotated[str, _quantity(what="a size", example="1200Gi")]
"""Bytes, as a Kubernetes quantity with its unit."""

Cores = Annotated[str, _quantity(what="CPU", example="500m or 2", number=True)]
"""CPU cores, as a Kubernetes quantity; a bare number is cores."""


def _age(value: Any) -> Any:
    """Texts; a bare number is told its unit."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise as_error(
            Problem(
                rule="CFG03",
                message="an age says its unit, in days",
                value=value,
                nearest=f"{value}d",
            )
        )
    return value


Age = Annotated[str, BeforeValidator(_age)]
"""Whole days, such as `30d`."""

LARGEST_COUNT = 2**31 - 1
"""The largest number of most of the API server's fields, which have 32 bits."""

Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
