"""Nothing can have been said after the event that tells of it: a mistyped date is refused."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.domain.events import ConsentAsked, ConsentGranted, Draft, SafetyAnswered
from hub.intake import (
    CsvKind,
    IntakeError,
    consent_given,
    consent_withdrawn,
    read_csv,
    safety_answered,
)
from tests.unit.intake.support import CHILD, DESK, NUMBER, PERSON, TIME, cloudevent, drafted, record

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ALLOWED = "2026-03-02T09:05:00+01:00"
LATE = "2026-03-02T09:05:01+01:00"
MISTYPED = "2036-03-02T09:00:00+01:00"


def statement(field: str, said: str) -> tuple[str, dict[str, Any], str]:
    """Return the type, the data and the path of an event that tells of something said then."""
    order = {"norm": "§ 1 X", "ordered_by": "judge", "ordered_at": said}
    view = {"view": "agrees", "asked_at": said, "asked_by": "social worker"}
    grantors = [{"capacity": "own-data", "given_at": said}]
    answer = {"child": CHILD, "kind": "clear", "answered_at": said, "role": "social-service"}
    word = {"declared_at": said, "channel": "oral", "taken_by": "desk"}
    granted, child = "consent.granted", {"child": CHILD, "view": view}
    found: dict[str, tuple[str, dict[str, Any], str]] = {
        "given_at": (granted, {"record": record(given_at=said)}, "data.record.given_at"),
        "grantor": (
            granted,
            {"record": record(grantors=grantors)},
            "data.record.grantors[0].given_at",
        ),
        "override": (
            granted,
            {"record": record(override=order)},
            "data.record.override.ordered_at",
        ),
        "declared_at": ("consent.withdrawn", word, "data.declared_at"),
        "answered_at": ("safety.answered", answer, "data.answered_at"),
        "view of a record": ("children.recorded", child, "data.view.asked_at"),
        "view": ("children.changed", child, "data.view.asked_at"),
    }
    return found[field]


FIELDS = [
    "given_at",
    "grantor",
    "override",
    "declared_at",
    "answered_at",
    "view of a record",
    "view",
]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("said", [LATE, MISTYPED])
@pytest.mark.parametrize("field", FIELDS)
def test_what_was_said_after_its_event_is_refused(field: str, said: str) -> None:
    record_type, data, path = statement(field, said)

    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent(record_type, {"person": PERSON} | data))

    assert caught.value.problems == (("future-statement", path, "check the date"),)


@pytest.mark.parametrize("field", FIELDS)
def test_two_clocks_may_differ_by_five_minutes(field: str) -> None:
    record_type, data, _ = statement(field, ALLOWED)

    assert drafted(cloudevent(record_type, {"person": PERSON} | data)).occurred_at == AT


def test_what_holds_from_or_until_a_date_may_lie_ahead() -> None:
    ahead = record(effective_from=MISTYPED, expires_at="2037-01-01T00:00:00Z", scope="standing")
    refusal = {"person": PERSON, "state": "declined", "until": MISTYPED, "taken_by": "desk"}

    granted = drafted(cloudevent("consent.granted", {"person": PERSON, "record": ahead})).payload
    asked = drafted(cloudevent("consent.asked", refusal)).payload

    mistyped = datetime.fromisoformat(MISTYPED)
    assert isinstance(granted, ConsentGranted)
    assert granted.record.effective_from == mistyped
    assert isinstance(asked, ConsentAsked)
    assert asked.until == mistyped


def test_without_a_legible_time_of_the_event_only_that_is_named() -> None:
    record_type, data, _ = statement("declared_at", MISTYPED)

    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent(record_type, {"person": PERSON} | data, time="yesterday"))

    assert [problem[:2] for problem in caught.value.problems] == [("bad-timestamp", "time")]


@pytest.mark.promise("P11")
def test_what_an_operator_types_was_not_said_later_than_now() -> None:
    late = AT + timedelta(minutes=6)

    entries: list[Callable[[], Draft]] = [
        lambda: consent_given(DESK, AT, NUMBER, record(given_at=MISTYPED)),
        lambda: consent_withdrawn(
            DESK, AT, NUMBER, declared_at=late, channel="oral", taken_by="desk"
        ),
        lambda: safety_answered(
            DESK, AT, NUMBER, child=CHILD, kind="clear", answered_at=late, role="social-service"
        ),
    ]
    found = []
    for entry in entries:
        with pytest.raises(IntakeError) as caught:
            entry()
        found += [problem[:2] for problem in caught.value.problems]

    assert found == [
        ("future-statement", "record.given_at"),
        ("future-statement", "declared_at"),
        ("future-statement", "answered_at"),
    ]


@pytest.mark.promise("P11")
def test_rows_of_a_file_are_held_against_the_hubs_own_time() -> None:
    head = "person_namespace,person_number,child_contact_id,answer,answered_at,role\n"
    rows = "".join(
        f"NOMS,Z0000ZZ,20900001,clear,{said},social-service\n" for said in (TIME, MISTYPED, LATE)
    )

    report = read_csv(CsvKind.SAFETY, io.BytesIO((head + rows).encode()), DESK, now=AT)

    assert report.lines == (2,)
    assert isinstance(report.drafts[0].payload, SafetyAnswered)
    fault = ("answered_at", "future-statement", "check the date")
    assert report.problems == ((3, *fault), (4, *fault))


@pytest.mark.promise("P11")
def test_a_mistyped_consent_in_a_file_is_named_by_its_column() -> None:
    head = (
        "person_namespace,person_number,record_id,given_at,purposes,categories,grantors,children\n"
    )
    row = f"NOMS,Z0000ZZ,F-1,{TIME},family-support,imprisonment,own-data@{MISTYPED},20900001\n"

    report = read_csv(CsvKind.CONSENTS, io.BytesIO((head + row).encode()), DESK, now=AT)

    assert [problem[:3] for problem in report.problems] == [(2, "grantors", "future-statement")]
