"""Crash points as tests use them: make a child process die at one, and tell that it did."""

from __future__ import annotations

import signal

from hub.crashpoints import DISPATCHER_POINTS, PROCESSOR_POINTS, VARIABLE, CrashPoint

__all__ = ["DISPATCHER_POINTS", "PROCESSOR_POINTS", "crashed", "dying_at"]


def dying_at(point: CrashPoint, nth: int = 1) -> dict[str, str]:
    """Return what to add to a child's environment so that it dies at the `nth` reach of `point`."""
    return {VARIABLE: f"{point}:{nth}"}


def crashed(returncode: int | None) -> bool:
    """True if a process with this return code (as `subprocess` gives it) was killed, not ended."""
    return returncode == -signal.SIGKILL
