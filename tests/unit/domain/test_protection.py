"""What must not leave any more: words of other clocks, outdated contents, notices taken back."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from hub.domain.children import Address, Carer, CarerState, Restriction
from hub.domain.consent import Purpose
from hub.domain.events import ConsentWithdrawn
from hub.domain.referral import Business, Operation
from tests.support.rules import AREA
from tests.support.story import START, Story, ready

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NOTICE_ONLY = (Purpose.RELEASE_NOTICE,)
SUPPORT_ONLY = (Purpose.FAMILY_SUPPORT,)
PROTECTED = Address(area=AREA, lines=("Geheimweg 1",), protected=True)


@pytest.mark.promise("P3")
def test_an_address_that_became_protected_leaves_at_no_retry() -> None:
    story = ready().left()

    story.said_of("mia", address=PROTECTED)

    assert story.operations() == [Operation.REFER, Operation.RETRACT, Operation.REFER]
    assert [r.generation for r in story.referrals] == [2]
    content = story.sends[-1].content
    assert content is not None
    assert not {"address", "town"} & {item.key for item in content.items}


@pytest.mark.promise("P5")
def test_what_arrived_before_is_told_of_a_protected_address_by_an_update() -> None:
    story = ready().delivered()

    story.said_of("mia", address=PROTECTED)

    assert story.operations() == [Operation.REFER, Operation.UPDATE]


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    ("channel", "given", "declared"),
    [
        ("oral", HOUR * 24 * 365 * 36, timedelta(0)),
        ("oral", HOUR, timedelta(0)),
        ("oral", timedelta(0), -MINUTE),
        ("paper", timedelta(0), -9 * HOUR),
    ],
    ids=["a mistyped year", "a fast clock", "clocks that differ", "a date without time of day"],
)
def test_taking_everything_back_reaches_the_record_that_was_meant(
    channel: str, given: timedelta, declared: timedelta
) -> None:
    story = Story().admitted().child().cleared()
    story.consented(at=story.now + given, effective_from=story.now).wait(minutes=45)

    story.happens(
        ConsentWithdrawn(declared_at=START + declared, channel=channel, taken_by="social-service")
    )

    assert story.referrals == []
    assert "consent-withdrawn" in story.withheld()


@pytest.mark.promise("P4")
def test_a_consent_given_anew_after_taking_everything_back_stands() -> None:
    story = ready().withdrew(None).wait(minutes=10)

    story.consented("C-2")

    assert [r.generation for r in story.referrals] == [2]


@pytest.mark.promise("P4")
def test_a_release_notice_whose_consent_is_taken_back_is_recalled() -> None:
    story = Story().admitted().child().cleared()
    story.consented("C-1", purposes=SUPPORT_ONLY).consented("C-2", purposes=NOTICE_ONLY).wait(
        minutes=45
    )
    story.delivered().recipient_says(Business.ACCEPTED)
    story.released().wait(minutes=45).delivered()

    story.withdrew("C-2")

    assert story.operations() == [Operation.REFER, Operation.RELEASE_NOTICE, Operation.RETRACT]


def test_a_freeze_counts_although_a_lift_was_dated_ahead() -> None:
    story = ready().frozen().unfrozen(at=START + 20 * HOUR)

    story.wait(hours=1).frozen()

    assert story.case.freeze is not None


@pytest.mark.promise("P3")
def test_a_source_that_says_nothing_of_restrictions_lifts_none() -> None:
    story = Story().admitted().child(restrictions=(Restriction.CONTACT_BAN,)).cleared()

    story.wait(minutes=1).child().consented().wait(minutes=45)

    assert "contact-restricted" in story.withheld()


def test_a_source_that_says_there_is_none_lifts_a_restriction() -> None:
    story = Story().admitted().child(restrictions=(Restriction.CONTACT_BAN,)).cleared()

    story.wait(minutes=1).child(restrictions=()).consented().wait(minutes=45)

    assert len(story.referrals) == 1


@pytest.mark.promise("P3")
@pytest.mark.parametrize("order", list(permutations((True, False))))
def test_of_two_contents_under_one_number_neither_counts(order: tuple[bool, ...]) -> None:
    story = Story().admitted().child().cleared()

    for everyone in order:
        story.consented("C-1", at=START, all_children=everyone)
    story.wait(minutes=45)

    assert story.referrals == []
    assert "consent-contested" in story.withheld()


def test_a_safety_answer_for_a_child_nobody_recorded_is_a_question_and_makes_no_child() -> None:
    story = Story().admitted().cleared("typo")

    asked = story.tasks()
    story.child("typo")

    assert asked == {"child-unrecorded"}
    assert story.tasks() == set()


def test_a_release_notice_does_not_say_that_the_parent_is_in_prison() -> None:
    story = ready().delivered().recipient_says(Business.ACCEPTED).released().wait(minutes=45)

    content = story.sends[-1].content
    assert content is not None
    assert {i.value for i in content.items if i.key == "parent_in_prison"} == {"no-longer"}


@pytest.mark.promise("P3")
def test_a_text_that_holds_the_prisoner_number_does_not_leave() -> None:
    number = Story().admitted().case.number
    assert number is not None

    story = ready(carer=Carer(state=CarerState.KNOWN, name=f"Oma of {number.number.lower()}"))

    content = story.sends[-1].content
    assert content is not None
    assert "carer" in {item.key for item in content.items}
    assert "carer_name" not in {item.key for item in content.items}
