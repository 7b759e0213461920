"""How fast the core and the pipeline are, measured on the same events in the same run."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from hub.domain.events import Draft, Event
from tests.benchmarks.history import History, Tick, event_of, first
from tests.benchmarks.memory_hub import MemoryHub
from tests.benchmarks.rules import rules
from tests.benchmarks.timed import Stopwatch, TimedCodec, TimedSealer
from tests.benchmarks.workshop import BATCH, Counting, Workshop

ROUNDS = 3


class Speed(NamedTuple):
    """Events per second, of the wall clock and of the processor's time.

    The second is the same on a busy machine: ratios are taken from it.
    """

    wall: float
    cpu: float


class Core(NamedTuple):
    """How fast `decide` is alone, and what the events were."""

    events: int
    speed: Speed
    kinds: dict[str, int]


class Pipeline(NamedTuple):
    """How fast events get from the log to the commit; shares are of the wall clock's time."""

    batch: int
    events: int
    batches: int
    speed: Speed
    steps: dict[str, float]
    codec: float
    sealing: float
    dead_lettered: int


class Watch:
    """Both clocks, from its making on."""

    def __init__(self) -> None:
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def speed(self, events: int) -> Speed:
        """Return how fast so many events were until now."""
        return Speed(
            events / (time.perf_counter() - self._wall), events / (time.process_time() - self._cpu)
        )


class Latency(NamedTuple):
    """Milliseconds from the call that appends one event to the commit of its decision."""

    events: int
    median_ms: float
    p95_ms: float


def core(ticks: Sequence[Tick], kinds: dict[str, int]) -> Core:
    """Decide the same history again and again, each time from nothing; the median counts."""
    events: list[Event] = [event_of(draft, now) for now, drafts in ticks for draft in drafts]
    speeds = []
    for _ in range(ROUNDS):
        hub = MemoryHub(rules())
        watch = Watch()
        for event in events:
            hub.decide(event)
        speeds.append(watch.speed(len(events)))
    speed = Speed(median(s.wall for s in speeds), median(s.cpu for s in speeds))
    return Core(len(events), speed, kinds)


def recorded(events: int, seed: int = 1) -> tuple[list[Tick], dict[str, int]]:
    """Return a history held in memory, and how many events of each kind it has."""
    history = History(seed)
    ticks = list(first(history.ticks(), events))
    return ticks, dict(history.kinds.most_common())


def fill(folder: Path, ticks: Sequence[Tick]) -> Speed:
    """Append a history to the log of a new hub; return how fast that was."""
    with Workshop(folder) as hub:
        appender = hub.appender()
        watch = Watch()
        for now, drafts in ticks:
            hub.append(appender, now, drafts)
        return watch.speed(sum(len(drafts) for _, drafts in ticks))


def pipeline(filled: Path, folder: Path, batch: int, most: int) -> Pipeline:
    """Decide up to `most` events of a copy of the filled hub, in batches of up to `batch`."""
    shutil.copytree(filled, folder)
    with Workshop(folder, batch=batch) as hub:
        codec, sealing, observer = Stopwatch(), Stopwatch(), Counting()
        hub.codec = TimedCodec(hub.codec, codec)
        hub.sealer = TimedSealer(hub.sealer, sealing)
        wanted = min(most, hub.pending())
        watch = Watch()
        hub.drain(observer, wanted)
        speed = watch.speed(observer.events)
    shutil.rmtree(folder)
    taken = observer.events / speed.wall
    return Pipeline(
        batch=batch,
        events=observer.events,
        batches=observer.batches,
        speed=speed,
        steps={step: seconds / taken for step, seconds in observer.steps.items()},
        codec=codec.seconds / taken,
        sealing=sealing.seconds / taken,
        dead_lettered=sum(observer.faults.values()),
    )


def latency(folder: Path, ticks: Sequence[Tick], events: int) -> Latency:
    """Append one event at a time to a hub that waits for it, and wait for the commit."""
    committed = threading.Condition()
    done = 0

    def note(count: int) -> None:
        nonlocal done
        with committed:
            done = count
            committed.notify()

    singles: list[tuple[Tick, Draft]] = [(tick, d) for tick in ticks for d in tick.drafts][:events]
    with Workshop(folder, batch=BATCH) as hub:
        observer = Counting(note)
        reader = threading.Thread(target=hub.drain, args=(observer, len(singles)), daemon=True)
        reader.start()
        appender = hub.appender()
        taken = []
        for number, (tick, draft) in enumerate(singles, start=1):
            started = time.perf_counter()
            hub.append(appender, tick.now, [draft])
            with committed:
                while done < number:
                    if not committed.wait(timeout=30):
                        raise TimeoutError("an event was not decided within 30 seconds")
            taken.append(1000 * (time.perf_counter() - started))
        reader.join(30)
    return Latency(len(taken), median(taken), quantiles(taken, n=20)[-1])
