"""What the contract tests need of a backend, and a handler that notes all it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from hub.ports import BatchHandler, EventLog, LogRecord, NewRecord, Topic

PARTITIONS = 4
BATCH = 10
KEY = "ab" * 32
PATIENCE_S = 20.0


class Bed(Protocol):
    """One fresh log with `PARTITIONS` partitions and batches of `BATCH`."""

    def open(self) -> EventLog:
        """Return a client of the log, as another process would open one."""
        ...

    def prune(self, topic: Topic, partition: int, before_offset: int) -> None:
        """Let retention delete the records before an offset."""
        ...


class Notes:
    """A handler that notes every call. `faults` are raised, in turn, before a batch counts."""

    def __init__(self, positions: dict[int, int] | None = None) -> None:
        self.positions = dict.fromkeys(range(PARTITIONS), 0) | (positions or {})
        self.calls: list[tuple[int, list[LogRecord]]] = []
        self.assigned: list[int] = []
        self.idles: list[tuple[float, int, int]] = []
        self.faults: list[Exception] = []

    def start_offset(self, partition: int) -> int:
        self.assigned.append(partition)
        return self.positions[partition]

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        if self.faults:
            raise self.faults.pop(0)
        self.calls.append((partition, list(records)))
        self.positions[partition] = records[-1].offset + 1
        return self.positions[partition]

    def idle(self, partition: int, end: int, asked: float) -> None:
        self.idles.append((asked, partition, end))

    def records(self, partition: int | None = None) -> list[LogRecord]:
        """Return what was handed over, in order, of one partition or all."""
        return [r for p, batch in self.calls for r in batch if partition in (None, p)]


class Consumption:
    """A running `consume`; `failure` is what it raised."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.ended = threading.Event()
        self.failure: Exception | None = None

    def run(self, log: EventLog, handler: BatchHandler) -> None:
        try:
            log.consume(handler, self.stop.is_set)
        except Exception as error:  # noqa: BLE001 - the test looks at whatever it was
            self.failure = error
        finally:
            self.ended.set()


@contextmanager
def consuming(log: EventLog, handler: BatchHandler) -> Iterator[Consumption]:
    """Consume in a thread until the block ends."""
    consumption = Consumption()
    thread = threading.Thread(target=consumption.run, args=(log, handler))
    thread.start()
    try:
        yield consumption
    finally:
        consumption.stop.set()
        thread.join()


def check_soon(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        pause.wait(0.002)


def ending(log: EventLog, handler: BatchHandler) -> Exception | None:
    """Consume until the log gives up by itself; return what it raised."""
    with consuming(log, handler) as consumption:
        check_soon(consumption.ended.is_set, "consume ended by itself")
        return consumption.failure


def fill(log: EventLog, partition: int, count: int, start: int = 0) -> list[bytes]:
    """Append `count` numbered records to a partition; return their values."""
    values = [b"%d/%d" % (partition, number) for number in range(start, start + count)]
    log.append(Topic.CASES, [NewRecord(partition, KEY, value) for value in values])
    return values
