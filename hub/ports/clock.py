"""The clock port: the only source of business time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of business time. Leases and timeouts use `time.monotonic` instead."""

    def now(self) -> datetime:
        """Return the present instant (aware, UTC)."""
        ...
