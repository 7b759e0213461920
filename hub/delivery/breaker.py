"""Circuit breaker: a recipient that keeps failing is left alone for a while."""

from __future__ import annotations

from collections.abc import Callable

from hub.domain.ids import RecipientId


class Breaker:
    """Counts failures in a row per recipient, in this process only.

    After `failures` of them the recipient is paused; when the pause is over one attempt probes, and
    its success lets all others through again. A recipient that named a wait is paused at once.
    """

    def __init__(
        self, *, failures: int, pause_s: float, limit_s: float, monotonic: Callable[[], float]
    ) -> None:
        self._failures = failures
        self._pause_s = pause_s
        self._limit_s = limit_s
        self._monotonic = monotonic
        self._in_a_row: dict[RecipientId, int] = {}
        self._until: dict[RecipientId, float] = {}

    def places(self, recipient: RecipientId, normal: int) -> int:
        """Return how many attempts may run at once: none while paused, one as a probe, or all."""
        if self._monotonic() < self._until.get(recipient, 0.0):
            return 0
        return 1 if self._in_a_row.get(recipient, 0) >= self._failures else normal

    def paused(self) -> set[RecipientId]:
        """Return the recipients that are left alone now."""
        now = self._monotonic()
        return {recipient for recipient, until in self._until.items() if now < until}

    def succeeded(self, recipient: RecipientId) -> None:
        """Note that the recipient answered."""
        self._in_a_row.pop(recipient, None)
        self._until.pop(recipient, None)

    def failed(self, recipient: RecipientId, asked_s: float | None = None) -> None:
        """Note a failure; `asked_s` is the wait in seconds that the recipient asked for."""
        count = self._in_a_row.get(recipient, 0) + 1
        self._in_a_row[recipient] = count
        pause = min(asked_s, self._limit_s) if asked_s is not None else 0.0
        if count >= self._failures:
            pause = max(pause, self._pause_s)
        if pause > 0:
            self._until[recipient] = self._monotonic() + pause
