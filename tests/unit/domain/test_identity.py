"""Two numbers, one person: what was known under either is known, and nothing is sent twice."""

from __future__ import annotations

from itertools import permutations

import pytest

from hub.domain.decide import cases_needed
from hub.domain.decision import Ignored
from hub.domain.events import BookingMoved, IdentityLinked, PersonsMerged, TaskResolved
from hub.domain.movements import MovementKind
from hub.domain.referral import Operation
from hub.domain.values import changed
from tests.support.rules import rules
from tests.support.story import (
    DAY,
    MINUTE,
    OTHER_PARENT,
    PARENT,
    START,
    Story,
    child_key,
    number_of,
    ready,
)

MERGE = PersonsMerged(
    survivor=number_of(PARENT), removed_number=number_of(OTHER_PARENT), removed=OTHER_PARENT
)
LINK = IdentityLinked(
    person=number_of(PARENT), other_number=number_of(OTHER_PARENT), other=OTHER_PARENT
)
MOVE = BookingMoved(
    person=number_of(PARENT),
    from_number=number_of(OTHER_PARENT),
    moved_from=OTHER_PARENT,
    booking="B-1",
)


def merged(story: Story, payload: PersonsMerged | IdentityLinked = MERGE) -> Story:
    """Let the register say that both numbers are the first person's."""
    return story.about(PARENT).happens(payload)


def test_a_merge_needs_both_cases() -> None:
    story = merged(Story().admitted())

    assert cases_needed(story.events[-1]) == (PARENT, OTHER_PARENT)


@pytest.mark.parametrize("payload", [MERGE, LINK], ids=["merge", "link"])
def test_a_merge_unites_children_and_stays_and_leaves_an_alias(
    payload: PersonsMerged | IdentityLinked,
) -> None:
    story = Story().admitted().child("mia").about(OTHER_PARENT).child("ole").child("mia")

    merged(story, payload)

    assert {c.child for c in story.case.children} == {child_key("mia"), child_key("ole")}
    assert story.case.aliases == (OTHER_PARENT,)
    assert story.cases[OTHER_PARENT].alias_of == PARENT
    assert story.cases[OTHER_PARENT].children == ()


def test_a_late_event_under_the_old_number_finds_the_case() -> None:
    story = merged(Story().admitted().child())

    story.about(OTHER_PARENT).moved(MovementKind.COURT_OUT, at=START + MINUTE)

    assert len(story.case.movements) == 2
    assert story.case.person == PARENT


def test_a_second_report_of_a_merge_changes_nothing() -> None:
    assert merged(merged(Story().admitted())).last.ignored is Ignored.ALREADY_KNOWN


@pytest.mark.promise("P2")
def test_the_same_help_offered_under_both_numbers_stays_open_once() -> None:
    story = ready().delivered()
    first = story.referrals[0]
    story.about(OTHER_PARENT).admitted(at=START).child().cleared().consented("C-2")
    story.wait(hours=1)
    assert story.operations() == [Operation.REFER, Operation.REFER]

    merged(story)

    assert [r.referral_id for r in story.referrals] == [first.referral_id]
    assert [s.retraction_reason for s in story.last.sends if s.retraction] == ["merged"]


@pytest.mark.promise("P2")
def test_a_referral_of_the_removed_number_is_carried_on_by_the_survivor() -> None:
    story = Story().about(OTHER_PARENT).admitted().child().cleared().consented().wait(hours=1)
    story.delivered()

    merged(story).wait(days=1)

    assert Operation.RETRACT not in story.operations()
    assert len(story.referrals) == 1
    story.withdrew()
    assert story.operations()[-1] is Operation.RETRACT


@pytest.mark.promise("P4")
def test_a_withdrawal_under_either_number_counts_for_both() -> None:
    story = ready().delivered().about(OTHER_PARENT).withdrew(None)

    merged(story)

    assert story.sends[-1].retraction_reason == "consent-withdrawn"


@pytest.mark.promise("P4")
def test_a_record_known_under_both_numbers_is_withdrawn_if_it_was_under_one() -> None:
    story = ready().delivered().about(OTHER_PARENT).consented("C-1", at=START).withdrew("C-1")

    merged(story)

    assert story.operations()[-1] is Operation.RETRACT


def test_a_freeze_under_either_number_freezes_the_person() -> None:
    story = Story().about(OTHER_PARENT).frozen()

    assert merged(story).case.freeze is not None


def test_a_task_that_was_resolved_before_the_merge_stays_resolved() -> None:
    story = Story().about(OTHER_PARENT).admitted().child(carer=None)
    (task,) = story.case.tasks
    story.happens(TaskResolved(task_id=task.task_id, resolution="seen", resolved_by="officer"))

    assert merged(story).tasks() == set()


def test_a_stay_put_away_under_the_old_number_still_takes_in_its_late_reports() -> None:
    story = Story().about(OTHER_PARENT).admitted().wait(days=1).released().wait(days=15)
    merged(story)

    story.admitted(at=START + MINUTE)

    assert story.case.episodes == ()
    assert len(story.archive) == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_merge_may_come_before_or_after_what_it_unites(order: tuple[int, ...]) -> None:
    story = Story(start=START + DAY)
    steps = [
        lambda: story.about(PARENT).admitted(at=START),
        lambda: story.about(OTHER_PARENT).child("ole", at=START),
        lambda: story.about(OTHER_PARENT).consented("C-2", at=START),
        lambda: merged(story),
    ]
    for number in order:
        steps[number]()

    story.about(PARENT).cleared("ole").wait(hours=1)

    assert len(story.case.episodes) == len(story.referrals) == 1


def booked() -> Story:
    """Tell of a stay with a booking under the wrong number, referred and delivered."""
    story = Story(rules(lookups=True)).about(OTHER_PARENT).admitted()
    story.answered_lookup(booking="B-1").child().cleared().consented()
    return story.wait(hours=1)


@pytest.mark.promise("P2")
def test_a_booking_that_moves_takes_its_stay_and_what_left_along() -> None:
    story = booked().delivered().about(PARENT).happens(MOVE).wait(days=1)

    assert [e.booking for e in story.case.episodes] == ["B-1"]
    assert story.cases[OTHER_PARENT].episodes == ()
    assert story.operations() == [Operation.REFER]
    assert len(story.referrals) == 1


def test_what_never_left_is_taken_back_under_the_number_it_was_made_for() -> None:
    story = booked().about(PARENT).happens(MOVE)

    assert story.operations() == [Operation.REFER, Operation.RETRACT]
    assert story.sends[-1].person == OTHER_PARENT
    assert story.referrals == []


def test_a_booking_that_nobody_knows_is_a_task() -> None:
    story = Story().admitted().happens(changed(MOVE, booking="B-9"))

    assert story.tasks() == {"identity-unmatched"}
