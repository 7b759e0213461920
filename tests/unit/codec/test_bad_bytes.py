"""Bytes that are no record: each fault has its reason and the path of its field (P11)."""

from __future__ import annotations

import pytest

from hub.codec.limits import MAX_SEALED
from hub.errors import Poison
from tests.unit.codec.support import MOVEMENT, codec, meta

CODEC = codec()
PAYLOAD = CODEC.encode_payload(MOVEMENT)
RECORD = CODEC.encode_record(meta(), b"sealed")
TIMER_HEADER = CODEC.encode_record(meta(), b"")[:5]
KIND = 5
"""Where the body begins: the first field of a movement is its kind, one byte."""
NAMESPACE = 6
NUMBER = 11
"""Where the number's length stands: one byte for the kind, five for the namespace before it."""


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


PAYLOAD_FAULTS = {
    "no bytes at all": (b"", "not-wire-format", "payload"),
    "no zero byte": (b"\x01" + PAYLOAD[1:], "not-wire-format", "payload"),
    "JSON": (b'{"kind": "ADMISSION"}', "not-wire-format", "payload"),
    "half an id": (PAYLOAD[:3], "truncated", "payload"),
    "an id nobody gave": (b"\0\xff\xff\xff\xff" + PAYLOAD[5:], "unknown-schema-id", "payload"),
    "another type's id": (TIMER_HEADER + PAYLOAD[5:], "wrong-schema", "payload"),
    "nothing after the id": (PAYLOAD[:5], "truncated", "payload.kind"),
    "cut in a nested text": (PAYLOAD[: NUMBER + 3], "truncated", "payload.person.number"),
    "cut in the last field": (PAYLOAD[:-1], "truncated", "payload.held_s"),
    "a byte too many": (PAYLOAD + b"\0", "trailing-bytes", "payload"),
    "no such symbol": (changed(PAYLOAD, KIND, b"\x7e"), "wrong-type", "payload.kind"),
    "the symbol of a newer schema": (changed(PAYLOAD, KIND, b"\0"), "newer-schema", "payload.kind"),
    "text that is not UTF-8": (
        changed(PAYLOAD, NUMBER + 1, b"\xff"),
        "not-utf8",
        "payload.person.number",
    ),
    "NUL in a text": (changed(PAYLOAD, NUMBER + 1, b"\0"), "nul-in-text", "payload.person.number"),
    "a length below zero": (
        changed(PAYLOAD, NUMBER, b"\x01"),
        "wrong-type",
        "payload.person.number",
    ),
    "a length of 2**40": (
        PAYLOAD[:NUMBER] + b"\x80\x80\x80\x80\x80\x40" + PAYLOAD[NUMBER + 1 :],
        "truncated",
        "payload.person.number",
    ),
    "a number without end": (
        PAYLOAD[:NUMBER] + b"\xff" * 12,
        "wrong-type",
        "payload.person.number",
    ),
}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("fault", PAYLOAD_FAULTS)
def test_a_payload_at_fault_has_a_reason_and_a_path(fault: str) -> None:
    data, reason, path = PAYLOAD_FAULTS[fault]
    with pytest.raises(Poison) as caught:
        CODEC.decode_payload("movements.recorded", data)
    assert (caught.value.reason, caught.value.field_path) == (reason, path)
    assert caught.value.remedy
    assert CODEC.decode_payload("movements.recorded", PAYLOAD) == MOVEMENT


def test_a_type_nobody_knows_is_not_guessed() -> None:
    with pytest.raises(Poison) as caught:
        CODEC.decode_payload("movements.teleported", PAYLOAD)
    assert (caught.value.reason, caught.value.field_path) == ("unknown-type", "type")


def envelope_with(old: bytes, new: bytes) -> bytes:
    assert RECORD.count(old) == 1
    return RECORD.replace(old, new)


EVENT_ID = str(meta().event_id).encode()
RECORD_FAULTS = {
    "no bytes at all": (b"", "not-wire-format", ""),
    "a payload without envelope": (PAYLOAD, "wrong-schema", ""),
    "an id that is no UUID": (envelope_with(EVENT_ID, b"z" * 36), "wrong-type", "event_id"),
    "a person in clear": (
        envelope_with(b"a1" * 32, b"ROBIN BEISPIEL".ljust(64)),
        "wrong-type",
        "person",
    ),
    "cut off": (RECORD[:-1], "truncated", "payload"),
    "a byte too many": (RECORD + b"\0", "trailing-bytes", ""),
}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("fault", RECORD_FAULTS)
def test_an_envelope_at_fault_has_a_reason_and_a_path(fault: str) -> None:
    data, reason, path = RECORD_FAULTS[fault]
    with pytest.raises(Poison) as caught:
        CODEC.decode_record(data)
    assert (caught.value.reason, caught.value.field_path) == (reason, path)
    assert CODEC.decode_record(RECORD) == (meta(), b"sealed")


def test_a_sealed_payload_above_the_limit_of_a_record_is_refused() -> None:
    with pytest.raises(Poison) as caught:
        CODEC.encode_record(meta(), bytes(MAX_SEALED + 1))
    assert (caught.value.reason, caught.value.field_path) == ("value-too-long", "payload")


@pytest.mark.promise("P6")
def test_no_error_repeats_the_value_at_fault() -> None:
    secret = "CANARY-BEISPIEL"
    data = PAYLOAD.replace(b"X0001XX", b"\xffCANARY")
    with pytest.raises(Poison) as caught:
        CODEC.decode_payload("movements.recorded", data)
    shown = f"{caught.value!r} {caught.value} {caught.value.__cause__!r}"
    assert secret[:6] not in shown
    assert caught.value.__suppress_context__
