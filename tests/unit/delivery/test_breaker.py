"""The circuit breaker, on a clock that the test moves."""

from hub.delivery.breaker import Breaker
from hub.domain.ids import RecipientId

OFFICE, OTHER = RecipientId("office"), RecipientId("other")


class Seconds:
    """A monotonic clock under the test's control."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make(clock: Seconds) -> Breaker:
    return Breaker(failures=3, pause_s=30.0, limit_s=3600.0, monotonic=clock)


def test_a_recipient_that_fails_three_times_in_a_row_is_left_alone() -> None:
    breaker = make(Seconds())

    for _ in range(2):
        breaker.failed(OFFICE)
    before = breaker.places(OFFICE, 4)
    breaker.failed(OFFICE)

    assert before == 4
    assert breaker.places(OFFICE, 4) == 0
    assert breaker.paused() == {OFFICE}
    assert breaker.places(OTHER, 4) == 4


def test_after_the_pause_one_probe_goes_and_its_success_lets_all_through() -> None:
    clock = Seconds()
    breaker = make(clock)
    for _ in range(3):
        breaker.failed(OFFICE)

    clock.now += 30.0
    probing = breaker.places(OFFICE, 4)
    breaker.succeeded(OFFICE)

    assert probing == 1
    assert breaker.places(OFFICE, 4) == 4


def test_a_failed_probe_pauses_again() -> None:
    clock = Seconds()
    breaker = make(clock)
    for _ in range(3):
        breaker.failed(OFFICE)
    clock.now += 30.0

    breaker.failed(OFFICE)

    assert breaker.places(OFFICE, 4) == 0


def test_a_recipient_that_asks_for_a_wait_gets_it_at_once_but_not_forever() -> None:
    clock = Seconds()
    breaker = make(clock)

    breaker.failed(OFFICE, asked_s=1e9)
    paused = breaker.places(OFFICE, 4)
    clock.now += 3600.0

    assert paused == 0
    assert breaker.places(OFFICE, 4) == 4
