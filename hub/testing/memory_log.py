"""An event log in memory: the promises of the port within one process, as long as the test runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final
from uuid import uuid4

from hub.errors import Halted, Retriable
from hub.ports import BatchHandler, LogIdentity, LogRecord, NewRecord, Topic

_POLL_S: Final = 0.002
_PAUSE_S: Final = 0.02
_IDLE_S: Final = 1.0


class MemoryLog:
    """An `EventLog` without a disk; it passes the same contract suite as the real ones."""

    def __init__(self, *, partitions: int = 4, batch_records: int = 500) -> None:
        self._identity = LogIdentity(uuid4().hex, uuid4().hex, partitions)
        self._batch_records = batch_records
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._first = {(topic, p): 0 for topic in Topic for p in range(partitions)}
        self._records: dict[tuple[Topic, int], list[LogRecord]] = {at: [] for at in self._first}

    def identity(self) -> LogIdentity:
        """Return which log this is."""
        return self._identity

    def append(self, topic: Topic, records: Sequence[NewRecord]) -> None:
        """Append all. Raises `ValueError` for a partition that does not exist."""
        if any((topic, record.partition) not in self._records for record in records):
            raise ValueError(f"partition must be below {self._identity.partitions}")
        with self._lock:
            for partition, key, value in records:
                kept = self._records[topic, partition]
                offset = self._first[topic, partition] + len(kept)
                kept.append(LogRecord(partition, offset, key, value))

    def bounds(self, topic: Topic) -> dict[int, tuple[int, int]]:
        """Return each partition's first offset kept and its end."""
        with self._lock:
            return {p: self._bounds(topic, p) for p in range(self._identity.partitions)}

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[LogRecord]:
        """Return up to `limit` records from `offset` on, or from the first one kept."""
        with self._lock:
            start = max(0, offset - self._first[topic, partition])
            return self._records[topic, partition][start : start + limit]

    def prune(self, topic: Topic, partition: int, before_offset: int) -> int:
        """Delete the records before `before_offset` for good; return how many."""
        with self._lock:
            first, end = self._bounds(topic, partition)
            upto = max(first, min(before_offset, end))
            del self._records[topic, partition][: upto - first]
            self._first[topic, partition] = upto
        return upto - first

    def consume(self, handler: BatchHandler, stop: Callable[[], bool]) -> None:
        """Hand batches of `CASES` to `handler` until `stop()` is true; one consumer at a time."""
        while not self._reading.acquire(timeout=_POLL_S):
            if stop():
                return
        try:
            while not stop():
                try:
                    self._attempt(handler, stop)
                except Retriable:
                    time.sleep(_PAUSE_S)
        finally:
            self._reading.release()

    def close(self) -> None:
        """Nothing is held; the records stay for whoever opens it again."""

    def _attempt(self, handler: BatchHandler, stop: Callable[[], bool]) -> None:
        wanted = {p: handler.start_offset(p) for p in range(self._identity.partitions)}
        next_idle = 0.0
        while not stop():
            if time.monotonic() >= next_idle:
                next_idle = time.monotonic() + _IDLE_S
                for partition in wanted:
                    asked = time.monotonic()
                    handler.idle(partition, self.bounds(Topic.CASES)[partition][1], asked)
            handed = [p for p in wanted if not stop() and self._hand_over(handler, p, wanted)]
            if not handed:
                time.sleep(_POLL_S)

    def _hand_over(self, handler: BatchHandler, partition: int, wanted: dict[int, int]) -> bool:
        offset = wanted[partition]
        first, end = self.bounds(Topic.CASES)[partition]
        if not first <= offset <= end:
            raise Halted(
                f"partition {partition}: the position {offset} is not within {first} to {end}.",
                remedy="Give the store a position that the log holds.",
            )
        records = self.read(Topic.CASES, partition, offset, self._batch_records)
        if not records:
            return False
        wanted[partition] = handler.handle(partition, records)
        if wanted[partition] == offset:
            raise Retriable("the handler asks for the same records again.")
        return True

    def _bounds(self, topic: Topic, partition: int) -> tuple[int, int]:
        first = self._first[topic, partition]
        return first, first + len(self._records[topic, partition])
