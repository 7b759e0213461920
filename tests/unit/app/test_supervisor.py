"""If one loop dies the process ends, and all loops drain."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator

import pytest

from hub.api.progress import Progress
from hub.app.supervisor import BeatingEvent, Supervisor, on_asyncio


class FakeTime:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put the test runner's own handlers back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_signal_lets_every_loop_drain() -> None:
    supervisor, drained = Supervisor(), []

    def loop(stop: threading.Event) -> None:
        assert stop.wait(10)
        drained.append(1)

    supervisor.start("a", loop)
    supervisor.start("b", loop)
    threading.Timer(0.01, lambda: signal.raise_signal(signal.SIGTERM)).start()
    supervisor.wait()

    assert drained == [1, 1]
    assert supervisor.fault is None


def test_a_loop_that_dies_stops_the_others_and_is_told() -> None:
    supervisor, drained = Supervisor(), []

    def good(stop: threading.Event) -> None:
        assert stop.wait(10)
        drained.append(1)

    def bad(_: threading.Event) -> None:
        message = "invented"
        raise LookupError(message)

    supervisor.start("good", good)
    supervisor.start("bad", bad)
    supervisor.wait()

    assert drained == [1]
    assert isinstance(supervisor.fault, LookupError)


def test_a_loop_that_ends_by_itself_is_a_fault() -> None:
    supervisor = Supervisor()
    supervisor.start("short", lambda _: None)
    supervisor.wait()

    assert "short" in str(supervisor.fault)


def test_looking_at_the_stop_event_is_a_turn() -> None:
    time = FakeTime()
    progress = Progress(turn_limit_s=60, monotonic=time)
    stop = threading.Event()
    beating = BeatingEvent(stop, progress, "due-events")
    assert not beating.is_set()
    time.seconds = 61

    assert progress.faults()
    assert not beating.is_set()
    assert progress.faults() == []
    stop.set()
    assert beating.is_set()
    assert beating.wait(0)


def test_a_loop_on_asyncio_ends_with_the_others() -> None:
    stop, seen = threading.Event(), []

    async def main(ending: asyncio.Event) -> None:
        stop.set()
        await ending.wait()
        seen.append(ending.is_set())

    on_asyncio(main, Progress(), "relay")(stop)

    assert seen == [True]


def test_a_fault_on_asyncio_reaches_the_supervisor() -> None:
    async def main(_: asyncio.Event) -> None:
        message = "invented"
        raise LookupError(message)

    with pytest.raises(LookupError):
        on_asyncio(main, Progress(), "relay")(threading.Event())
