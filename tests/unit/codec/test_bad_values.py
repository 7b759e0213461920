"""Values that may not be stored are refused before they are written, with reason and path (P11)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from hub.domain.children import Address, Child, Custody, Relationship
from hub.domain.consent import AskState
from hub.domain.events import (
    Acknowledged,
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ConsentAsked,
    FreezeSet,
    MovementRecorded,
    Payload,
    TimerDue,
)
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.movements import MovementKind
from hub.domain.referral import Business
from hub.errors import Poison
from tests.unit.codec.support import AT, MOVEMENT, NUMBER, codec, meta

CODEC = codec()
CHILD = ChildKey("c3" * 32)
ID = UUID(int=7)
anything: Any = object()
"""A value of the wrong type that the type checker does not see."""


def child(**fields: Any) -> ChildRecorded:  # noqa: ANN401 - wrong types are the point
    return ChildRecorded(child=Child(child=CHILD, **fields))


def numbered(number: str) -> MovementRecorded:
    person = msgspec.structs.replace(NUMBER, number=number)
    return MovementRecorded(kind=MovementKind.RELEASE, person=person)


FAULTS: dict[str, tuple[Payload, str, str]] = {
    "a text too long": (FreezeSet(set_by="x" * 4097), "value-too-long", "payload.set_by"),
    "an identifier too long": (
        Acknowledged(
            referral_id=ID, generation=1, recipient=RecipientId("x" * 257), status=Business.ACCEPTED
        ),
        "value-too-long",
        "payload.recipient",
    ),
    "NUL": (numbered("a\0b"), "nul-in-text", "payload.person.number"),
    "half a surrogate pair": (numbered("\ud800"), "not-utf8", "payload.person.number"),
    "a state nobody stated": (
        ConsentAsked(state=AskState.UNKNOWN),
        "wrong-type",
        "payload.state",
    ),
    "a relationship nobody stated": (
        child(relationship=Relationship.UNKNOWN),
        "wrong-type",
        "payload.child.relationship",
    ),
    "a number for a text": (FreezeSet(set_by=anything), "wrong-type", "payload.set_by"),
    "true for a number": (ChildCountRecorded(count=True), "wrong-type", "payload.count"),
    "a number of 33 bits": (
        TimerDue(timer_id=ID, generation=2**31),
        "wrong-type",
        "payload.generation",
    ),
    "a number for true": (
        ChildCountRecorded(legible=anything),
        "wrong-type",
        "payload.legible",
    ),
    "a text for a UUID": (
        TimerDue(timer_id=anything, generation=1),
        "wrong-type",
        "payload.timer_id",
    ),
    "a child's number in clear": (
        ChildChanged(child=ChildKey("4711")),
        "wrong-type",
        "payload.child",
    ),
    "an instant without zone": (
        ConsentAsked(state=AskState.DECLINED, until=datetime(2026, 1, 1)),  # noqa: DTZ001 - the fault
        "bad-timestamp",
        "payload.until",
    ),
    "the year 9999": (
        ConsentAsked(state=AskState.DECLINED, until=datetime(9999, 12, 31, tzinfo=UTC)),
        "bad-timestamp",
        "payload.until",
    ),
    "a text for an instant": (
        ConsentAsked(state=AskState.DECLINED, until=anything),
        "wrong-type",
        "payload.until",
    ),
    "born in the year 1": (
        child(birth_date=date(1, 1, 1)),
        "bad-timestamp",
        "payload.child.birth_date",
    ),
    "an instant for a date": (child(birth_date=AT), "wrong-type", "payload.child.birth_date"),
    "no list": (child(restrictions=anything), "wrong-type", "payload.child.restrictions"),
    "an entry of a list": (
        child(restrictions=(anything,)),
        "wrong-type",
        "payload.child.restrictions.0",
    ),
    "another record": (child(address=NUMBER), "wrong-type", "payload.child.address"),
}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_value_at_fault_has_a_reason_and_a_path(fault: str) -> None:
    payload, reason, path = FAULTS[fault]
    with pytest.raises(Poison) as caught:
        CODEC.encode_payload(payload)
    assert (caught.value.reason, caught.value.field_path) == (reason, path)
    assert caught.value.remedy


def test_a_list_of_thousands_is_refused() -> None:
    with pytest.raises(Poison) as caught:
        CODEC.encode_payload(child(address=Address(lines=("x",) * 1001)))
    assert caught.value.field_path == "payload.child.address.lines"
    assert caught.value.reason == "value-too-long"


@pytest.mark.promise("P6")
def test_a_person_in_clear_never_enters_an_envelope() -> None:
    named = msgspec.structs.replace(meta(), person="ROBIN BEISPIEL")
    with pytest.raises(Poison) as caught:
        CODEC.encode_record(named, b"")
    assert caught.value.field_path == "person"
    assert "ROBIN" not in str(caught.value)


@pytest.mark.parametrize("custody", [Custody.UNKNOWN, Custody.NONE])
def test_not_stated_is_a_value_where_the_domain_knows_it(custody: Custody) -> None:
    payload = child(custody=custody)
    data = CODEC.encode_payload(payload)
    assert CODEC.decode_payload("children.recorded", data) == payload


def test_umlauts_and_other_scripts_pass() -> None:
    payload = child(given_name="Žoë Ünal 李")
    assert CODEC.decode_payload("children.recorded", CODEC.encode_payload(payload)) == payload


def test_good_neighbours_pass_all_the_same() -> None:
    assert CODEC.decode_payload("movements.recorded", CODEC.encode_payload(MOVEMENT)) == MOVEMENT
