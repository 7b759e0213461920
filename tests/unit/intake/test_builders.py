"""What an operator types goes through the same forms as everything else."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.children import SafetyAnswerKind
from hub.domain.consent import AskState
from hub.domain.events import (
    ConsentAsked,
    ConsentGranted,
    ConsentWithdrawn,
    FreezeLifted,
    FreezeSet,
    SafetyAnswered,
)
from hub.intake import (
    IntakeError,
    consent_given,
    consent_refused,
    consent_withdrawn,
    freeze_lifted,
    freeze_set,
    safety_answered,
)
from tests.unit.intake.support import CHILD, CHILD_KEY, DESK, NUMBER, PERSON_KEY, record

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_a_consent_is_taken_down() -> None:
    draft = consent_given(DESK, AT, NUMBER, record())

    assert isinstance(draft.payload, ConsentGranted)
    assert draft.payload.record.children == (CHILD_KEY,)
    assert (draft.person, draft.occurred_at) == (PERSON_KEY, AT)


def test_a_withdrawal_may_take_back_everything() -> None:
    draft = consent_withdrawn(DESK, AT, NUMBER, declared_at=AT, channel="lawyer", taken_by="desk")

    assert draft.payload == ConsentWithdrawn(declared_at=AT, channel="lawyer", taken_by="desk")


def test_a_refusal_is_respected_until_its_date() -> None:
    until = AT + timedelta(days=30)

    draft = consent_refused(DESK, AT, NUMBER, taken_by="desk", until=until)

    assert draft.payload == ConsentAsked(state=AskState.DECLINED, until=until, taken_by="desk")


def test_a_safety_answer_is_taken_down() -> None:
    draft = safety_answered(
        DESK, AT, NUMBER, child=CHILD, kind="concern", answered_at=AT, role="social-service"
    )

    assert draft.payload == SafetyAnswered(
        child=CHILD_KEY, kind=SafetyAnswerKind.CONCERN, answered_at=AT, role="social-service"
    )


def test_a_freeze_needs_no_reason_and_is_lifted_by_the_parents_word() -> None:
    assert freeze_set(DESK, AT, NUMBER, set_by="officer").payload == FreezeSet(set_by="officer")
    lifted = freeze_lifted(DESK, AT, NUMBER, taken_by="officer", channel="oral")
    assert lifted.payload == FreezeLifted(taken_by="officer", channel="oral")


@pytest.mark.promise("P2")
def test_the_same_entry_for_the_same_instant_is_one_event() -> None:
    first = freeze_set(DESK, AT, NUMBER, set_by="officer")

    assert freeze_set(DESK, AT, NUMBER, set_by="officer").event_id == first.event_id
    later = freeze_set(DESK, AT + timedelta(seconds=1), NUMBER, set_by="officer")
    assert later.event_id != first.event_id


@pytest.mark.promise("P11")
def test_every_fault_of_an_entry_is_named() -> None:
    with pytest.raises(IntakeError) as caught:
        consent_withdrawn(DESK, AT, "Z1", declared_at=AT, channel="telepathy", taken_by="")

    found = {(problem.code, problem.field_path) for problem in caught.value.problems}
    assert found == {
        ("bad-person-number", "person"),
        ("unknown-value", "channel"),
        ("value-empty", "taken_by"),
    }
