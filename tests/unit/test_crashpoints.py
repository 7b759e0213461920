"""Crash points: nothing when off, a kill like any other when armed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hub.crashpoints import reach
from hub.testing.crash import DISPATCHER_POINTS, PROCESSOR_POINTS, crashed, dying_at

LOOP = """
import sys
from hub.crashpoints import reach
try:
    for turn in range(5):
        reach("before-commit")
        sys.stdout.write(f"{turn}\\n")
        sys.stdout.flush()
        reach("after-commit")
finally:
    sys.stdout.write("cleaned up\\n")
"""


def run(extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run five turns that pass two points."""
    environment = {k: v for k, v in os.environ.items() if k != "HUB_CRASH_AT"} | extra
    return subprocess.run(
        [sys.executable, "-c", LOOP],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_unarmed_points_do_nothing() -> None:
    done = run({})

    assert (done.returncode, crashed(done.returncode)) == (0, False)
    assert done.stdout.split() == ["0", "1", "2", "3", "4", "cleaned", "up"]


@pytest.mark.parametrize(("nth", "said"), [(1, []), (2, ["0"]), (5, ["0", "1", "2", "3"])])
def test_an_armed_point_kills_at_its_turn_without_any_clean_up(nth: int, said: list[str]) -> None:
    done = run(dying_at("before-commit", nth))

    assert crashed(done.returncode)
    assert done.stdout.split() == said


def test_without_a_count_the_first_time_is_meant() -> None:
    done = run({"HUB_CRASH_AT": "after-commit"})

    assert crashed(done.returncode)
    assert done.stdout.split() == ["0"]


@pytest.mark.parametrize(
    "setting", ["no-such-point", "before-commit:0", "before-commit:-1", "before-commit:x", ":1"]
)
def test_a_setting_that_would_never_crash_is_refused(setting: str) -> None:
    done = run({"HUB_CRASH_AT": setting})

    assert done.returncode == 1
    assert "ConfigError: HUB_CRASH_AT" in done.stderr


def test_arming_a_running_process_has_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_CRASH_AT", "before-commit")

    reach("before-commit")

    assert os.environ["HUB_CRASH_AT"] == "before-commit", "still here, though it is set now"


def test_no_two_points_have_one_name() -> None:
    points = (*PROCESSOR_POINTS, *DISPATCHER_POINTS)

    assert len(set(points)) == len(points)
