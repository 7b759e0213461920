"""The settle window: how long an admission or an end must stand before anything may leave."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.domain.movements import MovementKind
from hub.domain.referral import Operation
from tests.support.rules import rules
from tests.support.story import DESK, MINUTE, START, Story


def offered(story: Story) -> Story:
    """Tell of a child and a consent, so that a referral waits for the window only."""
    return story.child().cleared().consented()


def minutes_of(story: Story) -> float:
    """Return how long after the start the latest stay settles."""
    return (story.case.episodes[-1].settle_until - START) / MINUTE


def test_nothing_leaves_before_the_window_is_over() -> None:
    story = offered(Story().admitted())
    story.wait(minutes=44)
    early = story.withheld()

    story.wait(minutes=1)

    assert early == {"settle-window-open"}
    assert story.operations() == [Operation.REFER]


def test_an_admission_and_release_within_the_window_offer_nothing() -> None:
    story = offered(Story().admitted()).wait(minutes=30).released().wait(days=20)

    assert story.operations() == []


def test_the_window_starts_when_the_report_is_received_not_when_it_happened() -> None:
    story = offered(Story().admitted(at=START - timedelta(days=3)))

    assert minutes_of(story) == 45
    assert story.operations() == []


def test_what_the_source_has_waited_is_taken_off() -> None:
    assert minutes_of(Story().admitted(held_s=40 * 60)) == 5


def test_a_source_that_waited_longer_than_the_window_is_believed_at_once() -> None:
    story = offered(Story()).admitted(held_s=3 * 60 * 60)

    assert minutes_of(story) == 0
    assert story.operations() == [Operation.REFER]


def test_a_report_without_a_reason_waits_longer() -> None:
    assert minutes_of(Story().admitted(code=None)) == 60


def test_a_report_that_adds_the_reason_starts_the_window_anew() -> None:
    story = Story().admitted(code=None).wait(minutes=20).admitted()

    assert minutes_of(story) == 20 + 45


def test_a_delayed_report_that_adds_the_reason_waits_only_what_remains() -> None:
    story = Story().admitted(code=None).wait(minutes=45).admitted(at=START, held_s=45 * 60)

    assert minutes_of(story) == 45


def test_a_second_report_of_the_same_admission_changes_nothing() -> None:
    story = Story().admitted().wait(minutes=20).admitted().wait(minutes=5).admitted(source=DESK)

    assert minutes_of(story) == 45


def test_a_report_that_changes_the_reason_starts_the_window_anew() -> None:
    story = Story().admitted(code="N").wait(minutes=20).admitted(code="L")

    assert minutes_of(story) == 20 + 45


def test_another_source_with_codes_of_its_own_corrects_nothing() -> None:
    story = Story().admitted(code="N").wait(minutes=20).admitted(code="17", source=DESK)

    assert minutes_of(story) == 45


def test_corrections_prolong_the_window_to_four_times_its_length_and_then_a_person_looks() -> None:
    story = offered(Story().admitted(code="A"))
    for code in "BCDEF":
        story.wait(minutes=30).admitted(code=code)
    assert minutes_of(story) == 4 * 45
    assert story.tasks() == {"corrections-unsettled"}

    story.wait(minutes=30)

    assert story.operations() == [Operation.REFER]


def test_a_correction_after_the_longest_time_changes_nothing() -> None:
    story = Story().admitted(code="A").wait(minutes=181).admitted(code="B")

    assert minutes_of(story) == 45
    assert story.tasks() == set()


def test_a_window_of_no_length_is_allowed() -> None:
    story = offered(Story(rules(settle_minutes=0))).admitted()

    assert story.operations() == [Operation.REFER]


def test_a_window_of_no_length_still_waits_for_a_missing_reason() -> None:
    story = offered(Story(rules(settle_minutes=0))).admitted(code=None)

    assert minutes_of(story) == 60
    assert story.tasks() == set()


def test_an_end_waits_like_an_admission() -> None:
    story = Story().admitted().wait(days=1).released(code=None).wait(minutes=20).released()

    ends = story.case.episodes[0].end_settle_until
    assert ends == story.now + 45 * MINUTE


@pytest.mark.parametrize("kind", [MovementKind.ADMISSION, MovementKind.RECALL_TO_CUSTODY])
def test_a_recall_to_custody_settles_like_an_admission(kind: MovementKind) -> None:
    assert minutes_of(Story().moved(kind)) == 45
