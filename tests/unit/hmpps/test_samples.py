"""Every handed-over message becomes what this reviewed table says."""

from datetime import UTC, datetime

import pytest

from hub.domain.events import (
    BookingMoved,
    MovementRecorded,
    Payload,
    PersonNumber,
    PersonsMerged,
    Reassessed,
)
from hub.domain.movements import MovementKind
from hub.errors import Poison
from tests.unit.hmpps.support import CONTEXT, NOMS, samples, translated

K = MovementKind


def moved(number: str, kind: MovementKind, location: str, code: str | None) -> MovementRecorded:
    """Return the movement that is expected."""
    person = PersonNumber(namespace=NOMS, number=number)
    return MovementRecorded(kind=kind, person=person, location=location, reason_code=code)


def at(text: str) -> datetime:
    """Return an instant written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


PROBATION = "probation-integration__"
SPEC_A = "spec-example__prison-offender-events__"
SPEC_B = "spec-example__prisoner-offender-search__"
CHILDREN = Reassessed(cause="children-changed")

APPLIED: list[tuple[str, str, datetime, Payload]] = [
    (
        PROBATION + "prisoner-received-hospital-custody.json",
        "A0007AA",
        at("2023-08-04T07:09:36.649098"),
        moved("A0007AA", K.HOSPITAL, "SWI", "HQ"),
    ),
    (
        PROBATION + "prisoner-received-new-custody.json",
        "A0004AA",
        at("2023-08-04T07:09:36.649098"),
        moved("A0004AA", K.ADMISSION, "WSI", "N"),
    ),
    (
        PROBATION + "prisoner-received-recalled.json",
        "A0006AA",
        at("2023-08-04T07:09:36.649098"),
        moved("A0006AA", K.ADMISSION, "WSI", "24"),
    ),
    (
        # No personReference.
        PROBATION + "prisoner-received.json",
        "A0002AA",
        at("2022-05-04T07:09:36.649098"),
        moved("A0002AA", K.ADMISSION, "WSI", "R1"),
    ),
    (
        PROBATION + "prisoner-released-ecsl-active.json",
        "A0013AA",
        at("2022-05-04T06:03:50.912169"),
        moved("A0013AA", K.RELEASE, "WSI", "ECSL"),
    ),
    (
        # No MessageId.
        PROBATION + "prisoner-released-hdc.json",
        "A0023AA",
        at("2025-03-31T06:03:50.912169"),
        moved("A0023AA", K.RELEASE, "WSI", "HD"),
    ),
    (
        # Twelve years before its envelope; the offset it names is the one that counts.
        PROBATION + "prisoner-released-historic.json",
        "A0001AA",
        at("2010-01-01T06:03:50.912169"),
        moved("A0001AA", K.RELEASE, "WSI", "NCS"),
    ),
    (
        PROBATION + "prisoner-released.json",
        "A0001AA",
        at("2022-05-04T06:03:50.912169"),
        moved("A0001AA", K.RELEASE, "WSI", "NCS"),
    ),
    (
        SPEC_A + "prisoner.received.json",
        "A8513EA",
        at("2024-10-14T14:08:51"),
        moved("A8513EA", K.ADMISSION, "SWI", "24"),
    ),
    (
        SPEC_A + "prisoner.released.json",
        "A8513EA",
        at("2024-10-14T14:09:54"),
        moved("A8513EA", K.RELEASE, "SWI", "CR"),
    ),
    (
        SPEC_B + "prisoner-received.json",
        "G2899UJ",
        at("2024-10-10T08:52:18.824126"),
        moved("G2899UJ", K.ADMISSION, "KMI", None),
    ),
    (
        # Nine digits of fraction.
        SPEC_B + "prisoner-released.json",
        "A8473EA",
        at("2024-10-11T11:00:19.013138"),
        moved("A8473EA", K.RELEASE, "SWI", None),
    ),
    (
        # Its description names the numbers the other way round.
        SPEC_A + "prisoner.merged.json",
        "A8510EA",
        at("2024-10-14T09:40:37"),
        PersonsMerged(
            survivor=PersonNumber(namespace=NOMS, number="A8510EA"),
            removed_number=PersonNumber(namespace=NOMS, number="A8511EA"),
            removed=CONTEXT.person("A8511EA"),
            booking="1221664",
        ),
    ),
    (
        SPEC_A + "prisoner.booking.moved.json",
        "A8491EA",
        at("2024-10-11T15:39:45"),
        BookingMoved(
            person=PersonNumber(namespace=NOMS, number="A8491EA"),
            from_number=PersonNumber(namespace=NOMS, number="A8490EA"),
            moved_from=CONTEXT.person("A8490EA"),
            booking="1221642",
            started_at=at("2023-12-05T12:34:56"),
        ),
    ),
    (SPEC_A + "prisoner.contact-added.json", "A8511EA", at("2024-10-14T09:38:49"), CHILDREN),
    (
        SPEC_A + "prisoner.person-restriction.upserted.json",
        "A8511EA",
        at("2024-10-14T09:39:18"),
        CHILDREN,
    ),
    (SPEC_A + "prisoner.restriction.changed.json", "G4793VF", at("2024-10-02T10:58:01"), CHILDREN),
]

IGNORED = {
    "offender-events-ui__externalMovement.json": "legacy-offender-event",
    "prisoner-search__offenderDelete.json": "legacy-offender-event",
    "prisoner-search__offenderDetailsChanged.json": "legacy-offender-event",
    PROBATION + "prisoner-matched.json": "not-a-movement",
    SPEC_A + "prisoner.imprisonment-status-changed.json": "not-a-movement",
    SPEC_B + "prisoner-convicted-status-changed.json": "not-a-movement",
    "spec-example__restricted-patients__patient-added.json": "not-a-movement",
    "spec-example__external-movements__tap-movement__"
    "temporary-absence-movement-reversed.json": "not-a-movement",
}

SNAPSHOTS = {
    "prisoner-search__court-out.json",
    "prisoner-search__first-new-booking.json",
    "prisoner-search__released-to-hospital.json",
    "prisoner-search__released.json",
    "prisoner-search__transfer-in.json",
    "prisoner-search__transfer-out.json",
}
"""States, not events: as messages they are rejected, as answers they feed `test_answers`."""


@pytest.mark.parametrize(("file", "number", "occurred_at", "payload"), APPLIED)
def test_a_sample_becomes_the_expected_event(
    file: str, number: str, occurred_at: datetime, payload: Payload
) -> None:
    (draft,) = translated((samples() / file).read_bytes()).drafts

    assert draft.payload == payload
    assert draft.person == CONTEXT.person(number)
    assert draft.occurred_at == occurred_at
    assert (draft.tenant, draft.source, draft.namespace) == CONTEXT[:3]


@pytest.mark.parametrize(("file", "reason"), IGNORED.items())
def test_a_sample_is_rightly_ignored(file: str, reason: str) -> None:
    found = translated((samples() / file).read_bytes())

    assert found.ignored == reason
    assert found.drafts == ()


@pytest.mark.parametrize("file", sorted(SNAPSHOTS))
def test_a_snapshot_is_no_message(file: str) -> None:
    with pytest.raises(Poison) as caught:
        translated((samples() / file).read_bytes())

    assert (caught.value.reason, caught.value.field_path) == ("missing-field", "eventType")


def test_the_table_names_every_sample() -> None:
    files = {path.name for path in samples().glob("*.json")} - {"MANIFEST.json"}

    assert files == {row[0] for row in APPLIED} | set(IGNORED) | SNAPSHOTS


def test_messages_that_share_an_id_stay_different_events() -> None:
    ids = [translated((samples() / row[0]).read_bytes()).drafts[0].event_id for row in APPLIED]

    assert len(set(ids)) == len(APPLIED)
