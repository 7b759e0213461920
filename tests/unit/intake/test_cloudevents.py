"""CloudEvents become drafts: every type its own event, the same event the same draft."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    Child,
    ChildView,
    Custody,
    Relationship,
    Restriction,
    SafetyAnswerKind,
    View,
)
from hub.domain.consent import (
    AskState,
    Capacity,
    Category,
    ConsentRecord,
    Grantor,
    Override,
    Purpose,
    Scope,
)
from hub.domain.events import (
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ChildRemoved,
    ConsentAsked,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    FreezeLifted,
    FreezeSet,
    IdentityLinked,
    MovementRecorded,
    Payload,
    PersonNumber,
    SafetyAnswered,
    TaskResolved,
)
from hub.domain.ids import Namespace, RecipientId
from hub.domain.movements import MovementKind
from hub.intake.record_types import INBOUND
from tests.unit.intake.support import (
    CHILD,
    CHILD_KEY,
    DESK,
    FREEZE,
    NOMS,
    NUMBER,
    PERSON,
    PERSON_KEY,
    PSEUDONYMS,
    TENANT,
    TIME,
    cloudevent,
    drafted,
    record,
    reference,
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TASK = "00000000-0000-4000-8000-00000000000b"
MATRIKEL = Namespace("MATRIKEL")


UNDERSTOOD: list[tuple[str, dict[str, Any], Payload]] = [
    (
        "movements.recorded",
        {"kind": "admission", "location": "MDI", "reason_code": "N", "held_s": 60},
        MovementRecorded(
            kind=MovementKind.ADMISSION,
            person=PersonNumber(namespace=NOMS, number=NUMBER),
            location="MDI",
            reason_code="N",
            held_s=60,
        ),
    ),
    (
        "identity.linked",
        {"other": {"namespace": "MATRIKEL", "number": "77/2026"}},
        IdentityLinked(
            person=PersonNumber(namespace=NOMS, number=NUMBER),
            other_number=PersonNumber(namespace=MATRIKEL, number="77/2026"),
            other=PSEUDONYMS.person(TENANT, MATRIKEL, "77/2026"),
        ),
    ),
    (
        "children.recorded",
        {
            "child": CHILD,
            "relationship": "adopted-child",
            "given_name": " Sonny ",
            "birth_date": "2019-05-04",
            "address": {"area": "05315000", "lines": ["Nirgendweg 1"], "city": "Köln"},
            "restrictions": ["contact-ban", "contact-ban"],
            "custody": "joint",
            "carer": {"state": "unknown"},
        },
        ChildRecorded(
            child=Child(
                child=CHILD_KEY,
                relationship=Relationship.ADOPTED_CHILD,
                given_name="Sonny",
                birth_date=date(2019, 5, 4),
                address=Address(area="05315000", lines=("Nirgendweg 1",), city="Köln"),
                restrictions=(Restriction.CONTACT_BAN,),
                custody=Custody.JOINT,
                carer=Carer(state=CarerState.UNKNOWN),
            )
        ),
    ),
    (
        "children.changed",
        {
            "child": CHILD,
            "lives_in_prison": True,
            "told": "Mum works away",
            "view": {"view": "agrees", "asked_at": TIME, "asked_by": "social worker"},
        },
        ChildChanged(
            child=CHILD_KEY,
            lives_in_prison=True,
            told="Mum works away",
            view=ChildView(view=View.AGREES, asked_at=AT, asked_by="social worker"),
        ),
    ),
    (
        "children.removed",
        {"child": CHILD, "reason": "wrong-person"},
        ChildRemoved(child=CHILD_KEY, reason="wrong-person"),
    ),
    ("children.counted", {"count": 3}, ChildCountRecorded(count=3)),
    (
        "consent.granted",
        {
            "record": record(
                scope="standing",
                expires_at="2026-09-01T00:00:00Z",
                recipient="office-1",
                recipient_class="youth-office",
                secrecy_release=True,
                help_requested=["parenting-advice"],
                override={"norm": "§ 1 X", "ordered_by": "judge", "ordered_at": TIME},
            )
        },
        ConsentGranted(
            record=ConsentRecord(
                record_id=reference("F-1"),
                desk_number="F-1",
                given_at=AT,
                purposes=(Purpose.FAMILY_SUPPORT,),
                categories=(Category.IMPRISONMENT, Category.CHILD_IDENTITY),
                grantors=(Grantor(capacity=Capacity.OWN_DATA, given_at=AT),),
                children=(CHILD_KEY,),
                scope=Scope.STANDING,
                expires_at=datetime(2026, 9, 1, tzinfo=UTC),
                recipient=RecipientId("office-1"),
                recipient_class="youth-office",
                secrecy_release=True,
                help_requested=("parenting-advice",),
                override=Override(norm="§ 1 X", ordered_by="judge", ordered_at=AT),
            )
        ),
    ),
    (
        "consent.withdrawn",
        {"declared_at": TIME, "channel": "oral", "taken_by": "social service"},
        ConsentWithdrawn(declared_at=AT, channel="oral", taken_by="social service"),
    ),
    (
        "consent.superseded",
        {"record_id": "F-1", "superseded_by": "F-2"},
        ConsentSuperseded(record_id=reference("F-1"), superseded_by=reference("F-2")),
    ),
    (
        "consent.asked",
        {"state": "declined", "taken_by": "social service"},
        ConsentAsked(state=AskState.DECLINED, taken_by="social service"),
    ),
    (
        "safety.answered",
        {"child": CHILD, "kind": "clear", "answered_at": TIME, "role": "social-service"},
        SafetyAnswered(
            child=CHILD_KEY, kind=SafetyAnswerKind.CLEAR, answered_at=AT, role="social-service"
        ),
    ),
    ("safety.freeze-set", {"set_by": "officer"}, FreezeSet(set_by="officer")),
    (
        "safety.freeze-lifted",
        {"taken_by": "officer", "channel": "paper"},
        FreezeLifted(taken_by="officer", channel="paper"),
    ),
    (
        "tasks.resolved",
        {"task_id": TASK, "resolution": "done", "resolved_by": "duty service"},
        TaskResolved(task_id=UUID(TASK), resolution="done", resolved_by="duty service"),
    ),
]


@pytest.mark.parametrize(("record_type", "data", "payload"), UNDERSTOOD)
def test_every_type_becomes_its_event(
    record_type: str, data: dict[str, Any], payload: Payload
) -> None:
    draft = drafted(cloudevent(record_type, {"person": PERSON} | data))

    assert draft.payload == payload
    assert (draft.type, draft.person, draft.namespace) == (record_type, PERSON_KEY, NOMS)
    assert (draft.source, draft.occurred_at) == (DESK.source, AT)


def test_the_table_above_names_every_type_that_may_come_in() -> None:
    assert {row[0] for row in UNDERSTOOD} == set(INBOUND)


@pytest.mark.promise("P2")
def test_the_same_event_sent_again_is_the_same_event() -> None:
    first = drafted(cloudevent("safety.freeze-set", FREEZE))
    laid_out = json.dumps(
        dict(reversed(json.loads(cloudevent("safety.freeze-set", FREEZE)).items())), indent=2
    ).encode()

    assert drafted(laid_out).event_id == first.event_id
    assert drafted(cloudevent("safety.freeze-set", FREEZE, id="e-2")).event_id != first.event_id
    other = FREEZE | {"set_by": "other"}
    assert drafted(cloudevent("safety.freeze-set", other)).event_id != first.event_id


def test_what_other_systems_write_for_unknown_and_for_ever_is_taken() -> None:
    born = {"person": PERSON, "child": CHILD, "birth_date": "1900-01-01"}
    asked = {
        "person": PERSON,
        "state": "declined",
        "until": "2300-01-01T00:59:59+01:00",
        "taken_by": "x",
    }

    child = drafted(cloudevent("children.changed", born)).payload
    refusal = drafted(cloudevent("consent.asked", asked)).payload

    assert isinstance(child, ChildChanged)
    assert isinstance(refusal, ConsentAsked)
    assert child.birth_date == date(1900, 1, 1)
    assert refusal.until == datetime(2299, 12, 31, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "restrictions"),
    [
        ({}, None),
        ({"restrictions": None}, None),
        ({"restrictions": []}, ()),
        ({"restrictions": ["contact-ban"]}, (Restriction.CONTACT_BAN,)),
    ],
)
def test_saying_nothing_of_restrictions_is_not_saying_that_there_is_none(
    stated: dict[str, Any], restrictions: tuple[Restriction, ...] | None
) -> None:
    payload = drafted(
        cloudevent("children.recorded", {"person": PERSON, "child": CHILD} | stated)
    ).payload

    assert isinstance(payload, ChildRecorded)
    assert payload.child.restrictions == restrictions


def test_extensions_are_skipped() -> None:
    assert drafted(cloudevent("safety.freeze-set", FREEZE, traceparent="00-1")).type
