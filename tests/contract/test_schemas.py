"""The committed schemas: documented, with examples, true to the classes, never changed in place.

A record type, its class, its schema and its example are four views of one thing; these tests keep
them together.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, get_args, get_type_hints

import fastavro
import msgspec
import pytest

from hub.codec import AvroEventCodec, SchemaSet, check_directory, schema_root
from hub.codec.convert import converters, symbol_of
from hub.codec.events import ReferralFact
from hub.codec.files import full_name
from hub.codec.ids import read_ids
from hub.codec.schema_set import parse
from hub.domain.decision import Fact
from hub.domain.events import RECORD_TYPES, Meta
from hub.domain.values import Value
from hub.ports import DeadLetter, FactRow

ROOT = schema_root()
SCHEMAS = SchemaSet.load()
RECORDS = sorted(SCHEMAS.current)
DOC = re.compile(r".+\. Unit: .+\. Source: .+\. Personal: (no|yes, .+|pseudonym)\.")
CLEAR = {"envelope.event", "referrals.fact", "dead_letters.letter"}
"""What travels in clear: no field of these may be personal, save the sealed payload."""

CLASSES: dict[str, type[Value]] = {
    **RECORD_TYPES,
    "envelope.event": Meta,
    "referrals.fact": ReferralFact,
}

FIRST_IDS = 26
FIRST_IDS_HASH = "41dcd165d61a6d27ba4ec8785fa49744198467c0bdfd718c537ded647396922c"
"""Ids are in records for ever. A change of this number is a change of ids, and a mistake."""


def types(schema: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every named type of a schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from types(part)
    elif isinstance(schema, dict):
        if schema.get("type") in ("record", "enum"):
            yield schema
        for key in ("type", "items", "values", "fields"):
            yield from types(schema.get(key))


def classes(hint: Any) -> Iterator[type[Value]]:  # noqa: ANN401 - any annotation
    """Yield every domain class that an annotation leads to."""
    if isinstance(hint, type) and issubclass(hint, Value):
        yield hint
        for inner in get_type_hints(hint).values():
            yield from classes(inner)
    for inner in get_args(hint):
        yield from classes(inner)


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """Return the Avro form of a field's default; `...` if it has none."""
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    default = ... if field.default is msgspec.NODEFAULT else field.default
    if isinstance(default, StrEnum):
        symbol = symbol_of(default)
        return "NOT_STATED" if symbol == "UNKNOWN" else symbol
    return list(default) if isinstance(default, tuple) else default


def example(record: str) -> dict[str, Any]:
    """Return the example of a record type, read in Avro's own JSON encoding."""
    context, _, name = record.partition(".")
    text = (ROOT / "avro" / context / f"{name}.json").read_text(encoding="utf-8")
    line = json.dumps(json.loads(text))
    (datum,) = fastavro.json_reader(io.StringIO(line), parse(SCHEMAS.current[record].canonical))
    assert isinstance(datum, dict)
    return datum


def test_every_record_type_of_the_domain_has_a_schema_and_no_other_exists() -> None:
    assert set(SCHEMAS.current) == set(RECORD_TYPES) | CLEAR


def test_every_file_is_a_schema_in_use_or_the_example_of_one() -> None:
    named = {full_name(t) for s in SCHEMAS.current.values() for t in types(s.schema)}
    shared = [json.loads(path.read_text("utf-8")) for path in ROOT.glob("avro/*/types/*.avsc")]
    examples = {f"{path.parent.name}.{path.stem}" for path in ROOT.glob("avro/*/*.json")}
    assert {full_name(schema) for schema in shared} <= named
    assert examples == set(SCHEMAS.current)


@pytest.mark.parametrize("record", RECORDS)
def test_every_field_says_meaning_unit_source_and_whether_it_is_personal(record: str) -> None:
    schema = SCHEMAS.current[record].schema
    undocumented = [
        f"{kind['name']}.{field['name']}"
        for kind in types(schema)
        for field in kind.get("fields", [])
        if not DOC.fullmatch(field.get("doc", ""))
    ]
    assert undocumented == []
    assert [kind["name"] for kind in types(schema) if not kind.get("doc")] == []


@pytest.mark.parametrize("record", RECORDS)
def test_every_enum_falls_back_to_unknown_its_first_symbol(record: str) -> None:
    enums = [kind for kind in types(SCHEMAS.current[record].schema) if kind["type"] == "enum"]
    assert [kind["name"] for kind in enums if kind.get("default") != "UNKNOWN"] == []
    assert [kind["name"] for kind in enums if kind["symbols"][0] != "UNKNOWN"] == []


@pytest.mark.promise("P6")
@pytest.mark.parametrize("record", sorted(CLEAR))
def test_what_travels_in_clear_declares_nothing_personal(record: str) -> None:
    fields = SCHEMAS.current[record].schema["fields"]
    personal = [field["name"] for field in fields if "Personal: yes" in field["doc"]]
    assert personal == (["payload"] if record == "envelope.event" else [])


@pytest.mark.parametrize("record", sorted(CLASSES))
def test_every_field_of_a_class_is_in_the_schema_with_the_same_default(record: str) -> None:
    by_name = {cls.__name__: cls for cls in classes(CLASSES[record])}
    for kind in types(SCHEMAS.current[record].schema):
        if kind["type"] == "record" and full_name(kind) not in {
            "hub.envelope.Event",
            "hub.referrals.ReferralFact",
        }:
            cls = by_name[kind["name"]]
            expected = {f.name: default_of(f) for f in msgspec.structs.fields(cls)}
            assert {f["name"]: f.get("default", ...) for f in kind["fields"]} == expected


def test_the_envelope_is_the_class_and_the_sealed_payload() -> None:
    fields = [field["name"] for field in SCHEMAS.current["envelope.event"].schema["fields"]]
    assert fields == [*Meta.__struct_fields__, "payload"]


def test_a_published_fact_holds_all_of_its_line_in_the_decision_log() -> None:
    fields = {field["name"] for field in SCHEMAS.current["referrals.fact"].schema["fields"]}
    assert fields == {*FactRow._fields, *Fact.__struct_fields__} - {"fact"}


def test_a_published_dead_letter_holds_all_of_it_but_its_content() -> None:
    fields = {field["name"] for field in SCHEMAS.current["dead_letters.letter"].schema["fields"]}
    assert fields == {*DeadLetter._fields} - {"sealed", "data_key"}


@pytest.mark.parametrize("record", RECORDS)
def test_every_example_is_valid_and_comes_back_the_same_through_its_class(record: str) -> None:
    datum = example(record)
    parsed = parse(SCHEMAS.current[record].canonical)
    assert fastavro.validate(datum, parsed, strict=True)
    if record in CLASSES:
        sealed = {"payload": datum.pop("payload")} if "payload" in datum else {}
        schema = SCHEMAS.current[record].schema
        fields = [field for field in schema["fields"] if field["name"] not in sealed]
        pair = converters(schema | {"fields": fields}, CLASSES[record])
        value = pair.from_avro(datum)
        assert type(value) is CLASSES[record]
        assert pair.from_avro(_read_back(pair.to_avro(value) | sealed, parsed)) == value


def _read_back(datum: dict[str, Any], parsed: Any) -> Any:  # noqa: ANN401 - fastavro's schema
    data = io.BytesIO()
    fastavro.schemaless_writer(data, parsed, datum)
    data.seek(0)
    return fastavro.schemaless_reader(data, parsed, None)


@pytest.mark.parametrize("record", sorted(RECORD_TYPES))
def test_every_example_of_a_payload_passes_through_the_codec(record: str) -> None:
    codec = AvroEventCodec(SCHEMAS)
    pair = converters(SCHEMAS.current[record].schema, RECORD_TYPES[record])
    payload = pair.from_avro(example(record))
    assert codec.decode_payload(record, codec.encode_payload(payload)) == payload


def test_the_first_ids_are_what_they_were_when_they_were_given() -> None:
    first = [(e.id, e.record, e.name, e.fingerprint) for e in read_ids(ROOT)[:FIRST_IDS]]
    assert hashlib.sha256(repr(first).encode()).hexdigest() == FIRST_IDS_HASH


def test_the_committed_directory_has_no_breaking_problem() -> None:
    assert [problem for problem in check_directory(ROOT) if problem.breaking] == []
