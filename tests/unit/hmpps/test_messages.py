"""Odd messages are understood as meant, and the same message always becomes the same event."""

import json
from datetime import UTC, datetime

import pytest

from hub.domain.events import BookingDeleted, PersonNumber, Reassessed
from tests.unit.hmpps.support import (
    CONTEXT,
    NOMS,
    NUMBER,
    RECEIVED,
    bare,
    drafted,
    event,
    info,
    samples,
    translated,
    wrapped,
)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T08:55:00Z", datetime(2026, 3, 2, 8, 55, tzinfo=UTC)),
        ("2026-03-02T08:55:00+01:00", datetime(2026, 3, 2, 7, 55, tzinfo=UTC)),
        ("2026-03-02T08:55:00-0230", datetime(2026, 3, 2, 11, 25, tzinfo=UTC)),
        ("2026-03-02T08:55:00.123456789Z", datetime(2026, 3, 2, 8, 55, 0, 123456, tzinfo=UTC)),
        ("2026-03-02T08:55:00.5Z", datetime(2026, 3, 2, 8, 55, 0, 500_000, tzinfo=UTC)),
        ("2023-07-31T09:26:39.362Z+01:00", datetime(2023, 7, 31, 8, 26, 39, 362_000, tzinfo=UTC)),
        ("2026-03-02T08:55:00", datetime(2026, 3, 2, 8, 55, tzinfo=UTC)),
        ("2026-07-02T08:55:00", datetime(2026, 7, 2, 7, 55, tzinfo=UTC)),
        ("2026-03-02T08:55", datetime(2026, 3, 2, 8, 55, tzinfo=UTC)),
        ("1999-12-31T23:59:59Z", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_as_the_publisher_means_it(text: str, instant: datetime) -> None:
    draft = drafted(bare(event(occurredAt=text)))

    assert draft.occurred_at == instant
    assert draft.occurred_at.tzinfo is UTC


@pytest.mark.parametrize("version", [1, "1", "1.0", 1.0, None])
def test_the_version_may_be_number_or_text(version: object) -> None:
    assert drafted(bare(event(version=version))).type == "movements.recorded"


def test_the_person_may_be_named_in_one_place_only() -> None:
    by_reference = bare(event(additionalInformation=info(nomsNumber=None)))
    by_information = bare(event(personReference=None))

    assert drafted(by_reference).person == CONTEXT.person(NUMBER)
    assert drafted(by_information).person == CONTEXT.person(NUMBER)


def test_a_number_is_one_however_it_was_typed() -> None:
    typed = bare(event(additionalInformation=info(nomsNumber=" z0000zz "), personReference=None))

    assert drafted(typed).person == CONTEXT.person(NUMBER)


def test_identifiers_of_other_registers_are_skipped() -> None:
    reference = {"identifiers": [{"type": "CRN", "value": "X1"}, {"type": "NOMS", "value": NUMBER}]}

    assert drafted(bare(event(personReference=reference))).person == CONTEXT.person(NUMBER)


def test_bare_and_wrapped_say_the_same() -> None:
    loose, packed = drafted(bare(event())), drafted(wrapped(event()))

    assert loose.payload == packed.payload
    assert loose.event_id != packed.event_id


@pytest.mark.promise("P2")
def test_the_same_message_has_the_same_id_and_another_has_not() -> None:
    first = drafted(wrapped(event()))

    assert drafted(wrapped(event(), Timestamp="2026-03-05T00:00:00Z")).event_id == first.event_id
    assert drafted(wrapped(event(), MessageId="other")).event_id != first.event_id
    changed = event(additionalInformation=info(prisonId="LEI"))
    assert drafted(wrapped(changed)).event_id != first.event_id


def test_without_message_id_the_content_alone_is_the_id() -> None:
    first = drafted(wrapped(event(), MessageId=None))

    assert drafted(wrapped(event(), MessageId=None)).event_id == first.event_id
    assert first.event_id == drafted(bare(event())).event_id


def test_a_deleted_booking_names_its_person() -> None:
    deleted = event(
        "prison-offender-events.prisoner.booking.deleted",
        additionalInformation={"bookingId": 1221664},
    )

    assert drafted(bare(deleted)).payload == BookingDeleted(
        person=PersonNumber(namespace=NOMS, number=NUMBER), booking="1221664"
    )


@pytest.mark.parametrize(
    ("event_type", "reason"),
    [
        ("somebody.else.happened", "unknown-event-type"),
        ("prison-offender-events.prisoner.cell.move", "not-a-movement"),
        ("contacts-api.contact-phone.created", "not-a-movement"),
        ("OFFENDER-UPDATED", "legacy-offender-event"),
    ],
)
def test_what_does_not_concern_the_hub_is_not_even_read(event_type: str, reason: str) -> None:
    found = translated(json.dumps({"eventType": event_type, "version": 99}).encode())

    assert found.ignored == reason


CONTACT_EVENTS = {
    "event_number_of_children_created.json": True,
    "event_prisoner_contact_created.json": True,
    "event_prisoner_contact_deleted_by_reset.json": True,
    "event_prisoner_contact_restriction_created.json": True,
    "event_prisoner_restriction_created.json": True,
    "event_contact_restriction_created.json": False,
    "event_contact_updated.json": False,
}


@pytest.mark.parametrize(("file", "names_prisoner"), CONTACT_EVENTS.items())
def test_a_change_of_contacts_asks_for_the_children_anew(
    file: str, *, names_prisoner: bool
) -> None:
    found = translated((samples() / "contacts_api_examples" / file).read_bytes())

    if names_prisoner:
        (draft,) = found.drafts
        assert draft.payload == Reassessed(cause="children-changed")
        assert draft.person == CONTEXT.person(NUMBER)
    else:
        assert found.ignored == "no-prisoner-named"


def test_the_text_of_a_message_is_never_read() -> None:
    poisoned = event(RECEIVED, description="\x00 A8511EA to A8510EA", detailUrl=["not", "a", "url"])

    assert drafted(bare(poisoned)).payload == drafted(bare(event())).payload
