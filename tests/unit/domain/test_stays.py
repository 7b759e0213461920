"""Movements become stays: one stay from admission to final release, whatever the reports' order."""

from __future__ import annotations

from itertools import permutations
from uuid import UUID

import pytest

from hub.domain.decision import Ignored
from hub.domain.events import MovementRecorded
from hub.domain.movements import Ending, MovementKind
from hub.domain.referral import Operation
from tests.support.rules import OFFICE, rules
from tests.support.story import DAY, MINUTE, START, Story, an_event, number_of, ready

_K = MovementKind


@pytest.mark.parametrize(
    "kinds",
    [
        (_K.TRANSFER_OUT, _K.TRANSFER_IN),
        (_K.COURT_OUT, _K.COURT_RETURN),
        (_K.ABSENCE_OUT, _K.ABSENCE_RETURN),
        (_K.STATUS_CHANGE,),
    ],
    ids=lambda kinds: kinds[0].value,
)
def test_what_happens_within_a_stay_makes_no_new_stay_and_no_new_referral(
    kinds: tuple[MovementKind, ...],
) -> None:
    story = ready().delivered()

    for kind in kinds:
        story.wait(hours=1).moved(kind)

    assert len(story.case.episodes) == 1
    assert story.operations() == [Operation.REFER]
    assert story.tasks() == set()


def test_a_transfer_changes_where_the_parent_is() -> None:
    story = Story().admitted().wait(hours=1).moved(_K.TRANSFER_IN, location="NBI")

    assert story.case.episodes[0].location == "NBI"


def test_a_release_and_a_return_within_the_settle_window_are_one_stay() -> None:
    story = ready().delivered().wait(days=1).released().wait(minutes=30).admitted().wait(days=1)

    assert [e.running for e in story.case.episodes] == [True]
    assert story.operations() == [Operation.REFER]


def test_a_return_after_the_settle_window_is_a_new_stay() -> None:
    story = Story().admitted().wait(days=1).released().wait(minutes=46).admitted()

    assert [e.running for e in story.case.episodes] == [False, True]


def test_two_sources_that_report_one_admission_tell_of_one_stay() -> None:
    story = Story().admitted().wait(minutes=3).admitted(code=None)

    assert len(story.case.episodes) == 1


def test_two_reports_of_one_end_are_one_end_and_the_graver_counts() -> None:
    story = Story().admitted().wait(days=1).released(code=None)
    ended = story.now
    story.wait(minutes=45).moved(_K.DEATH, at=ended, code="DEC")

    episode = story.case.episodes[0]
    assert (episode.ended_at, episode.ending) == (ended, Ending.DIED)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        (_K.RELEASE, Ending.RELEASED),
        (_K.HOSPITAL, Ending.HOSPITAL),
        (_K.DEATH, Ending.DIED),
        (_K.ESCAPE, Ending.ESCAPED),
        (_K.DEPORTATION, Ending.DEPORTED),
    ],
)
def test_each_kind_of_end_is_an_outcome_of_its_own(kind: MovementKind, ending: Ending) -> None:
    assert Story().admitted().wait(days=1).moved(kind).case.episodes[0].ending is ending


@pytest.mark.parametrize("order", list(permutations(range(5))))
def test_stays_are_the_same_in_whatever_order_their_movements_come(order: tuple[int, ...]) -> None:
    told = [
        (_K.ADMISSION, START),
        (_K.COURT_OUT, START + DAY),
        (_K.RELEASE, START + 2 * DAY),
        (_K.ADMISSION, START + 3 * DAY),
        (_K.COURT_RETURN, START + 4 * DAY),
    ]
    story = Story(start=START + 5 * DAY)
    for number in order:
        kind, at = told[number]
        story.moved(kind, at=at)

    stays = [(e.admitted_at, e.ended_at) for e in story.case.episodes]
    assert stays == [(START, START + 2 * DAY), (START + 3 * DAY, None)]
    assert story.tasks() == set()


def test_a_movement_that_fits_no_stay_is_a_task_until_its_stay_is_known() -> None:
    story = Story(start=START + DAY).moved(_K.COURT_OUT, at=START + DAY)
    before = story.tasks()

    story.admitted(at=START)

    assert before == {"movement-unmatched"}
    assert story.tasks() == set()


def test_a_movement_of_unknown_kind_is_a_task_and_changes_no_stay() -> None:
    story = Story().admitted().wait(days=1).moved(_K.UNKNOWN)

    assert story.tasks() == {"movement-unmatched"}
    assert [e.running for e in story.case.episodes] == [True]


def test_a_release_long_after_the_end_fits_no_stay() -> None:
    story = Story().admitted().wait(days=1).released().wait(days=3).released()

    assert story.tasks() == {"movement-unmatched"}
    assert story.case.episodes[0].ended_at == START + DAY


def test_the_same_event_again_changes_nothing() -> None:
    story = Story().admitted()

    story.arrives(story.events[0])

    assert story.last.ignored is Ignored.ALREADY_KNOWN


@pytest.mark.promise("P2")
def test_when_a_late_release_divides_a_stay_the_stay_with_the_referral_keeps_it() -> None:
    story = ready().delivered()
    first = story.referrals[0]
    story.wait(days=1)

    # An admission a month before, then its release: in between, both look like one stay.
    story.admitted(at=START - 30 * DAY).wait(days=1).released(at=START - 10 * DAY).wait(days=1)

    assert [(e.admitted_at, e.running) for e in story.case.episodes] == [
        (START - 30 * DAY, False),
        (START, True),
    ]
    assert [r.referral_id for r in story.referrals] == [first.referral_id]
    earlier, later = story.case.episodes
    assert later.episode_id == first.episode_id
    assert earlier.episode_id != later.episode_id
    assert story.operations() == [Operation.REFER]


@pytest.mark.promise("P2")
def test_when_late_news_joins_two_stays_the_one_with_the_referral_made_first_survives() -> None:
    story = ready().delivered()
    first = story.referrals[0]
    at = story.now + DAY
    story.wait(days=1).released().wait(minutes=50).admitted().wait(minutes=50).consented("C-2")
    second = story.referrals[-1]
    assert second.episode_id != first.episode_id

    # A return before the hour was out, reported late: the parent was hardly gone.
    story.admitted(at=at + 20 * MINUTE)

    (episode,) = story.case.episodes
    assert (episode.episode_id, episode.aliases) == (first.episode_id, (second.episode_id,))
    assert [r.referral_id for r in story.referrals] == [first.referral_id]
    assert story.case.episode(second.episode_id) is episode


def test_a_stay_is_put_away_after_its_grace_and_comes_back_for_a_late_movement() -> None:
    story = Story().admitted().wait(days=2).released().wait(days=15)
    assert story.case.episodes == ()
    assert story.case.movements == ()

    story.moved(_K.COURT_OUT, at=START + DAY)

    assert story.tasks() == set()
    (archived,) = [closed for _, closed in story.archive.values()]
    assert [m.kind for m in archived.movements] == [_K.ADMISSION, _K.COURT_OUT, _K.RELEASE]


def test_a_late_second_report_of_a_put_away_stay_opens_no_new_one() -> None:
    story = Story().admitted().wait(days=2).released().wait(days=15)

    story.admitted(at=START + MINUTE)

    assert story.case.episodes == ()
    assert len(story.archive) == 1


def test_a_late_return_opens_a_stay_again_that_was_put_away() -> None:
    story = Story().admitted().wait(days=2).released()
    ended = story.now
    story.wait(days=15).admitted(at=ended + 10 * MINUTE)

    assert [e.running for e in story.case.episodes] == [True]
    assert story.archive == {}


def test_a_stay_with_an_open_referral_stays_at_hand() -> None:
    story = ready().delivered().wait(days=1).released().wait(days=100)

    assert len(story.case.episodes) == 1

    story.wait(days=1).admitted().wait(days=100)
    assert len(story.case.episodes) == 2


def test_a_deleted_booking_takes_back_what_left() -> None:
    story = _booked().delivered().booking_deleted("B-1")

    assert story.operations() == [Operation.REFER, Operation.RETRACT]
    assert story.sends[-1].retraction_reason == "entered-in-error"
    assert story.case.current is None


def test_a_booking_deleted_within_the_settle_window_leaves_no_trace_outside() -> None:
    story = _booked(settled=False).booking_deleted("B-1").wait(days=3)

    assert story.operations() == []


def test_a_deleted_booking_that_nobody_knows_is_a_task() -> None:
    assert Story().admitted().booking_deleted("B-9").tasks() == {"identity-unmatched"}


def test_a_late_report_of_a_deleted_admission_offers_nothing_but_asks_a_person() -> None:
    story = _booked(settled=False).booking_deleted("B-1").wait(minutes=45)

    story.admitted(at=START + MINUTE).wait(days=1)

    assert story.operations() == []
    assert story.tasks() == {"identity-unmatched"}


def test_an_admission_later_than_a_deleted_one_counts() -> None:
    story = _booked(settled=False).booking_deleted("B-1").wait(hours=5).admitted().wait(minutes=45)

    assert [r.recipient for r in story.referrals] == [OFFICE]


def test_an_event_about_a_person_never_seen_begins_a_case() -> None:
    story = Story()
    payload = MovementRecorded(kind=_K.ADMISSION, person=number_of(story.case.person))
    event = an_event(payload, START, event_id=an_id())

    story.arrives(event)

    assert (story.case.version, story.case.last_now) == (1, START)


def an_id() -> UUID:
    """Return an event id."""
    return UUID(int=7, version=4)


def _booked(*, settled: bool = True) -> Story:
    story = Story(rules(lookups=True)).admitted().answered_lookup(booking="B-1")
    story.child().cleared().consented()
    return story.wait(minutes=45) if settled else story
