"""Alive means progress: what liveness concludes from what the roles report (P10)."""

from __future__ import annotations

import pytest

from hub.api.progress import Progress

pytestmark = pytest.mark.promise("P10")


class FakeTime:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def progress(time: FakeTime) -> Progress:
    return Progress(turn_limit_s=60, still_limit_s=120, monotonic=time)


def minutes(progress: Progress, time: FakeTime, count: int, *, end: int) -> None:
    """Let time pass while the loop turns and the log answers."""
    for _ in range(count * 6):
        time.seconds += 10
        progress.turn("processor")
        progress.end(0, end)


def test_a_loop_that_turns_is_alive(progress: Progress, time: FakeTime) -> None:
    progress.position(0, 10)
    minutes(progress, time, 10, end=10)

    assert progress.faults() == []


def test_a_loop_that_makes_no_turn_is_not(progress: Progress, time: FakeTime) -> None:
    progress.turn("delivery")
    time.seconds = 61

    assert progress.faults() == ["loop 'delivery' made no turn for 61 s"]


def test_a_loop_that_ended_in_order_owes_no_turn(progress: Progress, time: FakeTime) -> None:
    progress.turn("delivery")
    progress.ends("delivery")
    time.seconds = 1000

    assert progress.faults() == []


def test_records_that_wait_while_the_position_stands_still_are_a_fault(
    progress: Progress, time: FakeTime
) -> None:
    progress.position(0, 10)
    minutes(progress, time, 1, end=10)
    minutes(progress, time, 2, end=11)
    assert progress.faults() == []
    minutes(progress, time, 1, end=12)

    assert len(progress.faults()) == 1


def test_a_position_that_moves_is_no_fault(progress: Progress, time: FakeTime) -> None:
    for offset in range(10):
        progress.position(0, offset)
        minutes(progress, time, 1, end=100)

    assert progress.faults() == []


def test_an_outage_or_a_halt_is_no_fault(progress: Progress, time: FakeTime) -> None:
    progress.position(0, 10)
    progress.waits("processor", "halted")
    minutes(progress, time, 60, end=20)

    assert progress.waiting("processor") == "halted"
    assert progress.faults() == []
    progress.works("processor")
    assert len(progress.faults()) == 1


def test_a_log_that_does_not_answer_is_no_fault(progress: Progress, time: FakeTime) -> None:
    progress.position(0, 10)
    progress.end(0, 20)
    for _ in range(60):
        time.seconds += 10
        progress.turn("processor")

    assert progress.faults() == []
