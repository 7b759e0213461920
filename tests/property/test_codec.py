"""Any event that the domain can state comes back from the codec as it was; no bytes crash it."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.codec import AvroEventCodec, SchemaSet
from hub.domain.children import CarerState, Custody, SafetyAnswerKind, View
from hub.domain.events import RECORD_TYPES, Meta
from hub.domain.ids import ChildKey, PersonKey
from hub.domain.values import Value
from hub.errors import Poison
from hub.ports.codec import FIRST_INSTANT, LAST_INSTANT

CODEC = AvroEventCodec(SchemaSet.load())
NOT_STATED = (CarerState, Custody, SafetyAnswerKind, View)
"""Enums whose `unknown` is a value: nobody said so."""

zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(-timedelta(hours=9.5))])
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)
SCALARS: dict[object, st.SearchStrategy[Any]] = {
    str: texts,
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31 - 1),
    UUID: st.uuids(),
    date: st.dates(FIRST_INSTANT.date(), LAST_INSTANT.date() - timedelta(days=1)),
    datetime: st.datetimes(
        FIRST_INSTANT.replace(tzinfo=None) + timedelta(days=1),
        LAST_INSTANT.replace(tzinfo=None) - timedelta(days=1),
        timezones=zones,
    ),
    PersonKey: st.binary(min_size=32, max_size=32).map(bytes.hex),
    ChildKey: st.binary(min_size=32, max_size=32).map(bytes.hex),
}


def values(hint: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - any annotation
    """Return a strategy for everything that an annotation allows and the hub may store."""
    inner = get_args(hint)
    if hint in SCALARS:
        found = SCALARS[hint]
    elif isinstance(hint, NewType):
        found = texts
    elif get_origin(hint) in {Union, types.UnionType}:
        found = st.one_of(st.none(), *(values(part) for part in inner if part is not type(None)))
    elif get_origin(hint) is tuple:
        found = st.lists(values(inner[0]), max_size=3).map(tuple)
    elif issubclass(hint, StrEnum):
        found = st.sampled_from([m for m in hint if m.value != "unknown" or hint in NOT_STATED])
    else:
        hints = get_type_hints(hint)
        found = st.builds(hint, **{name: values(hints[name]) for name in hint.__struct_fields__})
    return found


@pytest.mark.parametrize("record", sorted(RECORD_TYPES))
@settings(max_examples=40)
@given(data=st.data())
def test_every_payload_comes_back_as_it_was(record: str, data: st.DataObject) -> None:
    payload = data.draw(values(RECORD_TYPES[record]))
    assert CODEC.decode_payload(record, CODEC.encode_payload(payload)) == payload


@given(meta=values(Meta), sealed=st.binary(max_size=200))
def test_every_envelope_comes_back_as_it_was_in_utc(meta: Meta, sealed: bytes) -> None:
    back, payload = CODEC.decode_record(CODEC.encode_record(meta, sealed))
    assert (back, payload) == (meta, sealed)
    assert back.occurred_at.tzinfo is UTC


@pytest.mark.promise("P11")
@pytest.mark.parametrize("record", sorted(RECORD_TYPES))
@settings(max_examples=60)
@given(data=st.data())
def test_changed_bytes_are_poison_or_a_value_and_never_anything_else(
    record: str, data: st.DataObject
) -> None:
    good = CODEC.encode_payload(data.draw(values(RECORD_TYPES[record])))
    at = data.draw(st.integers(5, len(good) - 1))
    cut = data.draw(st.integers(0, 3))
    bad = good[:at] + data.draw(st.binary(max_size=12)) + good[at + cut :]
    outcome = read(record, bad)
    if isinstance(outcome, Poison):
        assert outcome.field_path.split(".")[0] == "payload"
        assert outcome.remedy
    else:
        assert type(outcome) is RECORD_TYPES[record]


def read(record: str, data: bytes) -> Value | Poison:
    """Return what the codec makes of some bytes."""
    try:
        return CODEC.decode_payload(record, data)
    except Poison as fault:
        return fault


@pytest.mark.promise("P11")
@given(data=st.binary(max_size=60))
def test_any_bytes_are_poison_for_the_envelope(data: bytes) -> None:
    with pytest.raises(Poison):
        CODEC.decode_record(data)
