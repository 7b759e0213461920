"""Clocks: aware UTC, and one offset that all processes of a demo or test read."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.clock import OffsetClock, SystemClock, read_offset, write_offset
from hub.errors import ConfigError
from hub.ports import Clock
from hub.testing.clock import START, FakeClock

WRITER = """
import sys
from pathlib import Path
from hub.clock import write_offset
write_offset(Path(sys.argv[1]), 3600)
"""


def ahead_s(clock: Clock) -> float:
    """Return how far a clock is ahead of the system's time."""
    return (clock.now() - datetime.now(UTC)).total_seconds()


def check_soon(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds; fail when it does not in time."""
    deadline = time.monotonic() + 20
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline
        pause.wait(0.002)


def test_the_system_clock_tells_utc() -> None:
    now = SystemClock().now()

    assert now.tzinfo is UTC
    assert abs(ahead_s(SystemClock())) < 1


def test_without_a_file_there_is_no_offset(tmp_path: Path) -> None:
    clock = OffsetClock(tmp_path / "clock-offset")

    assert abs(ahead_s(clock)) < 1
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("seconds", [2700.0, -3600.5, 0.0, 1e9])
def test_the_offset_is_added_to_the_systems_time(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "clock-offset"
    write_offset(path, seconds)

    assert read_offset(path) == seconds
    assert abs(ahead_s(OffsetClock(path)) - seconds) < 1
    assert list(tmp_path.iterdir()) == [path]


def test_a_running_clock_sees_what_another_process_wrote(tmp_path: Path) -> None:
    path = tmp_path / "clock-offset"
    clock = OffsetClock(path)
    before = ahead_s(clock)

    subprocess.run([sys.executable, "-c", WRITER, str(path)], check=True)

    check_soon(lambda: ahead_s(clock) > 3590)
    assert abs(before) < 1


@pytest.mark.parametrize("text", ["", "soon", "nan", "inf", "1;2"])
def test_a_file_without_a_number_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clock-offset"
    path.write_text(text, encoding="ascii")

    with pytest.raises(ConfigError, match=r"clock-offset: .*number of seconds"):
        OffsetClock(path).now()


def test_a_fake_clock_stands_still_until_it_is_moved() -> None:
    clock = FakeClock()
    assert (clock.now(), clock.now()) == (START, START)

    assert clock.advance(timedelta(minutes=45)) == START + timedelta(minutes=45)
    assert clock.now() == START + timedelta(minutes=45)
