"""The embedded event log: one SQLite file, one host (rule 17 of the spine)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from hub.errors import Retriable
from hub.local_sqlite import connect, translated, writing
from hub.log import embedded_file
from hub.log.embedded_reader import Reader, ReaderLock
from hub.ports import BatchHandler, LogIdentity, LogRecord, NewRecord, Topic

LOG_FILE: Final = "log.db"
LOCK_FILE: Final = "reader.lock"

_PRUNED_AT_ONCE: Final = 10_000


class EmbeddedLog:
    """The `EventLog` on SQLite: durable on return, gapless offsets from 0, safe for processes.

    `partitions` is fixed when the file is made. `consume` hands over batches of up to
    `batch_records`, or of what came within `batch_wait_s` seconds. Constructing raises
    `ConfigError` (network file system, other number of partitions), `Retriable` (locked) or
    `Halted` (damaged).
    """

    def __init__(
        self,
        directory: Path,
        *,
        partitions: int,
        batch_records: int = 500,
        batch_wait_s: float = 0.005,
        busy_timeout_s: float = 5.0,
    ) -> None:
        self._path = directory / LOG_FILE
        self._lock_path = directory / LOCK_FILE
        self._batch_records = batch_records
        self._batch_wait_s = batch_wait_s
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = self._connect()
        try:
            with self._using() as connection:
                embedded_file.create(connection, partitions)
                slots = embedded_file.bounds
                self._slots = {
                    t: {p: b.slot for p, b in slots(connection, t).items()} for t in Topic
                }
        except BaseException:
            self.close()
            raise

    def identity(self) -> LogIdentity:
        """Return which log this is. Raises `Retriable` when it can't be read."""
        with self._using() as connection:
            return embedded_file.identity(connection)

    def append(self, topic: Topic, records: Sequence[NewRecord]) -> None:
        """Append all or, raising `Retriable`, nothing; on disk when it returns.

        Records keep their order within each partition. Raises `ValueError` for a partition that
        does not exist.
        """
        slots = self._slots[topic]
        if any(record.partition not in slots for record in records):
            raise ValueError(f"partition must be below {len(slots)}")
        if not records:
            return
        with self._using() as connection, writing(connection):
            ends = {p: b.end for p, b in embedded_file.bounds(connection, topic).items()}
            rows = []
            for partition, key, value in records:
                rows.append((embedded_file.row_id(slots[partition], ends[partition]), key, value))
                ends[partition] += 1
            connection.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
            touched = {record.partition for record in records}
            connection.executemany(
                "UPDATE slot SET next = ? WHERE slot = ?", [(ends[p], slots[p]) for p in touched]
            )

    def bounds(self, topic: Topic) -> dict[int, tuple[int, int]]:
        """Return each partition's first offset kept and its end, all as of one instant."""
        with self._using() as connection:
            found = embedded_file.bounds(connection, topic)
        return {partition: (b.first, b.end) for partition, b in found.items()}

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[LogRecord]:
        """Return up to `limit` records from `offset` on, or from the first one kept."""
        slot = self._slots[topic][partition]
        with self._using() as connection:
            return embedded_file.read(connection, slot, partition, offset, limit)

    def prune(self, topic: Topic, partition: int, before_offset: int) -> int:
        """Delete the records before `before_offset` for good; return how many.

        The caller sees to it that no reader wants them any more: one that does is halted. Deletes
        in portions, so that appenders get their turn.
        """
        slot = self._slots[topic][partition]
        pruned = 0
        while True:
            with self._using() as connection, writing(connection):
                _, first, end = embedded_file.bounds(connection, topic)[partition]
                upto = min(before_offset, end, first + _PRUNED_AT_ONCE)
                if upto <= first:
                    return pruned
                connection.execute(
                    "DELETE FROM record WHERE id >= ? AND id < ?",
                    (embedded_file.row_id(slot, first), embedded_file.row_id(slot, upto)),
                )
                connection.execute("UPDATE slot SET first = ? WHERE slot = ?", (upto, slot))
                pruned += upto - first

    def consume(self, handler: BatchHandler, stop: Callable[[], bool]) -> None:
        """Hand batches of `CASES` to `handler`, one partition each, until `stop()` is true.

        One consumer at a time: others wait for the lock file, which the kernel frees when its
        holder dies. `Retriable` from the handler or the file is retried in place without limit;
        `Fenced` and `Halted` end the call, as does any other exception. Raises `Halted` when the
        handler's position is not within the log, or a record is missing.
        """
        with ReaderLock(self._lock_path) as lock:
            if not lock.wait(stop):
                return
            reader = Reader(
                lambda: closing(self._connect()),
                handler,
                stop,
                batch_records=self._batch_records,
                batch_wait_s=self._batch_wait_s,
            )
            reader.run()

    def close(self) -> None:
        """Release the file; closing twice is harmless."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _connect(self) -> sqlite3.Connection:
        return connect(self._path, busy_timeout_s=self._busy_timeout_s)

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translated(LOG_FILE):
            if self._connection is None:
                raise Retriable(f"{LOG_FILE} is closed.")
            yield self._connection
