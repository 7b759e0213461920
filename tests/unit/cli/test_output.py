"""Tables are for people, JSON for machines; both show the same rows."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.cli.output import cell, show, show_one

KEY = "ab" * 32
ROW = {
    "ready_at": datetime(2026, 3, 2, 8, 55, tzinfo=UTC),
    "referral_id": UUID(int=1),
    "operation": "refer",
    "recipient": "jugendamt-musterstadt",
    "purpose": "family-support",
    "state": "ready",
    "attempts": 23,
    "denied": ("consent-view-stale", "safety-check-missing"),
}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (KEY, "abababababab"),
        ((), "-"),
        (("a", KEY), "a, abababababab"),
        (datetime(2026, 3, 2, 8, 55, tzinfo=UTC), "2026-03-02 08:55:00"),
    ],
)
def test_a_cell_is_short(value: object, text: str) -> None:
    assert cell(value) == text


def test_json_has_all_members_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"person": KEY, "id": UUID(int=1), "hidden": 1, "at": datetime(2026, 3, 2, tzinfo=UTC)}
    show([row], ["person"], json=True, empty="none")

    assert json.loads(capsys.readouterr().out) == [
        {
            "person": KEY,
            "id": "00000000-0000-0000-0000-000000000001",
            "hidden": 1,
            "at": "2026-03-02T00:00:00Z",
        }
    ]


def test_an_empty_list_says_so_and_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([], ["person"], json=False, empty="There is none.")
    show([], ["person"], json=True, empty="There is none.")

    assert capsys.readouterr().out == "There is none.\n[]\n"


def test_one_thing_is_shown_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    show_one({"person": KEY}, json=False)

    assert KEY in capsys.readouterr().out


def terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Make standard output a terminal of so many columns."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


@pytest.mark.parametrize("width", [80, 111])
def test_a_terminal_too_narrow_for_the_table_gets_a_block_per_row(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal(monkeypatch, width)
    show([ROW, ROW], list(ROW), json=False, empty="none")

    first, second = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert first == second
    assert first.splitlines() == [
        f"{name.replace('_', ' ')}: {cell(value)}" for name, value in ROW.items()
    ]


def test_a_wide_terminal_and_a_pipe_get_a_table_in_full(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    show([ROW], list(ROW), json=False, empty="none")
    piped = capsys.readouterr().out
    terminal(monkeypatch, 200)
    show([ROW], list(ROW), json=False, empty="none")

    for out in (piped, capsys.readouterr().out):
        header, line = out.splitlines()
        assert "ready at" in header
        assert all(cell(value) in line for value in ROW.values())
