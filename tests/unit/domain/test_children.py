"""Recorded children: the latest statement about each field counts, whoever heard it first."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    ChildView,
    Relationship,
    SafetyAnswerKind,
    View,
)
from hub.domain.decision import Ignored
from hub.domain.events import (
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ChildRemoved,
    LookupFailed,
    Payload,
    Reassessed,
    TaskResolved,
)
from hub.domain.values import changed
from tests.support.rules import OTHER_AREA, rules
from tests.support.story import START, Story, a_child, child_key

HOUR = timedelta(hours=1)
MIA = child_key("mia")
PROTECTED = Address(area=OTHER_AREA, protected=True)


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_the_order_of_arrival_never_counts(order: tuple[int, ...]) -> None:
    words: list[tuple[Payload, int]] = [
        (ChildRecorded(child=a_child("mia", given_name="Mina", language="de")), 0),
        (ChildChanged(child=MIA, address=PROTECTED, told="away for a while"), 1),
        (ChildRecorded(child=a_child("mia", carer=None)), 2),
        (ChildChanged(child=MIA, carer=Carer(state=CarerState.NONE)), 3),
        (ChildRecorded(child=a_child("mia", birth_date=date(2020, 1, 1), carer=None)), 4),
    ]
    story = Story(start=START + 9 * HOUR)
    for number in order:
        payload, hours = words[number]
        story.happens(payload, at=START + hours * HOUR)

    (child,) = story.case.children
    assert (child.given_name, child.language, child.told) == ("Mia", "de", "away for a while")
    assert child.address == PROTECTED
    assert child.carer == Carer(state=CarerState.NONE)
    assert child.birth_date == date(2020, 1, 1)


def test_the_consent_desk_knows_the_place_better_than_the_register() -> None:
    story = Story().said_of("mia", address=PROTECTED).wait(hours=1).child()

    assert story.case.children[0].address == PROTECTED


def test_a_child_removed_stays_removed_until_recorded_anew() -> None:
    story = Story().child().wait(hours=1).happens(ChildRemoved(child=MIA, reason="wrong-person"))
    story.child(at=START)
    assert story.case.children[0].removed

    story.wait(hours=1).child()

    assert not story.case.children[0].removed


@pytest.mark.promise("P3")
def test_the_latest_safety_answer_counts_and_a_concern_at_the_same_instant() -> None:
    story = Story(start=START + HOUR).child()
    story.cleared(at=START).cleared(kind=SafetyAnswerKind.CONCERN, at=START).cleared(at=START)

    answer = story.case.children[0].safety

    assert answer is not None
    assert answer.kind is SafetyAnswerKind.CONCERN
    assert story.last.ignored is Ignored.ALREADY_KNOWN


@pytest.mark.promise("P3")
def test_a_safety_answer_dated_ahead_holds_no_longer_than_one_given_now() -> None:
    story = Story().child().cleared(at=START + timedelta(days=900))

    answer = story.case.children[0].safety

    assert answer is not None
    assert answer.answered_at == START


def test_a_number_alone_is_a_task_and_never_a_referral() -> None:
    story = Story().admitted().consented().happens(ChildCountRecorded(count=2)).wait(hours=1)

    assert story.tasks() == {"children-unnamed"}
    assert story.sends == []

    story.child().cleared()
    assert story.tasks() == set()


def test_the_latest_number_counts_and_none_clears_it() -> None:
    story = Story(start=START + HOUR).happens(ChildCountRecorded(count=None), at=START + HOUR)

    story.happens(ChildCountRecorded(count=3), at=START)

    assert story.case.child_count is None


def test_an_illegible_number_is_a_question_to_a_person() -> None:
    assert Story().happens(ChildCountRecorded(legible=False)).tasks() == {"data-quality"}


def test_a_child_possibly_alone_is_a_task_at_once_and_escalates() -> None:
    story = Story().admitted().child(carer=None)
    (task,) = story.case.tasks
    assert (task.kind.value, task.severity.value) == ("child-alone", "critical")

    story.wait(minutes=61)

    assert [t.escalated for t in story.case.tasks] == [True]
    assert story.sends == []


@pytest.mark.parametrize("state", [CarerState.UNKNOWN, CarerState.NONE])
def test_a_carer_unknown_or_none_counts_as_alone(state: CarerState) -> None:
    assert "child-alone" in Story().admitted().child(carer=Carer(state=state)).tasks()


def test_the_task_ends_when_somebody_is_known_to_care() -> None:
    story = Story().admitted().child(carer=None)

    story.said_of("mia", carer=Carer(state=CarerState.KNOWN, name="Oma Erfunden"))

    assert story.tasks() == set()


def test_an_unborn_child_is_nowhere_alone_and_becomes_a_child_at_birth() -> None:
    story = Story().admitted()
    story.child(
        relationship=Relationship.UNBORN,
        birth_date=None,
        expected_date=date(2031, 9, 1),
        carer=None,
    )
    assert story.tasks() == set()

    story.said_of("mia", birth_date=date(2031, 8, 30))

    assert story.tasks() == {"child-alone"}


def test_an_unknown_birth_date_is_a_task() -> None:
    assert Story().admitted().child(birth_date=None).tasks() == {"birth-date-unknown"}


def test_a_young_childs_objection_is_a_task_and_denies_nothing() -> None:
    view = ChildView(view=View.OBJECTS, asked_at=START, asked_by="social-service")
    story = Story().admitted().child().cleared().consented().said_of("mia", view=view)

    story.wait(hours=1)

    assert story.tasks() == {"child-objects"}
    assert len(story.referrals) == 1


def test_children_of_age_at_admission_concern_nobody() -> None:
    assert Story().admitted().child(birth_date=date(2000, 1, 1), carer=None).tasks() == set()


def test_an_admission_asks_for_the_children_once() -> None:
    story = Story(rules(lookups=True)).admitted().wait(minutes=5).admitted()

    assert len(story.lookups) == 1


def test_children_that_changed_at_the_source_are_asked_for_again() -> None:
    story = Story(rules(lookups=True)).admitted().answered_lookup().wait(hours=1)

    story.happens(Reassessed(cause="children-changed"))

    assert len({wanted.lookup_id for wanted in story.lookups}) == 2


def test_a_look_up_that_fails_is_a_task_until_an_answer_comes() -> None:
    story = Story(rules(lookups=True)).admitted()
    story.happens(LookupFailed(lookup_id=story.lookups[0].lookup_id, reason="not-found"))
    assert story.tasks() == {"lookup-failed"}

    story.wait(hours=2).answered_lookup(a_child("mia"))

    assert story.tasks() == set()
    assert [c.child for c in story.case.children] == [MIA]


def test_a_look_up_without_answer_is_a_task_and_its_late_answer_still_counts() -> None:
    story = Story(rules(lookups=True)).admitted().wait(minutes=31)
    silent = story.tasks()

    story.answered_lookup(a_child("mia"), count=1)

    assert silent == {"lookup-failed"}
    assert story.tasks() == set()
    assert len(story.case.children) == 1


def test_an_answer_that_nobody_asked_for_is_ignored() -> None:
    story = Story(rules(lookups=True)).admitted()
    wanted = story.lookups.pop()
    story.lookups.append(changed(wanted, lookup_id=UUID(int=1)))

    assert story.answered_lookup(a_child("mia")).last.ignored is Ignored.UNKNOWN_LOOKUP


def test_a_task_that_a_person_resolved_is_not_asked_again() -> None:
    story = Story().admitted().child(carer=None)
    (task,) = story.case.tasks
    story.happens(
        TaskResolved(task_id=task.task_id, resolution="cared-for", resolved_by="duty-officer")
    )

    story.wait(days=2).said_of("mia", language="de")

    assert story.tasks() == set()
