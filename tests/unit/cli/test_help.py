"""Every command explains itself with an example, and help is there at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer

from hub.cli.root import app

HEAVY = ("asyncio", "sqlalchemy", "pydantic", "fastavro", "cryptography", "starlette", "msgspec")


def commands(group: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group."""
    yield path
    for command in group.registered_commands:
        assert command.callback is not None
        yield (*path, command.name or command.callback.__name__.replace("_", "-"))
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        assert inner.name is not None
        yield from commands(inner.typer_instance, (*path, inner.name))


ALL = list(commands(app))


def help_of(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a command says of itself."""
    with pytest.raises(SystemExit) as ended:
        app(args=[*words, "--help"], prog_name="hub")
    assert ended.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", ALL, ids=lambda words: " ".join(words) or "hub")
def test_help_shows_an_example_of_the_command(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = " ".join(help_of(words, capsys).split())

    assert f"Example: hub {' '.join(words)}".rstrip() in text


def test_the_promised_commands_are_there() -> None:
    words = {" ".join(path) for path in ALL}

    assert {
        "run",
        "demo",
        "publish",
        "consent record",
        "consent withdraw",
        "consent refuse",
        "safety record",
        "freeze set",
        "freeze lift",
        "referrals list",
        "referrals show",
        "withheld list",
        "cases list",
        "cases show",
        "tasks list",
        "dead-letters list",
        "dead-letters show",
        "dead-letters replay",
        "dead-letters discard",
        "positions init",
        "explain",
        "resume",
        "delivery stop",
        "delivery start",
        "schemas check",
        "schemas register",
        "db upgrade",
        "policy apply",
        "directory apply",
        "config check",
        "config show",
        "doctor",
    } <= words


@pytest.mark.promise("P12")
def test_there_is_no_search_by_name_or_offence() -> None:
    words = {word for path in ALL for word in path}

    assert words.isdisjoint({"search", "find", "name", "offence", "score", "export-all"})


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, hub.cli.root; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert found.stdout.strip() == "[]"


def test_the_exit_codes_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(help_of((), capsys).split())

    assert "0 done, 1 error, 2 wrong command line, 3 partly refused, 4 halted" in text
