"""Schema resolution: what can be read by whom, and a second opinion from the Avro library."""

from __future__ import annotations

import io
from typing import Any

import fastavro
import pytest

from hub.codec.compatibility import obstacles


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "hub.R", "fields": list(fields)}


def field(kind: Any, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"name": "a", "type": kind, **more}


def enum(*symbols: str, **more: str) -> dict[str, Any]:
    return {"type": "enum", "name": "hub.E", "symbols": list(symbols), **more}


FIXED = {"type": "fixed", "name": "hub.F", "size": 2}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], Any, str]] = {
    "the same": (record(field("int")), record(field("int")), 1, ""),
    "a new field with default": (record(field("int", default=3)), record(), None, ""),
    "a new field without default": (record(field("int")), record(), None, "without default"),
    "a field dropped": (record(), record(field("int")), 1, ""),
    "int read as long": (record(field("long")), record(field("int")), 1, ""),
    "long read as int": (record(field("int")), record(field("long")), 1, "long became int"),
    "text read as a number": (record(field("int")), record(field("string")), "x", "a: string"),
    "made optional": (record(field(["null", "int"])), record(field("int")), 1, ""),
    "made mandatory": (record(field("int")), record(field(["null", "int"])), None, "a: null"),
    "no branch for it": (
        record(field(["null", "int"])),
        record(field("string")),
        "x",
        "no branch of the union reads string",
    ),
    "a new symbol, with default": (
        record(field(enum("UNKNOWN", default="UNKNOWN"))),
        record(field(enum("UNKNOWN", "NEW", default="UNKNOWN"))),
        "NEW",
        "",
    ),
    "a new symbol, without default": (
        record(field(enum("A"))),
        record(field(enum("A", "B"))),
        "B",
        "symbols are missing",
    ),
    "entries of a list": (
        record(field({"type": "array", "items": "int"})),
        record(field({"type": "array", "items": "string"})),
        ["x"],
        "a: string became int",
    ),
    "values of a map": (
        record(field({"type": "map", "values": "long"})),
        record(field({"type": "map", "values": "int"})),
        {"k": 1},
        "",
    ),
    "another fixed size": (
        record(field(FIXED)),
        record(field(FIXED | {"size": 3})),
        b"abc",
        "fixed size",
    ),
    "another record": (
        record(field(record())),
        record(field(record() | {"name": "hub.Other"})),
        {},
        "hub.Other became hub.R",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_of_schema_resolution(case: str) -> None:
    reader, writer, _, expected = CASES[case]
    found = obstacles(reader, writer)
    assert bool(found) == bool(expected)
    assert expected in "".join(found)


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if not case[3]])
def test_what_is_called_compatible_the_library_can_read(case: str) -> None:
    reader, writer, value, _ = CASES[case]
    data = io.BytesIO()
    fastavro.schemaless_writer(data, writer, {"a": value} if writer["fields"] else {})
    data.seek(0)
    read = fastavro.schemaless_reader(data, writer, reader)
    assert isinstance(read, dict)
    assert set(read) == {part["name"] for part in reader["fields"]}


def test_a_changed_logical_type_is_a_changed_meaning() -> None:
    micros = {"type": "long", "logicalType": "timestamp-micros"}
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    assert obstacles(record(field(millis)), record(field(micros))) == [
        "a: the logical type changed, which is another meaning"
    ]


def test_a_type_named_again_is_compared_by_what_it_names() -> None:
    old = record(field(enum("A")), {"name": "b", "type": "hub.E"})
    new = record({"name": "b", "type": enum("A")}, field("hub.E"))
    assert obstacles(new, old) == []
