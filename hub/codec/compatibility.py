"""Whether what one schema wrote can be read with another: Avro's rules of schema resolution.

Written after the Avro specification, section "Schema Resolution". One rule is our own: a changed
logical type is a changed meaning, though its bytes can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hub.codec.files import full_name

_PROMOTIONS = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
"""Writer's type -> the types that may read it as well."""


def obstacles(reader: Any, writer: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Return every reason why `reader` can't read what `writer` wrote, each with its path."""
    return list(_Pair(_named(reader), _named(writer)).compare(reader, writer, ""))


class _Pair:
    """Two schemas walked side by side, with the named types that each defines."""

    def __init__(self, readers: dict[str, Any], writers: dict[str, Any]) -> None:
        self._readers = readers
        self._writers = writers

    def compare(self, reader: Any, writer: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
        """Yield the obstacles at and below `path`."""
        if isinstance(reader, str):
            reader = self._readers.get(reader, reader)
        if isinstance(writer, str):
            writer = self._writers.get(writer, writer)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.compare(reader, branch, path)
        elif isinstance(reader, list):
            yield from self._union(reader, writer, path)
        elif _kind(reader) != _kind(writer):
            if _kind(reader) not in _PROMOTIONS.get(_kind(writer), ()):
                yield f"{path or 'the record'}: {_kind(writer)} became {_kind(reader)}"
        elif _logical(reader) != _logical(writer):
            yield f"{path}: the logical type changed, which is another meaning"
        else:
            yield from self._same_kind(reader, writer, path)

    def _union(self, readers: list[Any], writer: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
        tried = [list(self.compare(branch, writer, path)) for branch in readers]
        if all(tried):
            yield (
                min(tried, key=len)[0]
                if len(tried) == 1
                else (f"{path}: no branch of the union reads {_kind(writer)}")
            )

    def _same_kind(self, reader: Any, writer: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
        kind = _kind(reader)
        if kind in {"record", "enum", "fixed"} and full_name(reader) != full_name(writer):
            yield f"{path or 'the record'}: {full_name(writer)} became {full_name(reader)}"
        elif kind == "record":
            yield from self._fields(reader, writer, path)
        elif kind == "enum":
            if "default" not in reader and set(writer["symbols"]) - set(reader["symbols"]):
                yield f"{path}: symbols are missing and the enum has no default"
        elif kind == "array":
            yield from self.compare(reader["items"], writer["items"], path)
        elif kind == "map":
            yield from self.compare(reader["values"], writer["values"], path)
        elif kind == "fixed" and reader["size"] != writer["size"]:
            yield f"{path}: the fixed size changed"

    def _fields(self, reader: Any, writer: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            name = f"{path}.{field['name']}" if path else field["name"]
            if field["name"] in written:
                yield from self.compare(field["type"], written[field["name"]]["type"], name)
            elif "default" not in field:
                yield f"{name}: not in the other version, and without default"


def _named(schema: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    parts = schema if isinstance(schema, list) else []
    found: dict[str, Any] = {}
    if isinstance(schema, dict):
        parts = [schema.get(key) for key in ("type", "items", "values", "fields")]
        if schema.get("type") in ("record", "enum", "fixed"):
            found[full_name(schema)] = schema
    for part in parts:
        found |= _named(part)
    return found


def _kind(schema: Any) -> str:  # noqa: ANN401 - any JSON
    kind: str = schema["type"] if isinstance(schema, dict) else schema
    return kind


def _logical(schema: object) -> object:
    return schema.get("logicalType") if isinstance(schema, dict) else None
