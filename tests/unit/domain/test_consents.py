"""Words about consent: each counts once, in whatever order they arrive, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import permutations

import pytest

from hub.domain.case import Case
from hub.domain.children import Custody
from hub.domain.consent import AskState
from hub.domain.decision import Ignored
from hub.domain.events import ConsentAsked, ConsentSuperseded
from tests.support.story import START, Story

Step = Callable[[Story], Story]
HOUR = timedelta(hours=1)


def told(steps: Sequence[Step]) -> Case:
    """Return the case after these words, all arriving late."""
    story = Story(start=START + 10 * HOUR)
    for step in steps:
        step(story)
    return story.case


ORDERS: dict[str, tuple[Step, ...]] = {
    "a withdrawal and its record": (
        lambda s: s.consented("C-1", at=START),
        lambda s: s.withdrew("C-1", declared=START + HOUR),
        lambda s: s.withdrew("C-1", declared=START + 2 * HOUR),
    ),
    "withdrawals of everything, and records before, between and after": (
        lambda s: s.consented("C-1", at=START),
        lambda s: s.consented("C-2", at=START + 2 * HOUR),
        lambda s: s.consented("C-3", at=START + 4 * HOUR),
        lambda s: s.withdrew(None, declared=START + HOUR),
        lambda s: s.withdrew(None, declared=START + 3 * HOUR),
    ),
    "a record and its successor": (
        lambda s: s.consented("C-1", at=START),
        lambda s: s.consented("C-2", at=START + HOUR, supersedes="C-1"),
        lambda s: s.withdrew("C-2", declared=START + 2 * HOUR),
    ),
    "a supersession that comes as a word of its own": (
        lambda s: s.consented("C-1", at=START),
        lambda s: s.happens(ConsentSuperseded(record_id="C-1", superseded_by="C-2")),
        lambda s: s.consented("C-2", at=START + HOUR),
    ),
    "where the conversation stands": (
        lambda s: s.happens(ConsentAsked(state=AskState.DECLINED), at=START),
        lambda s: s.happens(ConsentAsked(state=AskState.UNDECIDED), at=START + HOUR),
        lambda s: s.consented("C-1", at=START + 2 * HOUR),
        lambda s: s.withdrew("C-1", declared=START + 3 * HOUR),
    ),
    "a freeze and the parent's word": (
        lambda s: s.frozen(at=START),
        lambda s: s.unfrozen(at=START + HOUR),
    ),
    "freezes and the parent's word": (
        lambda s: s.frozen(at=START),
        lambda s: s.unfrozen(at=START + HOUR),
        lambda s: s.frozen(at=START + 2 * HOUR),
    ),
}


@pytest.mark.promise("P4")
@pytest.mark.parametrize("what", ORDERS)
def test_the_order_of_arrival_never_counts(what: str) -> None:
    cases = [told(steps) for steps in permutations(ORDERS[what])]

    assert {repr(facts(case)) for case in cases} == {repr(facts(cases[0]))}


def facts(case: Case) -> object:
    """Return what is known of consent."""
    return case.consents, case.withdrawn_all, case.ask, case.freeze, case.freeze_lifted_at


@pytest.mark.promise("P4")
def test_a_record_that_arrives_after_its_withdrawal_never_holds() -> None:
    story = Story().admitted().child().cleared().withdrew("C-1").consented("C-1")

    story.wait(hours=1)

    assert story.withheld() == {"consent-withdrawn"}
    assert story.sends == []


@pytest.mark.promise("P4")
def test_a_record_given_before_everything_was_withdrawn_never_holds() -> None:
    story = Story().admitted().child().cleared().wait(hours=2).withdrew(None)

    story.consented("C-1", at=START)

    assert story.sends == []
    assert story.withheld() == {"consent-withdrawn"}


def test_a_record_given_after_everything_was_withdrawn_holds() -> None:
    story = Story().admitted().child().cleared().withdrew(None).wait(hours=2).consented("C-9")

    assert len(story.referrals) == 1


def test_a_freeze_set_after_the_parents_word_stays() -> None:
    story = Story().frozen().wait(hours=1).unfrozen().wait(hours=1).frozen()

    story.unfrozen(at=START + timedelta(minutes=90))

    assert story.case.freeze is not None


def test_a_word_that_lifts_nothing_changes_nothing() -> None:
    story = Story().unfrozen().unfrozen()

    assert story.last.ignored is Ignored.NOTHING_TO_LIFT


def test_two_contents_under_one_number_are_for_a_person() -> None:
    story = Story().admitted().child().cleared().said_of("mia", custody=Custody.SOLE)

    story.consented("C-1").consented("C-1", all_children=False)

    assert story.case.consents[0].contested
    assert "data-quality" in story.tasks()
    assert "consent-contested" in story.withheld()


def test_a_refusal_is_respected_until_its_date_only() -> None:
    until = START + timedelta(days=30)
    story = Story().admitted().child().cleared()
    story.happens(ConsentAsked(state=AskState.DECLINED, until=until)).wait(days=29)
    refused = story.withheld()

    story.wait(days=2).said_of("mia", language="de")

    assert refused == {"consent-declined"}
    assert story.withheld() == {"no-consent"}


@pytest.mark.promise("P3")
def test_a_consent_for_a_stay_that_was_put_away_covers_no_later_one() -> None:
    story = Story().admitted().consented().wait(days=1).released().wait(days=20)
    assert story.case.episodes == ()

    story.admitted().child().cleared().wait(hours=1)

    assert story.withheld() == {"scope-ended"}
    assert story.sends == []
