"""The decision as a whole: what the shell may rely on."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from hub.domain.case import Case, TimerKind
from hub.domain.decide import decide
from hub.domain.decision import FactKind, Ignored
from hub.domain.events import TimerDue
from hub.domain.referral import (
    BUSINESS_STEPS,
    Business,
    Operation,
    comes_before,
    idempotency_id,
)
from hub.domain.tasks import ADVICE, TaskKind
from tests.support.story import PARENT, START, Story, ready


def test_a_case_comes_back_from_its_stored_form_as_it_was() -> None:
    case = ready().delivered().child("ole", carer=None).frozen().withdrew(None).case

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(case), type=Case) == case


@pytest.mark.promise("P2")
def test_the_same_arguments_give_the_same_decision_byte_for_byte() -> None:
    story = ready()
    event = story.events[-1]
    before = Story()
    for earlier in story.events[:-1]:
        before.arrives(earlier)

    again = decide({PARENT: before.case}, event, story.rules, event.meta.recorded_at)

    assert msgspec.msgpack.encode(again) == msgspec.msgpack.encode(story.last)


def test_every_applied_event_makes_a_new_version_and_a_line_in_the_log() -> None:
    story = Story().admitted().child()

    assert story.case.version == 2
    assert [f.kind for f in story.facts].count(FactKind.EVENT_APPLIED) == 2


def test_an_ignored_event_changes_no_case_and_says_why() -> None:
    story = ready()
    before = story.case

    story.happens(TimerDue(timer_id=story.events[0].meta.event_id, generation=1))

    assert story.last.ignored is Ignored.OUTDATED_TIMER
    assert story.last.cases == ()
    assert story.case is before
    assert story.facts[-1].reasons == ("outdated-timer",)


def test_time_never_runs_backwards_for_a_case() -> None:
    story = Story().admitted()
    story.now -= timedelta(hours=1)

    assert story.child().case.last_now == START


def test_a_withheld_referral_is_logged_when_its_reasons_change_and_only_then() -> None:
    story = Story().admitted().child().said_of("mia", language="de").said_of("mia", told="away")
    story.cleared()

    logged = [f.reasons for f in story.facts if f.kind is FactKind.WITHHELD]

    assert logged == [
        ("no-consent", "safety-check-missing", "settle-window-open"),
        ("no-consent", "settle-window-open"),
    ]


def test_tasks_are_logged_when_they_open_and_when_nobody_needs_them_any_more() -> None:
    story = Story().admitted().child(birth_date=None).child()

    kinds = [(f.kind, f.reasons) for f in story.facts if "task" in f.kind.value]

    assert kinds == [
        (FactKind.TASK_OPENED, ("birth-date-unknown",)),
        (FactKind.TASK_CLOSED, ("birth-date-unknown",)),
    ]


def test_the_settle_timer_wakes_the_case_at_the_end_of_the_window() -> None:
    story = Story().admitted()

    assert [(t.kind, t.due) for t in story.case.timers] == [
        (TimerKind.SETTLE, START + timedelta(minutes=45))
    ]


def test_a_timer_that_moves_gets_another_generation_and_the_old_one_is_ignored() -> None:
    story = Story().admitted(code=None)
    (old,) = story.case.timers
    story.wait(minutes=30).admitted()
    (new,) = story.case.timers
    assert (new.timer_id, new.generation > old.generation) == (old.timer_id, True)

    story.happens(TimerDue(timer_id=old.timer_id, generation=old.generation))

    assert story.last.ignored is Ignored.OUTDATED_TIMER


@pytest.mark.promise("P6")
def test_no_timer_tells_a_birthday() -> None:
    story = ready()

    coarse = [t.due for t in story.case.timers if t.kind is TimerKind.COMING_OF_AGE]

    assert [(due.day, due.hour, due.minute) for due in coarse] == [(1, 0, 0)]


@pytest.mark.promise("P6")
def test_the_decision_log_holds_no_word_about_the_family() -> None:
    story = ready().delivered().said_of("mia", given_name="Maja").withdrew().child(birth_date=None)

    log = msgspec.json.encode(story.facts).decode()

    assert not [word for word in ("Mia", "Maja", "Erfunden", "Beispielweg", "2024") if word in log]


@pytest.mark.promise("P2")
def test_the_id_a_recipient_sees_follows_from_what_the_message_is() -> None:
    send = ready().sends[0]

    assert send.idempotency_id == idempotency_id(send.referral_id, 1, Operation.REFER, 1)
    assert send.send_id == send.idempotency_id


def test_only_an_answer_on_the_way_to_another_comes_before_it() -> None:
    assert comes_before(Business.ACKNOWLEDGED, Business.COMPLETED)
    assert not comes_before(Business.COMPLETED, Business.ACCEPTED)
    assert not comes_before(Business.DECLINED, Business.ACCEPTED)
    assert set(BUSINESS_STEPS) == set(Business) - {Business.UNKNOWN}


def test_every_kind_of_task_has_its_advice() -> None:
    assert set(ADVICE) == set(TaskKind) - {TaskKind.UNKNOWN}
