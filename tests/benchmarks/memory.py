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

WARM_UP = 0.3
"""The share of the run after which caches (pages, keys, statements) must be full."""
MOST_GROWTH = 0.10
LIMIT_S = 900.0
_SAMPLES = 200
_STATM = Path("/proc/self/statm")


Sample = tuple[int, float]
"""Events decided so far, and a figure: resident megabytes, events per second or seconds."""


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
    """Append `events` in one process, then decide them in another that watches its memory."""
    [(_, appended)] = _in_process(_fill, folder, events, seed)
    *samples, (_, taken) = _in_process(_watch, folder, events, seed)
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


def _in_process(
    work: Callable[[Path, int, int, Queue[list[Sample]]], None],
    folder: Path,
    events: int,
    seed: int,
) -> list[Sample]:
    context = multiprocessing.get_context("spawn")
    answers: Queue[list[Sample]] = context.Queue()
    process = context.Process(target=work, args=(folder, events, seed, answers), daemon=True)
    process.start()
    try:
        return answers.get(timeout=LIMIT_S)
    finally:
        process.join(30)


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
