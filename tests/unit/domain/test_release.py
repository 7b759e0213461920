"""The release notice: to those who help, after the end has settled, with consent and safety."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.domain.consent import Category, Purpose
from hub.domain.movements import MovementKind
from hub.domain.referral import Business, Operation
from tests.support.rules import NOTICE
from tests.support.story import Story, ready

REFER, NOTICED, RETRACT = Operation.REFER, Operation.RELEASE_NOTICE, Operation.RETRACT
NOTICES = Purpose.RELEASE_NOTICE


def helped() -> Story:
    """Tell of a referral that was accepted, and a safety answer renewed before the release."""
    story = ready().delivered().recipient_says(Business.ACCEPTED)
    return story.wait(days=40).cleared()


def test_who_accepted_is_told_of_the_release_once_it_has_settled() -> None:
    story = helped().released().wait(minutes=44)
    before = story.operations()

    story.wait(minutes=1)

    assert before == [REFER]
    assert story.operations() == [REFER, NOTICED]
    notice = story.sends[-1]
    assert (notice.purpose, notice.categories) == (NOTICES, NOTICE)
    assert notice.content is not None
    assert {"key": "released_on", "value": "2031-04-12"} in [
        {"key": i.key, "value": i.value} for i in notice.content.items
    ]


def test_it_is_told_once() -> None:
    story = helped().released().wait(days=3).cleared().wait(days=3)

    assert story.operations() == [REFER, NOTICED]


def test_who_has_not_accepted_is_not_told() -> None:
    story = ready().delivered().wait(days=1).released().wait(days=2)

    assert story.operations() == [REFER]


def test_who_accepts_within_the_grace_is_told_then() -> None:
    story = ready().delivered().wait(days=1).released().wait(days=5)

    story.recipient_says(Business.ACCEPTED)

    assert story.operations() == [REFER, NOTICED]


def test_after_the_grace_nobody_is_told() -> None:
    story = ready().delivered().wait(days=1).released().wait(days=14)

    story.cleared().recipient_says(Business.ACCEPTED)

    assert story.operations() == [REFER]


@pytest.mark.promise("P3")
def test_a_consent_that_leaves_the_notice_out_permits_none() -> None:
    story = Story().admitted().child().cleared().consented(purposes=(Purpose.FAMILY_SUPPORT,))
    story.wait(hours=1).delivered().recipient_says(Business.ACCEPTED)

    story.released().wait(days=1)

    assert story.withheld(purpose=NOTICES) == {"purpose-not-covered"}
    assert story.operations() == [REFER]


@pytest.mark.promise("P3")
def test_the_safety_question_is_asked_anew_before_the_notice() -> None:
    story = ready().delivered().recipient_says(Business.ACCEPTED).wait(days=40).released()
    story.wait(hours=1)
    assert story.withheld(purpose=NOTICES) == {"safety-check-missing"}

    story.cleared()

    assert story.operations() == [REFER, NOTICED]


@pytest.mark.parametrize(
    "kind",
    [
        MovementKind.DEATH,
        MovementKind.ESCAPE,
        MovementKind.DEPORTATION,
        MovementKind.HOSPITAL,
    ],
)
def test_no_other_end_is_told_as_a_release(kind: MovementKind) -> None:
    assert helped().moved(kind).wait(days=2).operations() == [REFER]


def test_a_release_without_a_code_that_turns_out_to_be_a_death_is_never_told() -> None:
    story = helped().released(code=None)
    ended = story.now
    story.wait(minutes=50).moved(MovementKind.DEATH, at=ended, code="DEC")

    assert story.wait(days=2).operations() == [REFER]


def test_a_return_that_is_reported_late_lets_the_next_release_be_told() -> None:
    story = helped().released()
    ended = story.now
    story.wait(hours=2).admitted(at=ended + timedelta(minutes=20)).wait(days=3).released()
    story.wait(hours=1)

    assert story.operations() == [REFER, NOTICED, NOTICED]
    assert len({send.idempotency_id for send in story.sends}) == 3


@pytest.mark.promise("P4")
def test_a_withdrawal_before_the_release_stops_the_notice() -> None:
    story = helped().withdrew().released().wait(days=2)

    assert story.operations() == [REFER, RETRACT]


def test_a_notice_says_nothing_of_the_stay_but_its_end() -> None:
    story = helped().released().wait(hours=1)
    content = story.sends[-1].content

    assert content is not None
    assert {i.category for i in content.items} == {
        Category.IMPRISONMENT,
        Category.CHILD_IDENTITY,
        Category.RELEASE,
    }
