"""Finds out why bytes are no Avro record of a schema, and at which field.

The fast reader only says that it failed. This one walks bytes and schema side by side and stops at
the first fault; it runs only for records that failed already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.codec.convert import below
from hub.codec.files import full_name
from hub.errors import Poison

_MAX_VARINT = 10
_CONTINUES = 0x80
_REMEDY_CUT = "the record was cut off or changed on its way: let its sender send it again"


def diagnose(schema: Any, body: bytes) -> Poison:  # noqa: ANN401 - any JSON
    """Return the `Poison` that describes the first fault of an Avro body that was not legible."""
    walk = _Walk(body)
    try:
        walk.value(schema)
    except Poison as fault:
        return fault
    return Poison("wrong-type", remedy="the writer's schema does not lead to the present one")


class _Walk:
    """A position in the bytes, moved on value by value."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._named: dict[str, Any] = {}
        self._kinds: dict[str, Callable[[Any], None]] = {
            "null": lambda _: None,
            "boolean": self._boolean,
            "int": lambda _: self._number_only(),
            "long": lambda _: self._number_only(),
            "float": lambda _: self._skip(4),
            "double": lambda _: self._skip(8),
            "bytes": lambda _: self._skip(self._length()),
            "string": self._string,
            "record": self._record,
            "enum": self._enum,
            "array": self._blocks,
            "map": self._blocks,
        }

    def value(self, schema: Any) -> None:  # noqa: ANN401 - any JSON
        """Pass over one value. Raises `Poison` with the path below it."""
        if isinstance(schema, list):
            self.value(self._choice(schema))
            return
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in self._named:
            self.value(self._named[kind])
            return
        if kind in {"record", "enum"}:
            self._named[full_name(schema)] = schema
        self._kinds[kind](schema)

    def _number(self) -> int:
        result = 0
        for nth in range(_MAX_VARINT):
            if self._at >= len(self._body):
                raise Poison("truncated", remedy=_REMEDY_CUT)
            byte = self._body[self._at]
            self._at += 1
            result |= (byte & 0x7F) << (7 * nth)
            if byte < _CONTINUES:
                return (result >> 1) ^ -(result & 1)
        raise Poison("wrong-type", remedy="a number of 64 bits is needed")

    def _number_only(self) -> None:
        self._number()

    def _length(self) -> int:
        length = self._number()
        if length < 0:
            raise Poison("wrong-type", remedy="a length is never negative")
        return length

    def _skip(self, length: int) -> None:
        if self._at + length > len(self._body):
            raise Poison("truncated", remedy=_REMEDY_CUT)
        self._at += length

    def _boolean(self, _: Any) -> None:  # noqa: ANN401 - any JSON
        self._skip(1)

    def _string(self, _: Any) -> None:  # noqa: ANN401 - any JSON
        length = self._length()
        self._skip(length)
        try:
            self._body[self._at - length : self._at].decode()
        except UnicodeDecodeError:
            raise Poison("not-utf8", remedy="text must be UTF-8") from None

    def _choice(self, branches: list[Any]) -> Any:  # noqa: ANN401 - any JSON
        index = self._number()
        if not 0 <= index < len(branches):
            raise Poison("wrong-type", remedy="the union has no such branch")
        return branches[index]

    def _enum(self, schema: Any) -> None:  # noqa: ANN401 - any JSON
        if not 0 <= self._number() < len(schema["symbols"]):
            raise Poison("wrong-type", remedy="the enum has no such symbol")

    def _record(self, schema: Any) -> None:  # noqa: ANN401 - any JSON
        for field in schema["fields"]:
            try:
                self.value(field["type"])
            except Poison as fault:
                raise below(field["name"], fault) from None

    def _blocks(self, schema: Any) -> None:  # noqa: ANN401 - any JSON
        index = 0
        while count := self._number():
            if count < 0:
                self._length()
            for _ in range(abs(count)):
                self._entry(schema, index)
                index += 1

    def _entry(self, schema: Any, index: int) -> None:  # noqa: ANN401 - any JSON
        try:
            if schema["type"] == "map":
                self._string(schema)
            self.value(schema["values"] if schema["type"] == "map" else schema["items"])
        except Poison as fault:
            raise below(index, fault) from None
