"""Pulumi's property values as plain Python: dicts, lists, strings, numbers."""

from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import struct_pb2

# The protocol's own signatures, the same in every language's SDK.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a signature
_UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # string
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
        "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
        "e48ece36-62e2-4504-bad9-02848725956a",  # archive
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
    }
)
_UNKNOWN_STRING: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """A value that a preview cannot know yet."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts in its state and hides in its output."""

    value: Any


def from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return what the engine sent, with `Secret` and `UNKNOWN` where they stand.

    Whole numbers become `int`, because Kubernetes tells `1` from `1.0`. Keys
    whose value is null are left out, as Kubernetes leaves them out.

    Raises:
        ValueError: An asset or archive, which no Kubernetes object can hold.
    """
    return {
        key: value
        for key, raw in struct.fields.items()
        if (value := _from_value(raw)) is not None
    }


def to_struct(values: dict[str, Any]) -> struct_pb2.Struct:
    """Return the values as the engine takes them."""
    return struct_pb2.Struct(fields={k: _to_value(v) for k, v in values.items()})


def plain(value: Any) -> Any:
    """Return the value with every `Secret` replaced by what it holds."""
    match value:
        case Secret():
            return plain(value.value)
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case list():
            return [plain(item) for item in value]
        case _:
            return value


def has_unknown(value: Any) -> bool:
    """Tell whether any part of the value is not known yet."""
    return _any(value, Unknown)


def has_secret(value: Any) -> bool:
    """Tell whether any part of the value is a secret."""
    return _any(value, Secret)


def hide(outputs: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs with what was secret in the inputs made secret again.

    `data` and `stringData` of a Secret are always secret. A list becomes secret
    as a whole when one element was, because its order may have changed.
    """
    hidden = dict(outputs)
    if hidden.get("kind") == "Secret":
        for key in ("data", "stringData"):
            if key in hidden and not isinstance(hidden[key], Secret):
                hidden[key] = Secret(hidden[key])
        return hidden
    for key, given in inputs.items():
        if key not in hidden:
            continue
        if isinstance(hidden[key], dict) and isinstance(given, dict):
            hidden[key] = hide(hidden[key], given)
        elif has_secret(given) and not isinstance(hidden[key], Secret):
            hidden[key] = Secret(hidden[key])
    return hidden


def _any(value: Any, kind: type) -> bool:
    if isinstance(value, kind):
        return True
    match value:
        case Secret():
            return _any(value.value, kind)
        case dict():
            return any(_any(item, kind) for item in value.values())
        case list():
            return any(_any(item, kind) for item in value)
        case _:
            return False


def _from_value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            text = value.string_value
            return UNKNOWN if text in _UNKNOWNS else text
        case "list_value":
            return [_from_value(item) for item in value.list_value.values]
        case "struct_value":
            return _from_signed(value.struct_value)
        case _:
            return None


def _from_signed(struct: struct_pb2.Struct) -> Any:
    """Return an ordinary object, or what its signature says that it is."""
    if SIGNATURE not in struct.fields:
        return from_struct(struct)
    signature = struct.fields[SIGNATURE].string_value
    if signature != SECRET:
        raise ValueError("assets and archives have no place in a Kubernetes object")
    return Secret(_from_value(struct.fields["value"]))


def _to_value(value: Any) -> struct_pb2.Value:  # noqa: PLR0911 - a case for each type
    match value:
        case None:
            return struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
        case bool():
            return struct_pb2.Value(bool_value=value)
        case int() | float():
            return struct_pb2.Value(number_value=value)
        case str():
            return struct_pb2.Value(string_value=value)
        case Unknown():
            return struct_pb2.Value(string_value=_UNKNOWN_STRING)
        case Secret():
            signed = struct_pb2.Struct(
                fields={
                    SIGNATURE: struct_pb2.Value(string_value=SECRET),
                    "value": _to_value(value.value),
                }
            )
            return struct_pb2.Value(struct_value=signed)
        case dict():
            return struct_pb2.Value(struct_value=to_struct(value))
        case list():
            items = [_to_value(item) for item in value]
            return struct_pb2.Value(list_value=struct_pb2.ListValue(values=items))
        case _:
            raise TypeError(f"no property value can hold a {type(value).__name__}")
