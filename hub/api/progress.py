"""Progress: what the roles report of themselves, and what liveness concludes from it (P10).

Alive means progress. A process is not alive when a loop makes no turn, or when nothing is known to
be wrong, records wait, and the position stands still. An outage or a halt is neither: a restart
would not mend it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple


class _Partition(NamedTuple):
    """Where a partition stands; `asked_at` is when its end was last known."""

    offset: int
    end: int
    moved_at: float
    asked_at: float


class Progress:
    """Collected from all threads of a process. Times are monotonic seconds.

    A loop owes a turn every `turn_limit_s`, or as `limits_s` says for it.
    """

    def __init__(
        self,
        *,
        turn_limit_s: float = 60.0,
        limits_s: Mapping[str, float] | None = None,
        still_limit_s: float = 120.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._turn_limit_s = turn_limit_s
        self._limits_s = dict(limits_s or {})
        self._still_limit_s = still_limit_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._turns: dict[str, float] = {}
        self._waiting: dict[str, str] = {}
        self._partitions: dict[int, _Partition] = {}

    def turn(self, loop: str) -> None:
        """Note that a loop made a turn."""
        with self._lock:
            self._turns[loop] = self._monotonic()

    def works(self, loop: str) -> None:
        """Note that a loop's dependencies answered."""
        with self._lock:
            self._waiting.pop(loop, None)

    def waits(self, loop: str, reason: str) -> None:
        """Note that a loop waits for something outside (an outage, a halt)."""
        with self._lock:
            self._waiting[loop] = reason

    def ends(self, loop: str) -> None:
        """Note that a loop ended in order and owes no more turns."""
        with self._lock:
            self._turns.pop(loop, None)
            self._waiting.pop(loop, None)

    def position(self, partition: int, offset: int) -> None:
        """Note the position of a partition."""
        now = self._monotonic()
        with self._lock:
            seen = self._partitions.get(partition, _Partition(-1, offset, now, now))
            moved = now if seen.offset != offset else seen.moved_at
            self._partitions[partition] = seen._replace(offset=offset, moved_at=moved)

    def end(self, partition: int, end: int) -> None:
        """Note where a partition ended when asked."""
        now = self._monotonic()
        with self._lock:
            seen = self._partitions.get(partition, _Partition(0, 0, now, now))
            # The time counts from when there was something to do.
            moved = now if seen.offset >= seen.end else seen.moved_at
            self._partitions[partition] = _Partition(seen.offset, end, moved, now)

    def waiting(self, loop: str) -> str | None:
        """Return why a loop waits, or None."""
        with self._lock:
            return self._waiting.get(loop)

    def faults(self) -> list[str]:
        """Return why the process is not alive: empty while it is."""
        now = self._monotonic()
        with self._lock:
            faults = [
                f"loop '{loop}' made no turn for {now - turned:.0f} s"
                for loop, turned in sorted(self._turns.items())
                if now - turned > self._limits_s.get(loop, self._turn_limit_s)
            ]
            faults += [
                f"partition {number} stands still for {now - seen.moved_at:.0f} s"
                for number, seen in sorted(self._partitions.items())
                if self._stands_still(seen, now)
            ]
        return faults

    def _stands_still(self, seen: _Partition, now: float) -> bool:
        """While the log or the store does not answer, nobody asks for the end either."""
        return (
            seen.offset < seen.end
            and now - seen.moved_at > self._still_limit_s
            and now - seen.asked_at < self._turn_limit_s
            and not self._waiting
        )
