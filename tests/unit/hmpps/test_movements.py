"""Reasons and codes become movement kinds by table, and what is in no table is never guessed."""

import pytest

from connectors.hmpps import HmppsConfig, HmppsSource
from hub.domain.events import MovementRecorded
from hub.domain.movements import MovementKind
from tests.unit.hmpps.support import (
    RECEIVED,
    RECEIVED_SOON,
    RELEASED,
    RELEASED_SOON,
    SOURCE,
    bare,
    drafted,
    event,
    info,
    translated,
)

K = MovementKind


def movement(
    event_type: str, reason: str, code: str | None = None, source: HmppsSource = SOURCE
) -> MovementRecorded:
    """Return the movement that a report becomes."""
    details = info(reason=reason, nomisMovementReasonCode=code)
    payload = drafted(bare(event(event_type, additionalInformation=details)), source).payload
    assert isinstance(payload, MovementRecorded)
    return payload


@pytest.mark.parametrize(
    ("event_type", "reason", "kind"),
    [
        (RECEIVED, "ADMISSION", K.ADMISSION),
        (RECEIVED, "TRANSFERRED", K.TRANSFER_IN),
        (RECEIVED, "RETURN_FROM_COURT", K.COURT_RETURN),
        (RECEIVED, "TEMPORARY_ABSENCE_RETURN", K.ABSENCE_RETURN),
        (RELEASED, "RELEASED", K.RELEASE),
        (RELEASED, "RELEASED_TO_HOSPITAL", K.HOSPITAL),
        (RELEASED, "TRANSFERRED", K.TRANSFER_OUT),
        (RELEASED, "SENT_TO_COURT", K.COURT_OUT),
        (RELEASED, "TEMPORARY_ABSENCE_RELEASE", K.ABSENCE_OUT),
        (RELEASED, "UNKNOWN", K.UNKNOWN),
        (RECEIVED_SOON, "NEW_ADMISSION", K.ADMISSION),
        (RECEIVED_SOON, "READMISSION", K.ADMISSION),
        (RECEIVED_SOON, "READMISSION_SWITCH_BOOKING", K.ADMISSION),
        (RECEIVED_SOON, "POST_MERGE_ADMISSION", K.ADMISSION),
        (RECEIVED_SOON, "TRANSFERRED", K.TRANSFER_IN),
        (RECEIVED_SOON, "RETURN_FROM_COURT", K.COURT_RETURN),
        (RECEIVED_SOON, "TEMPORARY_ABSENCE_RETURN", K.ABSENCE_RETURN),
        (RELEASED_SOON, "RELEASED", K.RELEASE),
        (RELEASED_SOON, "RELEASED_TO_HOSPITAL", K.HOSPITAL),
        (RELEASED_SOON, "TRANSFERRED", K.TRANSFER_OUT),
        (RELEASED_SOON, "SENT_TO_COURT", K.COURT_OUT),
        (RELEASED_SOON, "TEMPORARY_ABSENCE_RELEASE", K.ABSENCE_OUT),
        (RECEIVED, "NEW_ADMISSION", K.UNKNOWN),
        (RECEIVED_SOON, "ADMISSION", K.UNKNOWN),
        (RECEIVED, "SOMETHING_NEW", K.UNKNOWN),
        (RELEASED_SOON, "SOMETHING_NEW", K.UNKNOWN),
    ],
)
def test_a_reason_names_the_kind(event_type: str, reason: str, kind: MovementKind) -> None:
    assert movement(event_type, reason).kind is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DEC", K.DEATH),
        ("UAL", K.ESCAPE),
        ("UAL_ECL", K.ESCAPE),
        ("ESCP", K.ESCAPE),
        ("DD", K.DEPORTATION),
        ("DE", K.DEPORTATION),
        ("DL", K.DEPORTATION),
        ("HP", K.HOSPITAL),
        ("HO", K.HOSPITAL),
        ("HQ", K.HOSPITAL),
        ("CR", K.RELEASE),
        ("NEWCODE", K.UNKNOWN),
    ],
)
def test_only_the_code_tells_what_a_release_was(code: str, kind: MovementKind) -> None:
    found = movement(RELEASED, "RELEASED", code)

    assert (found.kind, found.reason_code) == (kind, code)


@pytest.mark.parametrize("code", ["L", "B", "Y"])
def test_a_recall_is_inferred_from_the_code(code: str) -> None:
    assert movement(RECEIVED, "ADMISSION", code).kind is K.RECALL_TO_CUSTODY


def test_an_administrative_merge_is_no_release() -> None:
    details = info(reason="RELEASED", nomisMovementReasonCode="MRG")

    found = translated(bare(event(RELEASED, additionalInformation=details)))

    assert (found.drafts, found.ignored) == ((), "administrative")


def test_a_site_adds_the_codes_of_its_own_releases() -> None:
    source = HmppsSource(HmppsConfig(release_codes=frozenset({"NEWCODE"})))

    assert movement(RELEASED, "RELEASED", "NEWCODE", source).kind is K.RELEASE


def test_a_report_without_code_says_so() -> None:
    assert movement(RELEASED_SOON, "RELEASED").reason_code is None


def test_each_family_declares_how_long_its_publisher_held_the_message() -> None:
    config = HmppsConfig(prison_offender_events_held_s=2700, prisoner_offender_search_held_s=5)
    source = HmppsSource(config)

    assert movement(RECEIVED, "ADMISSION", "N", source).held_s == 2700
    assert movement(RECEIVED_SOON, "NEW_ADMISSION", None, source).held_s == 5
    assert movement(RECEIVED, "ADMISSION", "N").held_s == 0


def test_a_movement_without_prison_has_no_location() -> None:
    message = bare(event(additionalInformation=info() | {"prisonId": None}))
    payload = drafted(message).payload

    assert isinstance(payload, MovementRecorded)
    assert payload.location is None
