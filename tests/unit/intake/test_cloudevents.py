"""CloudEvents become drafts; everything wrong with one is said at once and nothing is repeated."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    RECORD_TYPES,
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ChildRemoved,
    ConsentAsked,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    Draft,
    FreezeLifted,
    FreezeSet,
    IdentityLinked,
    MovementRecorded,
    Payload,
    PersonNumber,
    SafetyAnswered,
    TaskResolved,
)
from hub.domain.ids import Namespace, RecipientId, SourceId
from hub.domain.movements import MovementKind
from hub.errors import Poison
from hub.intake import IntakeContext, IntakeError, translate_cloudevent
from hub.intake.record_types import INBOUND
from tests.unit.intake.support import (
    CHILD,
    CHILD_KEY,
    DESK,
    NOMS,
    NUMBER,
    PERSON,
    PERSON_KEY,
    PSEUDONYMS,
    TENANT,
    TIME,
    cloudevent,
    record,
    reference,
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TASK = "00000000-0000-4000-8000-00000000000b"
MATRIKEL = Namespace("MATRIKEL")


def drafted(body: bytes) -> Draft:
    """Return the one draft of an event."""
    (draft,) = translate_cloudevent(body, DESK)
    return draft


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


@pytest.mark.parametrize("record_type", sorted(set(RECORD_TYPES) - set(INBOUND)))
def test_the_hubs_own_word_can_not_be_handed_in(record_type: str) -> None:
    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent(record_type, {"person": PERSON}))

    assert caught.value.problems[0][:2] == ("type-not-allowed", "type")


def test_a_prison_feed_can_not_forge_consent() -> None:
    feed = DESK._replace(may_write=frozenset({"movements"}))

    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(cloudevent("consent.granted", {"person": PERSON}), feed)

    assert caught.value.reason == "type-not-allowed"


FREEZE = {"person": PERSON, "set_by": "officer"}
LIFT = {"person": PERSON, "taken_by": "officer", "channel": "oral"}
ANSWER = {
    "person": PERSON,
    "child": CHILD,
    "kind": "clear",
    "answered_at": TIME,
    "role": "social-service",
}


def test_a_sender_of_one_record_type_writes_no_other_of_its_context() -> None:
    duty = DESK._replace(may_write=frozenset({"safety.freeze-set"}))

    (draft,) = translate_cloudevent(cloudevent("safety.freeze-set", FREEZE), duty)
    refused = []
    for record_type, data in (("safety.freeze-lifted", LIFT), ("safety.answered", ANSWER)):
        with pytest.raises(IntakeError) as caught:
            translate_cloudevent(cloudevent(record_type, data), duty)
        refused.append(caught.value.problems[0][:2])

    assert draft.payload == FreezeSet(set_by="officer")
    assert refused == [("type-not-allowed", "type")] * 2


def test_a_sender_answers_the_safety_question_in_its_own_roles_only() -> None:
    service = DESK._replace(roles=frozenset({"social-service"}))

    taken = translate_cloudevent(cloudevent("safety.answered", ANSWER), service)
    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(cloudevent("safety.answered", ANSWER | {"role": "judge"}), service)

    assert len(taken) == 1
    [problem] = caught.value.problems
    assert problem[:2] == ("role-not-allowed", "data.role")
    assert "social-service" in problem.remedy
    assert "judge" not in str(caught.value)


@pytest.mark.parametrize("links_with", [frozenset(), frozenset({Namespace("OTHER")})])
def test_a_sender_names_persons_of_registers_it_may_link_with_only(
    links_with: frozenset[Namespace],
) -> None:
    data = {"person": PERSON, "other": {"namespace": "MATRIKEL", "number": "77/2026"}}

    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(
            cloudevent("identity.linked", data), DESK._replace(links_with=links_with)
        )

    [problem] = caught.value.problems
    assert problem[:2] == ("link-not-allowed", "data.other.namespace")
    assert "77" not in str(caught.value)


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


@pytest.mark.promise("P6")
def test_the_desks_own_number_is_kept_in_one_sealed_field_only() -> None:
    number = f"{NUMBER} Erika Mustermann 1"
    whole = record(record_id=number, supersedes=f"{NUMBER} 0")

    granted = drafted(cloudevent(CONSENT, {"person": PERSON, "record": whole})).payload
    assert isinstance(granted, ConsentGranted)
    said = granted.record
    withdrawn = drafted(
        cloudevent(
            "consent.withdrawn",
            {
                "person": PERSON,
                "declared_at": TIME,
                "channel": "oral",
                "taken_by": "x",
                "record_id": number,
            },
        )
    ).payload

    assert said.desk_number == number
    assert said.supersedes == reference(f"{NUMBER} 0")
    assert isinstance(withdrawn, ConsentWithdrawn)
    assert withdrawn.record_id == said.record_id == reference(number)
    assert NUMBER not in f"{withdrawn} {msgspec.structs.replace(said, desk_number=None)}"


def test_all_who_write_for_a_register_mean_the_same_record_by_the_same_number() -> None:
    other_desk = DESK._replace(source=SourceId("cli"))
    other_register = DESK._replace(namespace=MATRIKEL)
    elsewhere = {"namespace": "MATRIKEL", "number": "77/2026"}
    other_person = PERSON | {"number": "Z0001ZZ"}

    def filed(context: IntakeContext, person: dict[str, str]) -> str:
        body = cloudevent(CONSENT, {"person": person, "record": record()})
        payload = translate_cloudevent(body, context)[0].payload
        assert isinstance(payload, ConsentGranted)
        return payload.record.record_id

    assert filed(other_desk, PERSON) == filed(DESK, PERSON)
    assert filed(DESK, other_person) == filed(DESK, PERSON), "numbers of one person may be merged"
    assert filed(other_register, elsewhere) != filed(DESK, PERSON)


def test_extensions_are_skipped() -> None:
    assert drafted(cloudevent("safety.freeze-set", FREEZE, traceparent="00-1")).type


CONSENT = "consent.granted"
BAD: list[tuple[str, bytes, set[tuple[str, str]]]] = [
    ("no JSON", b"{", {("invalid-json", "")}),
    ("a batch", b"[]", {("wrong-type", "")}),
    ("no type", cloudevent("x", FREEZE, type=None), {("missing-field", "type")}),
    ("unknown type", cloudevent("x.y", FREEZE), {("unknown-type", "type")}),
    ("no data", cloudevent("safety.freeze-set", None), {("missing-field", "data")}),
    ("data is a text", cloudevent("safety.freeze-set", "x"), {("wrong-type", "data")}),
    (
        "attributes and data at once",
        cloudevent("safety.freeze-set", {"person": PERSON}, time=None, specversion="0.3"),
        {
            ("missing-field", "time"),
            ("unknown-value", "specversion"),
            ("missing-field", "data.set_by"),
        },
    ),
    (
        "local time",
        cloudevent("safety.freeze-set", FREEZE, time="2026-03-02T09:00:00"),
        {("bad-timestamp", "time")},
    ),
    (
        "seconds since 1970",
        cloudevent("safety.freeze-set", FREEZE, time=1772438400),
        {("bad-timestamp", "time")},
    ),
    (
        "foreign register",
        cloudevent("safety.freeze-set", FREEZE | {"person": PERSON | {"namespace": "OTHER"}}),
        {("namespace-not-allowed", "data.person.namespace")},
    ),
    (
        "slip of the pen",
        cloudevent("safety.freeze-set", FREEZE | {"person": PERSON | {"number": "Z000ZZ"}}),
        {("bad-person-number", "data.person")},
    ),
    (
        "unknown field",
        cloudevent("safety.freeze-set", FREEZE | {"reason": "x"}),
        {("unknown-field", "data")},
    ),
    (
        "NUL",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": "a\x00b"}),
        {("nul-in-text", "data.set_by")},
    ),
    (
        "long",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": "x" * 241}),
        {("value-too-long", "data.set_by")},
    ),
    (
        "blank",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": " "}),
        {("value-empty", "data.set_by")},
    ),
    (
        "several faults of a record",
        cloudevent(
            CONSENT,
            {"person": PERSON, "record": record(purposes=["x"], scope=1, secrecy_release="yes")},
        ),
        {
            ("unknown-value", "data.record.purposes[0]"),
            ("unknown-value", "data.record.scope"),
            ("wrong-type", "data.record.secrecy_release"),
        },
    ),
    (
        "unknown is no purpose",
        cloudevent(CONSENT, {"person": PERSON, "record": record(purposes=["unknown"])}),
        {("unknown-value", "data.record.purposes[0]")},
    ),
    (
        "for whom",
        cloudevent(CONSENT, {"person": PERSON, "record": record(children=None)}),
        {("contradiction", "data.record")},
    ),
    (
        "by whom",
        cloudevent(CONSENT, {"person": PERSON, "record": record(grantors=None)}),
        {("missing-field", "data.record")},
    ),
    (
        "standing for ever",
        cloudevent(CONSENT, {"person": PERSON, "record": record(scope="standing")}),
        {("missing-field", "data.record")},
    ),
    (
        "over before it began",
        cloudevent(CONSENT, {"person": PERSON, "record": record(expires_at=TIME)}),
        {("contradiction", "data.record")},
    ),
    (
        "unborn with birthday",
        cloudevent(
            "children.changed",
            {
                "person": PERSON,
                "child": CHILD,
                "relationship": "unborn",
                "birth_date": "2026-01-01",
            },
        ),
        {("contradiction", "data")},
    ),
    (
        "no such day",
        cloudevent(
            "children.changed", {"person": PERSON, "child": CHILD, "birth_date": "2026-02-30"}
        ),
        {("bad-date", "data.birth_date")},
    ),
    (
        "a day that no calendar of ours holds",
        cloudevent(
            "children.changed", {"person": PERSON, "child": CHILD, "birth_date": "9999-01-01"}
        ),
        {("bad-date", "data.birth_date")},
    ),
    (
        "for ever",
        cloudevent(
            "consent.asked",
            {
                "person": PERSON,
                "state": "declined",
                "until": "9999-12-31T00:00:00Z",
                "taken_by": "x",
            },
        ),
        {("bad-timestamp", "data.until")},
    ),
    (
        "beyond the end of the calendar in UTC",
        cloudevent("safety.freeze-set", FREEZE, time="9999-12-31T23:59:59-01:00"),
        {("bad-timestamp", "time")},
    ),
    (
        "a second before the first instant",
        cloudevent("safety.freeze-set", FREEZE, time="1799-12-31T23:59:59Z"),
        {("bad-timestamp", "time")},
    ),
    (
        "count",
        cloudevent("children.counted", {"person": PERSON, "count": 100}),
        {("out-of-range", "data.count")},
    ),
    (
        "task",
        cloudevent(
            "tasks.resolved",
            {"person": PERSON, "task_id": "1", "resolution": "Free text!", "resolved_by": "x"},
        ),
        {("bad-format", "data.task_id"), ("bad-format", "data.resolution")},
    ),
]


def problems(error: Poison) -> set[tuple[str, str]]:
    """Return (code, path) of every fault."""
    if isinstance(error, IntakeError):
        return {(p.code, p.field_path) for p in error.problems}
    return {(error.reason, error.field_path)}


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("body", "expected"), [r[1:] for r in BAD], ids=[r[0] for r in BAD])
def test_every_fault_is_named_at_once(body: bytes, expected: set[tuple[str, str]]) -> None:
    with pytest.raises(Poison) as caught:
        drafted(body)

    assert problems(caught.value) == expected
    assert caught.value.remedy


CANARY = "Canary-Kanarienvogel-4711"


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "data",
    [
        {"person": {"namespace": "NOMS", "number": CANARY}, "set_by": "x"},
        FREEZE | {CANARY: CANARY},
        FREEZE | {"set_by": [CANARY]},
        FREEZE | {"set_by": CANARY + "\x00"},
        FREEZE | {"person": CANARY},
    ],
)
def test_an_error_repeats_nothing_of_the_event(data: dict[str, object]) -> None:
    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent("safety.freeze-set", data))

    told = f"{caught.value} {caught.value!r} {caught.value.problems} {caught.value.__cause__!r}"
    assert CANARY not in told


# JSON has no word for infinity: such a body is refused as a whole, before any field is looked at.
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=5,
)


@pytest.mark.promise("P11")
@given(st.sampled_from(UNDERSTOOD), st.data())
def test_whatever_stands_in_a_field_only_the_event_is_refused(
    row: tuple[str, dict[str, Any], Payload], data: st.DataObject
) -> None:
    record_type, fields, _ = row
    broken = data.draw(st.sampled_from(sorted(fields)))
    content = {"person": PERSON} | fields | {broken: data.draw(ANYTHING)}

    try:
        found = translate_cloudevent(cloudevent(record_type, content), DESK)
    except Poison as poison:
        found = ()
        assert_named(poison)

    assert len(found) <= 1


def assert_named(poison: Poison) -> None:
    """Claim that a refusal has a reason and a place."""
    assert poison.reason
    assert poison.field_path.startswith("data")
