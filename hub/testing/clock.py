"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Where a fake clock begins unless told otherwise: a Monday morning."""


class FakeClock:
    """A `Clock` under the test's control."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the instant it was set to (aware, UTC)."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Move by `by`, backwards too (a host's clock may be corrected); return the new instant."""
        self._now += by
        return self._now
