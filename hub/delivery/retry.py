"""When a failed attempt is tried again: a schedule as data, and a pure decision."""

from __future__ import annotations

from hub.domain.values import Value

_HOUR = 3600.0


class RetrySchedule(Value, frozen=True, kw_only=True):
    """The wait before each attempt, in seconds; as many attempts as there are waits.

    Default: the schedule that the Standard Webhooks guidance recommends (about three days). Each
    wait is lengthened by up to `jitter` of itself, so that what failed together does not come back
    together. A recipient's own Retry-After is honoured up to `retry_after_limit_s`.
    """

    waits_s: tuple[float, ...] = (
        0.0,
        5.0,
        300.0,
        1800.0,
        2 * _HOUR,
        5 * _HOUR,
        10 * _HOUR,
        14 * _HOUR,
        20 * _HOUR,
        24 * _HOUR,
    )
    jitter: float = 0.2
    retry_after_limit_s: float = 24 * _HOUR

    def next_wait_s(self, attempts: int, asked_s: float | None, chance: float) -> float | None:
        """Return the wait after the `attempts`-th attempt failed, or None when it was the last.

        `asked_s` is the wait that the recipient asked for: it lengthens, never shortens. `chance`
        is a random number from 0 up to 1.
        """
        if attempts >= len(self.waits_s):
            return None
        wait = self.waits_s[attempts] * (1.0 + self.jitter * chance)
        return max(wait, min(asked_s or 0.0, self.retry_after_limit_s))
