"""Business time: the system's clock, and the one a demo or test may shift for all its processes."""

from __future__ import annotations

import math
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from hub.errors import ConfigError

_LOOK_AGAIN_S: Final = 0.02


class SystemClock:
    """The operating system's time, aware, in UTC."""

    def now(self) -> datetime:
        """Return the present instant (aware, UTC)."""
        return datetime.now(UTC)


class OffsetClock:
    """The system's time plus an offset that all processes of a demo or test read from one file.

    The file holds a number of seconds; no file means no offset. A change is seen by every process
    within 20 ms. Only for demo and tests: it may be moved only when nothing is undecided, due or
    sendable (rule 6 of the spine).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = timedelta()
        self._look_again = -math.inf

    def now(self) -> datetime:
        """Return the shifted instant (aware, UTC). Raises `ConfigError` as `read_offset` does."""
        monotonic = time.monotonic()
        if monotonic >= self._look_again:
            self._offset = timedelta(seconds=read_offset(self._path))
            self._look_again = monotonic + _LOOK_AGAIN_S
        return datetime.now(UTC) + self._offset


def read_offset(path: Path) -> float:
    """Return the seconds in `path`, 0 without a file. Raises `ConfigError` if it has no number."""
    try:
        seconds = float(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return 0.0
    except ValueError as error:
        raise _no_number(path) from error
    if not math.isfinite(seconds):
        raise _no_number(path)
    return seconds


def write_offset(path: Path, seconds: float) -> None:
    """Replace the offset in one step, so that no reader ever sees half a number."""
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(repr(float(seconds)))
    Path(scratch).replace(path)


def _no_number(path: Path) -> ConfigError:
    return ConfigError((f"{path.name}: it must hold a number of seconds; delete it or write one.",))
