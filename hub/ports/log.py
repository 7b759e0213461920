"""The event-log port: durable, partitioned, replayable transport."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol


class Topic(StrEnum):
    """The hub's topics. `CASES` carries everything that changes a case (rule 2)."""

    CASES = "cases"
    REFERRAL_FACTS = "referral-facts"


class NewRecord(NamedTuple):
    """A record to append; the hub computes the partition itself (`partition_of`)."""

    partition: int
    key: str
    value: bytes


class LogRecord(NamedTuple):
    """A record as read; `value` is raw bytes, so that poison never stops the reader."""

    partition: int
    offset: int
    key: str
    value: bytes


class LogIdentity(NamedTuple):
    """Which log this is: a store's positions are valid for this log only (rule 3)."""

    cluster_id: str
    topic_id: str
    partitions: int


class BatchHandler(Protocol):
    """What a log calls: the pipeline. One call, one partition, one transaction."""

    def start_offset(self, partition: int) -> int:
        """Return the offset at which the store wants to go on; called on every assignment."""
        ...

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        """Process the records and return the next offset wanted.

        Raises `Fenced` when another worker moved the position, `Halted` when the hub must stop.
        """
        ...

    def idle(self, partition: int, end: int, asked: float) -> None:
        """Be told where `partition` ended at the instant `asked` (monotonic seconds, rule 11).

        Called for every partition about every second, and soon after one was read to its end.
        """
        ...


class EventLog(Protocol):
    """The transport: durable, partitioned, replayable. Both backends pass one contract suite."""

    def identity(self) -> LogIdentity:
        """Return which log this is. Raises `Retriable` when it can't be reached."""
        ...

    def append(self, topic: Topic, records: Sequence[NewRecord]) -> None:
        """Append all; durable when it returns. Raises `Retriable` if nothing was appended."""
        ...

    def bounds(self, topic: Topic) -> dict[int, tuple[int, int]]:
        """Return each partition's first offset kept and its end (the next offset to be given)."""
        ...

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[LogRecord]:
        """Return up to `limit` records from `offset`, for look-ups and replay tools."""
        ...

    def consume(self, handler: BatchHandler, stop: Callable[[], bool]) -> None:
        """Hand batches of `CASES` to `handler`, one partition each, until `stop()` is true."""
        ...

    def close(self) -> None:
        """Release what is held; closing twice is harmless."""
        ...
