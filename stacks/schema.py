"""The JSON schema of a stack's file, for editors, made from the models.

It is draft 7, which every editor's language server reads. What takes more than
one value to see is left to `ml-storage check`.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from components import spec
from components.catalog import names
from stacks.config import NAMESPACE, SECTIONS, StackConfig

Schema = dict[str, Any]

FILE = "schema/ml-storage.schema.json"
"""Where the schema lies in the checkout."""

_NUMBER = r"[+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_SUFFIX = r"([eE][+-]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?"
_QUANTITY: Schema = {
    "title": "quantity",
    "type": "string",
    "pattern": f"^{_NUMBER}{_SUFFIX}$",
}
_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def _validator(alias: Any) -> object:
    """The function that a field type of `components.spec` checks with."""
    return alias.__metadata__[0].func


# What a field type's function asks for, as far as a schema can say it.
_TYPES: dict[object, Schema] = {
    _validator(spec.Size): _QUANTITY,
    _validator(spec.Cores): {
        "title": "quantity or number",
        "anyOf": [_QUANTITY, {"type": "number", "exclusiveMinimum": 0}],
    },
    _validator(spec.Name): {
        "title": "name",
        "type": "string",
        "pattern": f"^{_LABEL}$",
        "maxLength": names.LABEL_LENGTH,
    },
    _validator(spec.ObjectName): {
        "title": "DNS name",
        "type": "string",
        "pattern": rf"^{_LABEL}(\.{_LABEL})*$",
        "maxLength": names.SUBDOMAIN_LENGTH,
    },
}


class _Generator(GenerateJsonSchema):
    """pydantic's generator with the words of this project's field types."""

    def generate(
        self, schema: core_schema.CoreSchema, mode: JsonSchemaMode = "validation"
    ) -> JsonSchemaValue:
        """The schema in the keywords of draft 7."""
        whole = super().generate(schema, mode)
        return {"definitions": whole.pop("$defs", {}), **whole}

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """A field type, or a mapping for which a text may stand."""
        function = schema["function"]["function"]
        known = _TYPES.get(function)
        if known is not None:
            return dict(known)
        inner = super().function_before_schema(schema)
        if schema["function"]["type"] == "no-info" and _takes_a_text(function):
            return {"anyOf": [{"type": "string"}, inner]}
        return inner

    def function_after_schema(
        self, schema: core_schema.AfterValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """A field type, or what it is made of."""
        known = _TYPES.get(schema["function"]["function"])
        return dict(known) if known else super().function_after_schema(schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A mapping whose every key has the pattern, not only those that match."""
        made = super().dict_schema(schema)
        patterns = made.pop("patternProperties", None)
        if patterns is not None:
            ((pattern, values),) = patterns.items()
            made["additionalProperties"] = values
            made["propertyNames"] = {
                **made.get("propertyNames", {}),
                "pattern": pattern,
            }
        return made

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        """The default, also where a function makes it."""
        factory = schema.get("default_factory")
        if factory is not None and not schema.get("default_factory_takes_data"):
            return cast("Callable[[], Any]", factory)()
        return super().get_default_value(schema)


def _takes_a_text(function: Any) -> bool:
    """Whether a validator makes a mapping of a text: `/data: imagenet`."""
    try:
        return isinstance(function("text"), Mapping)
    except ValueError:
        return False


def definitions() -> dict[str, Schema]:
    """The schema of every model that a stack is made of, by the model's name."""
    models: dict[str, Schema] = _whole()["definitions"]
    classes = {model.__name__: model for model in _models(spec.Spec)}
    for name, model in models.items():
        _describe(model, classes[name])
    return {name: _tidy(model) for name, model in sorted(models.items())}


def _whole() -> Schema:
    return StackConfig.model_json_schema(
        schema_generator=_Generator, ref_template="#/definitions/{model}"
    )


def _describe(model: Schema, made_from: type[spec.Spec]) -> None:
    """Give each field of a model's schema the words that stand below it."""
    for field, text in _docstrings(made_from).items():
        key = str(made_from.model_fields[field].validation_alias or field)
        described = model["properties"][key]
        described.pop("description", None)
        model["properties"][key] = {"description": text, **described}


def _models(model: type[spec.Spec]) -> Iterator[type[spec.Spec]]:
    for below in model.__subclasses__():
        yield below
        yield from _models(below)


def _docstrings(model: type[spec.Spec]) -> dict[str, str]:
    """What stands below each field of a model, its parents' included.

    Models do not carry it by themselves: reading their sources would double the
    time that `check` takes to start.
    """
    texts: dict[str, str] = {}
    for parent in reversed(model.__mro__):
        if not (issubclass(parent, spec.Spec) and parent is not spec.Spec):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(parent))).body[0]
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, below in pairwise(body):
            match statement, below:
                case (
                    ast.AnnAssign(target=ast.Name(id=field)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if field in model.model_fields:
                    texts[field] = text
                case _:
                    pass
    return texts


def file_schema() -> Schema:
    """The schema of a stack's file."""
    section = _whole()
    _describe(section, StackConfig)
    sections: Schema = _tidy(section)["properties"]
    text: Schema = {"type": "string"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A stack of ml-storage",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "config": {
                "type": "object",
                "description": "Configuration by namespace and key.",
                "properties": {f"{NAMESPACE}:{key}": sections[key] for key in SECTIONS},
                # Every key has a namespace, and values of any kind.
                "propertyNames": {"pattern": ":"},
            },
            "environment": {"description": "Environments of the Pulumi service."},
            **dict.fromkeys(
                ("encryptionsalt", "encryptedkey", "secretsprovider"), text
            ),
        },
        "definitions": definitions(),
    }


def text() -> str:
    """The schema as it stands in `FILE`."""
    return json.dumps(file_schema(), indent=2, ensure_ascii=False) + "\n"


_WELL_KNOWN = {cast("str", known["title"]) for known in _TYPES.values()}


def _tidy(node: Any) -> Any:
    """A schema as a person would write it."""
    if isinstance(node, list):
        return [_tidy(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    tidied: Schema = {}
    for key, value in cast("Schema", node).items():
        if key == "properties":
            # Their keys are names of fields, whatever they are called.
            tidied[key] = {name: _tidy(item) for name, item in value.items()}
        elif not _says_nothing(key, value):
            text = key == "description"
            # What the environment's cloud tells apart may look the same.
            word = "anyOf" if key == "oneOf" else key
            tidied[word] = " ".join(value.split()) if text else _tidy(value)
    # In draft 7 nothing that stands beside a $ref counts.
    reference = tidied.get("$ref")
    if reference is not None and len(tidied) > 1:
        tidied.pop("$ref")
        tidied["allOf"] = [{"$ref": reference}]
    return tidied


def _says_nothing(key: str, value: Any) -> bool:
    """Whether a keyword repeats what stands elsewhere."""
    match key:
        case "title":
            # A title that is the key once more.
            return value not in _WELL_KNOWN
        case "default":
            # Nothing at all, or a mapping: its defaults stand at its own keys.
            return value in (None, []) or isinstance(value, dict)
        case _:
            # Not a keyword of JSON schema.
            return key == "discriminator"
