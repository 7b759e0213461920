"""Runs the loops of a process in threads. If one dies, the process ends: nothing limps on."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from types import FrameType

import structlog
from typing_extensions import override

from hub.api.progress import Progress
from hub.app.logs import place_of

log = structlog.get_logger(__name__)

DRAIN_S = 30.0
BRIDGE_S = 0.05
"""How often a loop on asyncio looks at the stop event of the threads."""

Loop = Callable[[threading.Event], None]
AsyncLoop = Callable[[asyncio.Event], Awaitable[None]]


class Supervisor:
    """Starts loops, waits for a signal or the first fault, then lets all of them drain."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.fault: BaseException | None = None
        self._threads: list[threading.Thread] = []

    def start(self, name: str, loop: Loop) -> None:
        """Run a loop in a thread of its own; it must return soon after its event is set."""
        thread = threading.Thread(target=self._guard, args=(name, loop), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def wait(self) -> None:
        """Return once SIGTERM or SIGINT came, or a loop died; call it from the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)
        # In short waits, so that signals are handled on every platform.
        while not self.stop.wait(0.5):
            pass
        deadline = time.monotonic() + DRAIN_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                log.warning("loop-did-not-drain", loop=thread.name, waited_s=DRAIN_S)

    def _signalled(self, number: int, _: FrameType | None) -> None:
        log.info("stopping", signal=signal.Signals(number).name)
        self.stop.set()

    def _guard(self, name: str, loop: Loop) -> None:
        try:
            loop(self.stop)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the process must end
            log.error(  # noqa: TRY400 - the text of a foreign error may be personal
                "loop-died", loop=name, error=type(error).__name__, place=place_of(error)
            )
            self.fault = self.fault or error
        else:
            if not self.stop.is_set():
                log.error("loop-ended", loop=name)
                self.fault = self.fault or RuntimeError(f"loop '{name}' ended by itself")
        self.stop.set()


class BeatingEvent(threading.Event):
    """A stop event that notes a turn of a loop whenever the loop looks at it."""

    def __init__(self, stop: threading.Event, progress: Progress, loop: str) -> None:
        super().__init__()
        self._stop = stop
        self._progress = progress
        self._loop = loop

    @override
    def is_set(self) -> bool:
        self._progress.turn(self._loop)
        return self._stop.is_set()

    @override
    def wait(self, timeout: float | None = None) -> bool:
        return self._stop.wait(timeout)


class BeatingAsyncEvent(asyncio.Event):
    """The same for a loop on asyncio; it is set from outside."""

    def __init__(self, progress: Progress, name: str) -> None:
        super().__init__()
        self._progress = progress
        self._name = name

    @override
    def is_set(self) -> bool:
        self._progress.turn(self._name)
        return super().is_set()


def on_asyncio(main: AsyncLoop, progress: Progress, name: str) -> Loop:
    """Return a loop that runs `main` on an event loop of its own, in its thread."""

    async def run(stop: threading.Event) -> None:
        ending = BeatingAsyncEvent(progress, name)

        async def bridge() -> None:
            while not stop.is_set():  # noqa: ASYNC110 - the other event belongs to threads
                await asyncio.sleep(BRIDGE_S)
            ending.set()

        bridging = asyncio.create_task(bridge())
        try:
            await main(ending)
        finally:
            bridging.cancel()
        progress.ends(name)

    def loop(stop: threading.Event) -> None:
        asyncio.run(run(stop))

    return loop
