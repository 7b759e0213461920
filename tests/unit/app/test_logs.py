"""Log lines are JSON, and hold nothing of an exception but its class and place."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from hub.app.logs import configure

CANARY = "CANARY-A9999ZZ"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Put logging back as the test runner had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """Return what was logged."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail() -> None:
    """Fail with a text that no log may show."""
    raise ValueError(CANARY)


def test_a_line_is_one_object_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    log = structlog.get_logger("hub.test")
    log.debug("hidden")
    log.info("started", role="ingest")

    [line] = lines(capsys)
    assert (line["event"], line["level"], line["role"]) == ("started", "info", "ingest")
    assert line["timestamp"].endswith("Z")


@pytest.mark.promise("P6")
def test_an_exception_shows_its_class_and_place_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug")
    try:
        fail()
    except ValueError:
        structlog.get_logger("hub.test").exception("failed")

    said = capsys.readouterr().err
    assert json.loads(said)["error"] == "ValueError"
    assert "test_logs.py:" in json.loads(said)["place"]
    assert CANARY not in said


@pytest.mark.promise("P6")
def test_a_library_speaks_without_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug")
    library = logging.getLogger("library")
    library.warning("could not send %s", CANARY)
    library.warning(CANARY)
    library.info("chatter")
    try:
        fail()
    except ValueError:
        library.exception("broke %s", CANARY)

    said = capsys.readouterr().err
    found = [json.loads(line) for line in said.splitlines()]
    assert [line["template"] for line in found] == ["could not send %s", "", "broke %s"]
    assert CANARY not in said
