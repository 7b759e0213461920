"""What a finished run left on disk, read with plain SQL: log, store, the inbox's journal.

Nothing of the hub's store or log is used here, so that a fault in their code can't hide itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

_TABLES: Final = (
    "attempts",
    "cases",
    "child_index",
    "closed_episodes",
    "dead_letters",
    "decision_log",
    "due_events",
    "halts",
    "inbox",
    "intents",
    "lookups",
    "outbox",
    "outcomes",
    "positions",
    "relay_marks",
    "tasks",
    "withheld",
)
_ORDER: Final = {"decision_log": " ORDER BY number", "intents": " ORDER BY rowid"}
_SLOT: Final = 1 << 48


class Record(NamedTuple):
    """One record of a topic, as its bytes."""

    partition: int
    offset: int
    key: str
    value: bytes


class Arrival(NamedTuple):
    """One message in the inbox's journal: its idempotency id, a digest of its body, its `data`."""

    message_id: UUID
    digest: str
    data: dict[str, Any]


class Files(NamedTuple):
    """Everything that is verified. `ends` is the next offset of each partition of the cases."""

    records: list[Record]
    ends: dict[int, int]
    published: list[Record]
    log_ids: tuple[str, str]
    tables: dict[str, list[sqlite3.Row]]
    arrivals: list[Arrival]


def read_files(folder: Path, journal: Path) -> Files:
    """Read a data directory whose processes have ended, and the journal."""
    with closing(_open(folder / "log.db")) as log:
        cluster = log.execute("SELECT cluster_id FROM log").fetchone()[0]
        topic = log.execute("SELECT topic_id FROM topic WHERE name = 'cases'").fetchone()[0]
        records = list(_records(log, "cases"))
        published = list(_records(log, "referral-facts"))
        ends = dict(
            log.execute("SELECT number, next FROM slot WHERE topic = 'cases' ORDER BY 1").fetchall()
        )
    with closing(_open(folder / "store.db")) as store:
        tables = {
            name: store.execute(f"SELECT * FROM {name}{_ORDER.get(name, '')}").fetchall()  # noqa: S608 - names from the list above
            for name in _TABLES
        }
    return Files(records, ends, published, (cluster, topic), tables, _arrivals(journal))


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection


def _records(log: sqlite3.Connection, topic: str) -> Iterator[Record]:
    slots = log.execute("SELECT slot, number FROM slot WHERE topic = ? ORDER BY number", (topic,))
    for slot, number in slots.fetchall():
        for row_id, key, value in log.execute(
            "SELECT id, key, value FROM record WHERE id >= ? AND id < ? ORDER BY id",
            (slot * _SLOT, (slot + 1) * _SLOT),
        ):
            yield Record(number, row_id - slot * _SLOT, key, value)


def _arrivals(journal: Path) -> list[Arrival]:
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    entries = [json.loads(line) for line in lines]
    return [Arrival(UUID(e["id"]), e["digest"], e["body"]["data"]) for e in entries]
