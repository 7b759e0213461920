"""Looks at a running hub's files from outside: what is left to do, how far it got."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from hub.clock import OffsetClock, write_offset
from hub.domain.values import EPOCH
from tests.support.chaos_parts import JOURNAL_FILE, OFFSET_FILE, STORE_FILE

_UNSENT: Final = """
    SELECT count(*) FROM outbox AS o
    WHERE o.state = 'ready'
      AND (o.denied IS NULL OR o.next_attempt_at <= :real OR o.denied LIKE '%consent-view-stale%')
      AND (o.operation = 'retract' OR NOT EXISTS (
            SELECT 1 FROM outbox AS e
            WHERE e.order_key = o.order_key AND e.place < o.place AND e.state IN ('ready', 'failed')
      ))
"""
"""Messages that will be tried without any change of their case; parked ones wait for another."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file for reading only, in one snapshot."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10.0)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        yield connection


def left_to_do(folder: Path) -> dict[str, int]:
    """Return what the hub still has to do by itself, by kind; empty when it is at rest.

    The store is read before the log: whatever is appended in between still shows.
    """
    real = int(time.time() * 1_000_000)
    business = round((now(folder) - EPOCH) / timedelta(microseconds=1))
    with reading(folder / STORE_FILE) as store:
        found = {
            "due": _number(store, "SELECT count(*) FROM due_events WHERE due_at <= ?", business),
            "lookups": _number(store, "SELECT count(*) FROM lookups WHERE sent_at IS NULL"),
            "unsent": _number(store, _UNSENT, {"real": real}),
            "unpublished": _number(store, "SELECT count(*) FROM relay_marks"),
        }
        decided = _number(store, "SELECT sum(offset) FROM positions")
    with reading(folder / "log.db") as log:
        appended = _number(log, "SELECT sum(next) FROM slot WHERE topic = 'cases'")
    found["undecided"] = appended - decided
    return {kind: number for kind, number in found.items() if number}


def decided(folder: Path) -> int:
    """Return how many records were decided."""
    with reading(folder / STORE_FILE) as store:
        return _number(store, "SELECT count(*) FROM outcomes")


def outcomes_of(folder: Path, record_type: str) -> int:
    """Return how many records of a type were applied."""
    with reading(folder / STORE_FILE) as store:
        query = "SELECT count(*) FROM outcomes WHERE outcome = 'applied' AND type = ?"
        return _number(store, query, record_type)


def current_since(folder: Path) -> float:
    """Return up to when (seconds since 1970) everything was decided in some partition at best."""
    with reading(folder / STORE_FILE) as store:
        return _number(store, "SELECT max(caught_up_at) FROM partition_views") / 1_000_000


def waiting_as_stale(folder: Path) -> bool:
    """Return whether every message waits because the decided view is too old."""
    with reading(folder / STORE_FILE) as store:
        ready = _number(store, "SELECT count(*) FROM outbox WHERE state = 'ready'")
        query = "SELECT count(*) FROM outbox WHERE denied LIKE '%consent-view-stale%'"
        return ready == _number(store, query) > 0


def intents(folder: Path) -> int:
    """Return how many disclosure intents were written."""
    with reading(folder / STORE_FILE) as store:
        return _number(store, "SELECT count(*) FROM intents")


def received(folder: Path) -> list[dict[str, Any]]:
    """Return the `data` of every message in the inbox's journal, in order of arrival."""
    journal = folder / JOURNAL_FILE
    whole = journal.read_bytes() if journal.exists() else b""
    lines = whole[: whole.rfind(b"\n") + 1].splitlines()
    return [json.loads(line)["body"]["data"] for line in lines]


def now(folder: Path) -> datetime:
    """Return the hub's business time."""
    return OffsetClock(folder / OFFSET_FILE).now()


def move_clock(folder: Path, to: datetime) -> None:
    """Let it be `to` for every process; only for a hub at rest."""
    write_offset(folder / OFFSET_FILE, (to - datetime.now(UTC)).total_seconds())


def _number(connection: sqlite3.Connection, query: str, *values: Any) -> int:  # noqa: ANN401 - what SQLite takes
    parameters = values[0] if values and isinstance(values[0], dict) else values
    return int(connection.execute(query, parameters).fetchone()[0] or 0)
