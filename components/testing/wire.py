# Protocol buffers carry no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""Properties as they travel to the engine, read without losing what is secret."""

from __future__ import annotations

from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.rpc import UNKNOWN

# Pulumi's own marks for values that JSON has no kind for.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105, a mark and no secret
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"


class Properties:
    """A message's properties as plain values.

    Attributes:
        values: The values; whole numbers as such, unknown ones left out.
        secrets: Paths of the secret values.
        unknown: Paths of the values that are not known.
    """

    def __init__(self, message: struct_pb2.Struct) -> None:
        self._secrets: list[str] = []
        self._unknown: list[str] = []
        self.values: dict[str, Any] = self._fields(message, "")
        self.secrets = tuple(self._secrets)
        self.unknown = tuple(self._unknown)

    def _fields(self, message: struct_pb2.Struct, path: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for key, value in sorted(message.fields.items()):
            below = f"{path}.{key}" if path else key
            read = self._value(value, below)
            if read is not None:
                fields[key] = read
        return fields

    def _value(self, value: struct_pb2.Value, path: str) -> Any:
        kind = value.WhichOneof("kind")
        if kind == "struct_value":
            return self._struct(value.struct_value, path)
        if kind == "list_value":
            items = value.list_value.values
            return [self._value(v, f"{path}[{i}]") for i, v in enumerate(items)]
        if kind == "string_value":
            if value.string_value != UNKNOWN:
                return value.string_value
            self._unknown.append(path)
            return None
        if kind == "number_value":
            # On the wire every number is a float.
            number = value.number_value
            return int(number) if number.is_integer() else number
        return value.bool_value if kind == "bool_value" else None

    def _struct(self, message: struct_pb2.Struct, path: str) -> Any:
        signature = message.fields.get(_SIGNATURE)
        mark = signature.string_value if signature is not None else ""
        if mark == _SECRET:
            self._secrets.append(path)
            return self._value(message.fields["value"], path)
        if mark == _RESOURCE:
            return message.fields["urn"].string_value
        return self._fields(message, path)
