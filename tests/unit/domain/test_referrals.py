"""Referrals: made once for each child and recipient, kept up to date, taken back when due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hub.domain.children import Address, Custody, SafetyAnswerKind
from hub.domain.consent import AskState, Capacity, Category, Purpose, Scope
from hub.domain.decision import FactKind, Ignored
from hub.domain.events import ChildRemoved, ConsentAsked, DeliveryStage, Reassessed
from hub.domain.referral import Business, Operation, RetractionKind, Transport
from hub.domain.values import changed
from tests.support.rules import EVERYTHING, NOWHERE, OFFICE, OTHER_AREA, OTHER_OFFICE
from tests.support.story import OTHER_PARENT, START, Story, a_child, ready

REFER, UPDATE, RETRACT = Operation.REFER, Operation.UPDATE, Operation.RETRACT


def test_a_recorded_child_with_consent_and_safety_is_referred_once() -> None:
    story = ready()

    (send,) = story.sends
    assert (send.operation, send.recipient, send.generation) == (REFER, OFFICE, 1)
    assert story.withheld() == set()


def test_each_child_goes_to_the_office_of_its_own_place() -> None:
    story = ready().child("ole", address=Address(area=OTHER_AREA)).cleared("ole")

    assert {r.recipient for r in story.referrals} == {OFFICE, OTHER_OFFICE}


@pytest.mark.promise("P2")
def test_looking_again_sends_nothing_again() -> None:
    story = ready()

    story.happens(Reassessed(cause="policy")).happens(Reassessed(cause="policy"))

    assert story.operations() == [REFER]


def test_consent_given_late_releases_the_referral_in_the_running_stay() -> None:
    story = Story().admitted().child().cleared().wait(days=10)
    before = story.withheld()

    story.consented()

    assert before == {"no-consent"}
    assert story.operations() == [REFER]


def test_consent_known_before_admission_is_evaluated_at_admission() -> None:
    story = Story().consented().child().cleared().wait(days=2)
    assert story.operations() == []

    story.admitted().wait(minutes=45)

    assert story.operations() == [REFER]


def test_no_competent_office_is_a_task_once_all_else_is_there() -> None:
    story = Story().admitted().child(address=Address(area=NOWHERE)).cleared().wait(hours=1)
    before = story.tasks()

    story.consented()

    assert before == set()
    assert story.tasks() == {"no-recipient"}
    assert story.withheld() == {"no-recipient"}


def test_a_withdrawn_consent_never_looks_like_a_missing_office() -> None:
    story = Story().admitted().child(address=Address(area=NOWHERE)).cleared().consented()

    story.withdrew().wait(hours=1)

    assert story.withheld() == {"consent-withdrawn", "no-recipient"}
    assert story.tasks() == set()


@pytest.mark.promise("P4")
def test_a_withdrawal_takes_back_what_was_made_ready() -> None:
    story = ready().delivered().wait(days=3).withdrew()

    assert story.operations() == [REFER, RETRACT]
    assert story.sends[-1].retraction is RetractionKind.WITHDRAWN
    assert story.withheld() == {"consent-withdrawn"}


@pytest.mark.promise("P3")
def test_a_retraction_carries_no_content_and_no_category() -> None:
    (_, recall) = ready().delivered().withdrew().sends

    assert (recall.content, recall.categories) == (None, ())
    assert recall.order_key == f"{OFFICE}:{recall.referral_id}"


@pytest.mark.promise("P4")
def test_a_withdrawal_of_everything_takes_back_every_referral() -> None:
    story = ready().child("ole").cleared("ole").delivered().withdrew(None)

    assert story.operations() == [REFER, REFER, RETRACT, RETRACT]


@pytest.mark.promise("P4")
def test_a_withdrawal_reaches_also_a_recipient_who_has_answered() -> None:
    story = ready().delivered().recipient_says(Business.ACCEPTED)

    story.recipient_says(Business.COMPLETED).withdrew()

    assert story.operations() == [REFER, RETRACT]


@pytest.mark.promise("P4")
def test_a_withdrawal_reaches_a_recipient_of_an_earlier_stay() -> None:
    expires = START + timedelta(days=300)
    story = Story().admitted().child().cleared()
    story.consented(scope=Scope.STANDING, expires_at=expires).wait(hours=1).delivered()
    story.wait(days=10).released().wait(days=40).admitted().wait(days=30)

    story.withdrew()

    assert story.operations() == [REFER, REFER, RETRACT, RETRACT]


@pytest.mark.promise("P2")
def test_a_referral_after_a_recall_carries_the_next_generation() -> None:
    story = ready().delivered().withdrew().wait(days=1).consented("C-2")

    first, _, again = story.sends
    assert (again.referral_id, again.generation) == (first.referral_id, 2)
    assert len({send.idempotency_id for send in story.sends}) == 3


def test_a_withdrawal_of_a_consent_that_nothing_rests_on_takes_nothing_back() -> None:
    story = ready().delivered()
    story.consented("C-2", purposes=(Purpose.RELEASE_NOTICE,)).withdrew("C-2")

    assert story.operations() == [REFER]


def test_a_second_consent_carries_the_referral_on_when_the_first_is_withdrawn() -> None:
    story = ready().delivered().wait(hours=1).consented("C-2").withdrew("C-1")

    assert RETRACT not in story.operations()
    assert story.referrals[0].consents == ("C-2",)


@pytest.mark.promise("P4")
def test_the_other_parents_withdrawal_takes_back_what_needed_both() -> None:
    story = Story().admitted().child(custody=Custody.JOINT).cleared().consented("C-own")
    story.consented("C-other", capacities=(Capacity.OTHER_PARENT,)).wait(minutes=45).delivered()

    story.withdrew("C-other")

    assert story.operations() == [REFER, RETRACT]


def test_a_narrower_consent_that_supersedes_updates_what_was_delivered() -> None:
    story = ready().delivered()
    fewer = tuple(c for c in EVERYTHING if c is not Category.HELP_REQUESTED)

    story.consented("C-2", categories=fewer, supersedes="C-1")

    assert story.operations() == [REFER, UPDATE]
    assert Category.HELP_REQUESTED not in story.sends[-1].categories


def test_a_narrower_consent_stops_content_that_may_still_be_on_its_way() -> None:
    story = ready().left()
    fewer = tuple(c for c in EVERYTHING if c is not Category.HELP_REQUESTED)

    story.consented("C-2", categories=fewer, supersedes="C-1")

    assert story.operations() == [REFER, RETRACT, REFER]


def test_an_expired_consent_takes_back_only_what_has_not_left() -> None:
    soon = START + timedelta(days=5)
    waiting = Story().admitted().child().cleared().consented(expires_at=soon).wait(days=6)
    arrived = Story().admitted().child().cleared().consented(expires_at=soon).wait(hours=1)

    arrived.delivered().wait(days=6)

    assert waiting.operations() == [REFER, RETRACT]
    assert arrived.operations() == [REFER]


def test_an_expired_consent_recalls_where_the_policy_wants_it() -> None:
    soon = START + timedelta(days=5)
    story = Story().under(recall_on_expiry=True).admitted().child().cleared()

    story.consented(expires_at=soon).wait(hours=1).delivered().wait(days=6)

    assert story.operations() == [REFER, RETRACT]


def test_an_older_withdrawal_does_not_turn_an_expiry_into_a_recall() -> None:
    story = Story().admitted().child().cleared().consented("C-0").withdrew("C-0").wait(days=1)
    story.consented(expires_at=story.now + timedelta(days=5)).delivered().wait(days=6)

    assert story.operations() == [REFER]


def test_a_change_before_anything_left_replaces_the_referral() -> None:
    story = ready().said_of("mia", given_name="Maja")

    assert story.operations() == [REFER, RETRACT, REFER]
    assert story.sends[1].retraction_reason == "superseded"
    assert story.referrals[0].generation == 2


def test_a_change_after_delivery_is_an_update_of_the_same_referral() -> None:
    story = ready().delivered().wait(hours=1).said_of("mia", given_name="Maja")

    assert story.operations() == [REFER, UPDATE]
    assert [(s.generation, s.content_version) for s in story.sends] == [(1, 1), (1, 2)]


def test_a_child_recorded_in_error_is_taken_back_as_wrong() -> None:
    story = ready().delivered().wait(hours=1)
    story.happens(ChildRemoved(child=story.case.children[0].child, reason="wrong-person"))

    assert story.sends[-1].retraction is RetractionKind.WRONG


def test_a_freeze_suspends_and_takes_nothing_back() -> None:
    story = ready().delivered().frozen().child("ole").cleared("ole")
    assert story.withheld("ole") == {"frozen"}
    assert story.operations() == [REFER]

    story.wait(hours=1).unfrozen()

    assert story.operations() == [REFER, REFER]


def test_a_safety_concern_suspends_and_asks_a_person() -> None:
    story = ready().delivered().wait(hours=1).cleared(kind=SafetyAnswerKind.CONCERN)

    story.said_of("mia", given_name="Maja")

    assert story.operations() == [REFER]
    assert story.tasks() == {"safety-concern"}


def test_a_refusal_is_final_and_nobody_is_asked_to_chase() -> None:
    story = Story().admitted().child().cleared()
    story.happens(ConsentAsked(state=AskState.DECLINED)).wait(days=60)

    assert story.withheld() == {"consent-declined"}
    assert (story.tasks(), story.sends) == (set(), [])


def test_a_referral_waiting_when_the_stay_ends_never_leaves() -> None:
    story = ready().wait(hours=1).released().wait(minutes=45)

    assert story.operations() == [REFER, RETRACT]
    assert story.sends[-1].retraction_reason == "not-in-custody"


def test_help_that_began_is_not_called_off_by_the_release() -> None:
    story = ready().delivered().wait(days=1).released().wait(days=30)

    assert story.operations() == [REFER]


def test_a_child_who_comes_of_age_gets_a_stop_notice_and_no_new_referral() -> None:
    story = ready(birth_date=date(START.year - 18, START.month, START.day + 10)).delivered()

    story.wait(days=40)

    assert story.operations() == [REFER, RETRACT]
    assert story.sends[-1].retraction_reason == "child-of-age"
    assert story.withheld() == {"child-of-age"}


def test_the_answers_of_a_recipient_move_the_referral_and_close_it() -> None:
    story = ready().delivered()

    for status in (Business.ACKNOWLEDGED, Business.ACCEPTED, Business.IN_PROGRESS):
        story.recipient_says(status)
        assert story.referrals[0].business is status
    story.recipient_says(Business.COMPLETED)

    assert story.referrals == []
    assert [f.reasons for f in story.facts if f.kind is FactKind.REFERRAL_CLOSED] == [
        ("completed",)
    ]


def test_an_answer_that_comes_late_changes_nothing() -> None:
    story = ready().delivered().recipient_says(Business.ACCEPTED)

    story.recipient_says(Business.ACKNOWLEDGED)

    assert story.last.ignored is Ignored.ALREADY_KNOWN
    assert story.tasks() == set()


def test_an_answer_that_cannot_follow_is_a_question_to_a_person() -> None:
    story = ready().delivered().recipient_says(Business.DECLINED, code="no-capacity")

    story.recipient_says(Business.ACCEPTED)

    assert story.tasks() == {"declined-by-recipient", "acknowledgement-unmatched"}


def test_nobody_can_answer_what_never_left() -> None:
    assert ready().recipient_says(Business.ACCEPTED).last.ignored is Ignored.UNKNOWN_REFERRAL


def test_a_declined_referral_is_not_offered_again_by_itself() -> None:
    story = ready().delivered().recipient_says(Business.DECLINED).wait(days=1)

    assert story.child("ole").operations() == [REFER]


def test_notes_of_delivery_may_come_in_any_order() -> None:
    story = ready()
    first = story.sends[0]

    story.noted(DeliveryStage.DELIVERED, first).noted(DeliveryStage.INTENT, first)

    assert story.referrals[0].transport is Transport.DELIVERED
    assert story.referrals[0].first_intent_at == story.now


@pytest.mark.parametrize("stage", [DeliveryStage.REJECTED, DeliveryStage.EXHAUSTED])
def test_what_cannot_be_delivered_is_a_task(stage: DeliveryStage) -> None:
    assert ready().left().noted(stage).tasks() == {"delivery-failed"}


@pytest.mark.promise("P4")
def test_what_left_between_the_word_and_its_arrival_is_an_incident() -> None:
    story = ready()
    declared = story.now
    story.wait(hours=1).left().wait(hours=1).withdrew(declared=declared)

    assert story.tasks() == {"disclosed-after-withdrawal"}


@pytest.mark.promise("P4")
def test_an_update_that_left_after_the_word_is_an_incident_too() -> None:
    story = ready().delivered().wait(days=1)
    declared = story.now
    story.wait(hours=1).said_of("mia", given_name="Maja").left().wait(hours=1)

    story.withdrew(declared=declared)

    assert story.tasks() == {"disclosed-after-withdrawal"}


def test_siblings_at_one_office_carry_one_correlation_and_other_parents_another() -> None:
    story = ready().child("ole").cleared("ole")
    of_one = {s.content.correlation for s in story.sends if s.content is not None}
    other = Story().about(OTHER_PARENT).admitted().child("eda").cleared("eda")
    other.consented().wait(minutes=45)
    of_other = {s.content.correlation for s in other.sends if s.content is not None}

    assert len(of_one) == len(of_other) == 1
    assert of_one != of_other


def test_a_child_who_moves_before_anything_left_is_referred_to_the_other_office() -> None:
    story = ready().said_of("mia", address=Address(area=OTHER_AREA))

    assert [(s.operation, s.recipient) for s in story.sends[1:]] == [
        (RETRACT, OFFICE),
        (REFER, OTHER_OFFICE),
    ]


def test_an_office_that_proves_not_competent_before_anything_left_is_replaced() -> None:
    corrected = changed(a_child("mia").address or Address(), area=OTHER_AREA)

    story = ready().said_of("mia", address=corrected)

    assert [r.recipient for r in story.referrals] == [OTHER_OFFICE]


@pytest.mark.promise("P2")
def test_a_child_who_moves_after_delivery_is_handed_over_by_the_offices() -> None:
    story = ready().delivered().wait(hours=1).said_of("mia", address=Address(area=OTHER_AREA))

    assert [r.recipient for r in story.referrals] == [OFFICE]
    assert story.operations() == [REFER, UPDATE]
