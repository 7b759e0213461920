"""The intent's lifetime, on the monotonic clock (rule 9)."""

from __future__ import annotations

from collections.abc import Callable

from hub.errors import Retriable


class Window:
    """The time from the permit until the first byte at the latest.

    `opened` is the monotonic instant from before the permit was computed, so that the window is
    never later than what the permit covers.
    """

    def __init__(self, *, opened: float, lifetime_s: float, monotonic: Callable[[], float]) -> None:
        self._closes = opened + lifetime_s
        self._monotonic = monotonic

    def ensure_open(self) -> None:
        """Raise `Retriable(possibly_sent=False)` once the intent's lifetime is over."""
        if self._monotonic() >= self._closes:
            raise Retriable(
                "The disclosure intent ran out before the first byte; the permit is asked anew.",
                possibly_sent=False,
                code="intent-expired",
            )
