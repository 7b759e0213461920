"""Crash points: named places at which a test may kill the process as `kill -9` would.

A leaf that every room may import. Off (always, outside tests) a point costs one comparison. The
environment variable `HUB_CRASH_AT` names one point and, after a colon, at which time it is reached
(`after-persist:3`, the first time if nothing is said). It is read once, when the process starts, so
that nothing in a running process can arm a crash. `hub.testing.crash` makes such environments.
"""

from __future__ import annotations

import itertools
import os
import signal
from typing import Final, Literal, get_args

from hub.errors import ConfigError

ProcessorPoint = Literal[
    "before-decode",
    "after-decode",
    "after-unseal",
    "after-decide",
    "before-persist",  # cases are locked, nothing is written
    "after-persist",  # rows are written, the position is not moved
    "before-commit",  # the position is moved, nothing is committed
    "after-commit",
]
"""Places in one batch of the processor, in the order in which a batch reaches them."""

DispatcherPoint = Literal[
    "after-claim",
    "after-permit",  # the permit holds, the intent is not stored
    "intent-committed",
    "before-send",
    "after-send",  # the receipt is there, the result is not stored
    "result-committed",
]
"""Places in one attempt of the dispatcher, in the order in which an attempt reaches them."""

CrashPoint = ProcessorPoint | DispatcherPoint

PROCESSOR_POINTS: Final[tuple[ProcessorPoint, ...]] = get_args(ProcessorPoint)
DISPATCHER_POINTS: Final[tuple[DispatcherPoint, ...]] = get_args(DispatcherPoint)
VARIABLE: Final = "HUB_CRASH_AT"


def _armed(setting: str) -> tuple[str | None, int]:
    """Return point and count of a setting. Raises `ConfigError` for what would never crash."""
    if not setting:
        return None, 0
    name, _, nth = setting.partition(":")
    if name not in (*PROCESSOR_POINTS, *DISPATCHER_POINTS):
        raise ConfigError((f"{VARIABLE}: unknown crash point; use one of hub/crashpoints.py",))
    if nth and not (nth.isascii() and nth.isdigit() and int(nth) > 0):
        raise ConfigError((f"{VARIABLE}: the count after the colon must be a whole number from 1",))
    return name, int(nth or 1)


_POINT, _NTH = _armed(os.environ.get(VARIABLE, ""))
_COUNT = itertools.count(1)


def reach(point: CrashPoint) -> None:
    """Die here (SIGKILL, no clean-up of any kind) if this is the armed point and its turn."""
    if point == _POINT and next(_COUNT) == _NTH:
        os.kill(os.getpid(), signal.SIGKILL)
