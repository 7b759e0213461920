"""What the demo prints is legible on a narrow terminal and without colours, and tells a failure."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from hub.demo.driver import Standing
from hub.demo.scene import Finding, Page, Scene, Table
from hub.demo.screen import Screen
from hub.demo.story import Beat
from hub.demo.workplace import ROLES, prepare

HOLDS = Scene("one", "A title", "A claim.", (Finding("a finding " * 12, holds=True),))
FAILS = Scene(
    "two",
    "Another title",
    "Another claim.",
    (Finding("found as claimed", holds=True), Finding("found otherwise", holds=False)),
    (Table(("code", "words"), (("a-code", "plain words"),)), Page("A page", "line one\nline two")),
)


def shown(width: int, *, colour: bool = False) -> str:
    """Return what the screen prints of two scenes, one of which fails."""
    out = io.StringIO()
    screen = Screen(Console(file=out, width=width, force_terminal=colour, highlight=False))
    screen.begin()
    beat = Beat("b", datetime(2026, 3, 2, 8, 0, tzinfo=UTC), "Something happens. " * 6, ())
    screen.beat(beat, Standing(records=3, delivered=2, withheld=1))
    screen.scenes([HOLDS, FAILS])
    screen.end([HOLDS, FAILS], 7.0)
    screen.gone()
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal_nor_than_a_hundred_columns(width: int) -> None:
    lines = shown(width).splitlines()
    assert len(lines) > 10
    assert max(map(len, lines)) <= min(width, 100)


def test_a_code_is_never_broken_at_eighty_columns() -> None:
    codes = ("Sven Schweig", "Svea", "Mon 02 Mar 08:00", "safety-check-missing")
    headings = ("parent", "child", "since", "code", "in plain words")
    out = io.StringIO()
    screen = Screen(Console(file=out, width=80, highlight=False))
    scene = HOLDS._replace(exhibits=(Table(headings, ((*codes, "plain words " * 9),)),))
    screen.scenes([scene])
    assert all(code in out.getvalue() for code in codes)
    assert max(map(len, out.getvalue().splitlines())) <= 80


def test_the_end_gives_each_scene_a_line_with_its_verdict() -> None:
    lines = [line.split() for line in shown(80).split("─" * 80)[-1].splitlines()]
    assert ["1", "A", "title", "holds"] in lines
    assert ["2", "Another", "title", "DOES", "NOT", "HOLD"] in lines


def test_what_is_kept_names_each_role_and_each_person(tmp_path: Path) -> None:
    out = io.StringIO()
    place = prepare(tmp_path)
    Screen(Console(file=out, width=80)).kept(place, {"Maria Muster": "0123456789ab"}, ["x"], [7])
    words = out.getvalue().split()
    for role, port in zip(ROLES, place.ports.management, strict=True):
        assert words[words.index(role) + 1] == f"http://127.0.0.1:{port}/metrics"
    assert words[words.index("Muster") + 1] == "0123456789ab"


def test_a_pipe_gets_no_colours() -> None:
    assert "\x1b[" not in shown(80)
    assert "\x1b[" in shown(80, colour=True)


def test_a_claim_that_fails_is_said_beside_it_and_at_the_end() -> None:
    text = shown(100)
    assert "2. Another title  (DOES NOT HOLD)" in text
    assert "✗ found otherwise" in text
    assert "Claims that do not hold: 2." in text
    assert "All" not in text.split("Claims that do not hold")[1]


def test_exhibits_and_the_storys_clock_are_shown() -> None:
    text = shown(100)
    for part in ("a-code", "plain words", "A page", "line two", "Mon 02 Mar 08:00", "3 records"):
        assert part in text


def test_a_scene_without_findings_proves_nothing() -> None:
    assert HOLDS.passed
    assert not FAILS.passed
    assert not HOLDS._replace(findings=()).passed
