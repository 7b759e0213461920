"""The retry schedule: data, and a pure decision."""

import pytest

from hub.delivery.retry import RetrySchedule

HOUR = 3600.0


def test_default_schedule_tries_ten_times_over_about_three_days() -> None:
    schedule = RetrySchedule()

    waits = [schedule.next_wait_s(attempts, None, 0.0) for attempts in range(1, 11)]

    assert waits == [
        5.0,
        300.0,
        1800.0,
        2 * HOUR,
        5 * HOUR,
        10 * HOUR,
        14 * HOUR,
        20 * HOUR,
        24 * HOUR,
        None,
    ]


@pytest.mark.parametrize(
    ("chance", "wait"), [(0.0, 300.0), (0.5, 330.0), (0.999, pytest.approx(360.0, abs=0.1))]
)
def test_jitter_lengthens_a_wait_by_up_to_a_fifth(chance: float, wait: float) -> None:
    assert RetrySchedule().next_wait_s(2, None, chance) == wait


@pytest.mark.parametrize(
    ("asked_s", "wait"), [(1.0, 5.0), (60.0, 60.0), (10 * 24 * HOUR, 24 * HOUR)]
)
def test_retry_after_lengthens_within_its_limit_and_never_shortens(
    asked_s: float, wait: float
) -> None:
    assert RetrySchedule().next_wait_s(1, asked_s, 0.0) == wait


def test_retry_after_does_not_buy_another_attempt() -> None:
    assert RetrySchedule(waits_s=(0.0,)).next_wait_s(1, 60.0, 0.0) is None
