"""The one reader of an embedded log: who may read, what is handed over when, and how it waits."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog

from hub.errors import Halted, Retriable
from hub.local_sqlite import translated
from hub.log import embedded_file
from hub.log.embedded_file import Bounds
from hub.ports import BatchHandler, LogRecord, Topic

POLL_S: Final = 0.005
"""How often the file is asked whether anything changed: one pragma of a few microseconds."""
IDLE_S: Final = 1.0
"""How often the handler is told where each partition ends."""
SOON_S: Final = 0.1
"""How soon after a partition was read to its end: what waits for a current view need not wait."""
FIRST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 5.0

_logger: Final = structlog.get_logger(__name__)


class ReaderLock:
    """An exclusive lock on a file, freed by the kernel when its process dies in any way."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def wait(self, stop: Callable[[], bool]) -> bool:
        """Wait for the lock; false if `stop()` came true before."""
        while not stop():
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(POLL_S)
            else:
                return True
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)


class Reader:
    """Hands the records of `CASES` to a handler, in turns over the partitions.

    Every attempt is an assignment of its own: it asks the handler where to go on, so that a
    transaction that was committed although its reply was lost is not decided against a stale view.
    """

    def __init__(
        self,
        connecting: Callable[[], AbstractContextManager[sqlite3.Connection]],
        handler: BatchHandler,
        stop: Callable[[], bool],
        *,
        batch_records: int,
        batch_wait_s: float,
    ) -> None:
        self._connecting = connecting
        self._handler = handler
        self._stop = stop
        self._batch_records = batch_records
        self._batch_wait_s = batch_wait_s
        self._failures = 0
        self._told: dict[int, float] = {}
        self._drained: set[int] = set()

    def run(self) -> None:
        """Read until stopped; retry without limit what may be retried."""
        while not self._stop():
            try:
                with self._connecting() as connection:
                    self._attempt(connection)
            except Retriable as error:
                if self._failures == 0:
                    _logger.warning("reader-retries", error=str(error))
                self._pause(error.retry_after_s)

    def _attempt(self, connection: sqlite3.Connection) -> None:
        view = _View(connection)
        wanted = {partition: self._handler.start_offset(partition) for partition in view.look()}
        waiting: dict[int, float] = {}
        turn = 0
        while not self._stop():
            bounds = view.look()
            order = [*range(turn, len(bounds)), *range(turn)]
            turn = (turn + 1) % len(bounds)
            handed = False
            for partition in order:
                self._ask_ends(view)
                if self._stop():
                    return
                if not self._ripe(bounds[partition].end - wanted[partition], partition, waiting):
                    continue
                wanted[partition] = self._hand_over(view, partition, wanted[partition])
                handed = True
            if not handed:
                time.sleep(POLL_S)

    def _ripe(self, pending: int, partition: int, waiting: dict[int, float]) -> bool:
        """True when a batch is full or old enough; also when the position is beyond the end."""
        if pending == 0:
            return False
        since = waiting.setdefault(partition, time.monotonic())
        if 0 < pending < self._batch_records and time.monotonic() < since + self._batch_wait_s:
            return False
        del waiting[partition]
        return True

    def _hand_over(self, view: _View, partition: int, offset: int) -> int:
        records = view.batch(partition, offset, self._batch_records)
        if not records:
            return offset
        wanted = self._handler.handle(partition, records)
        if wanted == offset:
            raise Retriable("the handler asks for the same records again.")
        self._failures = 0
        if len(records) < self._batch_records:
            self._drained.add(partition)
        return wanted

    def _ask_ends(self, view: _View) -> None:
        """Tell the ends: of each partition every second, sooner of those read to their end."""
        for partition in view.look():
            pause = SOON_S if partition in self._drained else IDLE_S
            asked = time.monotonic()
            if asked < self._told.get(partition, -IDLE_S) + pause:
                continue
            self._told[partition] = asked
            self._drained.discard(partition)
            self._handler.idle(partition, view.look()[partition].end, asked)
            self._failures = 0

    def _pause(self, wish_s: float | None) -> None:
        grown = FIRST_PAUSE_S * 2 ** min(self._failures, 16)
        self._failures += 1
        until = time.monotonic() + (min(grown, LONGEST_PAUSE_S) if wish_s is None else wish_s)
        while not self._stop() and time.monotonic() < until:
            time.sleep(POLL_S)


class _View:
    """What the reader sees of the file. It never writes, so any change shows in `data_version`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._version = -1
        self._bounds: dict[int, Bounds] = {}

    def look(self) -> dict[int, Bounds]:
        """Return the bounds as they are now; cheap when nothing changed."""
        with translated("log.db"):
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._bounds = embedded_file.bounds(self._connection, Topic.CASES)
                self._version = version
        return self._bounds

    def batch(self, partition: int, offset: int, limit: int) -> list[LogRecord]:
        """Return the next records from exactly `offset` on. Raises `Halted` for any gap."""
        with translated("log.db"):
            # One snapshot, so that bounds and records belong together.
            self._connection.execute("BEGIN")
            try:
                slot, first, end = embedded_file.bounds(self._connection, Topic.CASES)[partition]
                records = embedded_file.read(self._connection, slot, partition, offset, limit)
            finally:
                self._connection.execute("COMMIT")
        if offset > end:
            raise Halted(
                f"partition {partition}: the position {offset} is beyond the log's end {end}.",
                remedy="Store and log do not belong together: restore the one that is older, or "
                "run `hub positions init --reason ...`.",
            )
        if offset < first:
            raise Halted(
                f"partition {partition}: the log starts at {first}, after the position {offset}.",
                remedy="Records were deleted before they were decided: restore the log, or accept "
                "the loss with `hub positions init --reason ...`.",
            )
        found = [record.offset for record in records]
        if found != list(range(offset, min(offset + limit, end))):
            raise Halted(
                f"partition {partition}: records after offset {offset} are missing.",
                remedy="The log is damaged: stop the hub and restore log.db from its backup.",
            )
        return records
