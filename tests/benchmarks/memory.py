"""Whether the processor's memory stays flat over a long run, in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.history import History, first
from tests.benchmarks.workshop import Counting, Workshop

WARM_UP = 0.5
"""The share of the run after which caches (pages, keys, statements) must be full."""
MOST_GROWTH = 0.10
LIMIT_S = 900.0
_SAMPLES = 200
_STATM = Path("/proc/self/statm")


Sample = tuple[int, float]
"""Events decided so far, and a figure: resident megabytes, events per second or seconds."""


_Work = Callable[[Path, int, int, "Queue[list[Sample]]"], None]


class Flat(NamedTuple):
    """Resident megabytes of the processor before, after the warm-up, half way and at the end."""

    events: int
    per_second: float
    append_per_second: float
    start_mb: float
    warm_mb: float
    middle_mb: float
    end_mb: float
    peak_mb: float

    @property
    def growth(self) -> float:
        """How much more than after the warm-up there ever was, as a share."""
        return self.peak_mb / self.warm_mb - 1.0


def measure(folder: Path, events: int, seed: int = 2) -> Flat:
    """Append `events` in one process while another decides them and watches its own memory."""
    with Workshop(folder):
        pass  # the files are made once, before two processes open them
    filling, watching = (
        _Process(_fill, folder, events, seed),
        _Process(_watch, folder, events, seed),
    )
    [(_, appended)] = filling.answer()
    *samples, (_, taken) = watching.answer()
    return flat(events, samples, taken=taken, append_per_second=appended)


def flat(events: int, samples: Sequence[Sample], *, taken: float, append_per_second: float) -> Flat:
    """Sum up samples of (events decided, resident megabytes); the first one is of none decided."""
    later = [mb for done, mb in samples if done >= WARM_UP * events]
    warm = max(mb for done, mb in samples if done <= WARM_UP * events)
    return Flat(
        events=events,
        per_second=events / taken,
        append_per_second=append_per_second,
        start_mb=samples[0][1],
        warm_mb=warm,
        middle_mb=next(mb for done, mb in samples if done >= events / 2),
        end_mb=samples[-1][1],
        peak_mb=max(later),
    )


def resident_mb() -> float:
    """Return this process's resident memory; where the system tells only its peak, the peak."""
    if _STATM.exists():
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


class _Process:
    """A process that does one thing and answers once."""

    def __init__(self, work: _Work, folder: Path, events: int, seed: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._answers: Queue[list[Sample]] = context.Queue()
        self._process = context.Process(
            target=work, args=(folder, events, seed, self._answers), daemon=True
        )
        self._process.start()

    def answer(self) -> list[Sample]:
        """Return the answer. Raises `queue.Empty` when it takes too long."""
        try:
            return self._answers.get(timeout=LIMIT_S)
        finally:
            self._process.join(30)


def _fill(folder: Path, events: int, seed: int, answers: Queue[list[Sample]]) -> None:
    taken = 0.0
    with Workshop(folder) as hub:
        appender = hub.appender()
        for now, drafts in first(History(seed).ticks(), events):
            started = time.perf_counter()
            hub.append(appender, now, drafts)
            taken += time.perf_counter() - started
    answers.put([(events, events / taken)])


def _watch(folder: Path, events: int, _seed: int, answers: Queue[list[Sample]]) -> None:
    with Workshop(folder) as hub:
        samples = [(0, resident_mb())]

        def look(done: int) -> None:
            if done >= samples[-1][0] + events / _SAMPLES:
                samples.append((done, resident_mb()))

        started = time.perf_counter()
        hub.drain(Counting(look), events)
        taken = time.perf_counter() - started
        samples.append((events, resident_mb()))
    answers.put([*samples, (events, taken)])
