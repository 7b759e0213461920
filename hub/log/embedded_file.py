"""The file of the embedded event log: its tables, how it is made, and what a row's id means.

A record's row id is its partition's slot and its offset in one integer: records of a partition lie
side by side in the file, in order, and reading a batch is one range scan.
"""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple
from uuid import uuid4

from hub.errors import ConfigError
from hub.local_sqlite import writing
from hub.ports import LogIdentity, LogRecord, Topic

MAX_PARTITIONS: Final = 1024
_OFFSET_BITS: Final = 48

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS log (
        one INTEGER PRIMARY KEY CHECK (one = 1), cluster_id TEXT NOT NULL,
        partitions INTEGER NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS topic (name TEXT PRIMARY KEY, topic_id TEXT NOT NULL)",
    # first: the oldest offset kept; next: the offset the next record gets.
    """CREATE TABLE IF NOT EXISTS slot (
        slot INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL,
        first INTEGER NOT NULL, next INTEGER NOT NULL, UNIQUE (topic, number)
    )""",
    # id: slot * 2**48 + offset.
    """CREATE TABLE IF NOT EXISTS record (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL
    )""",
)


class Bounds(NamedTuple):
    """Where a partition begins and ends, and which slot of the file it has."""

    slot: int
    first: int
    end: int


def create(connection: sqlite3.Connection, partitions: int) -> None:
    """Make the tables, topics and ids unless they are there; processes may race.

    Raises `ConfigError` when the log was made with another number of partitions.
    """
    if not 1 <= partitions <= MAX_PARTITIONS:
        raise ConfigError((f"log partitions: choose a number from 1 to {MAX_PARTITIONS}.",))
    with writing(connection):
        for statement in _SCHEMA:
            connection.execute(statement)
        stored = connection.execute("SELECT partitions FROM log").fetchone()
        if stored is None:
            _fill(connection, partitions)
        elif stored[0] != partitions:
            problem = (
                f"log partitions: this log was made with {stored[0]}, not {partitions}, and the "
                "number is fixed, because each person's events stay in one partition. Set it to "
                f"{stored[0]}; changing it is a migration."
            )
            raise ConfigError((problem,))


def identity(connection: sqlite3.Connection) -> LogIdentity:
    """Return the ids that the log got when it was made."""
    row = connection.execute(
        "SELECT cluster_id, topic_id, partitions FROM log, topic WHERE name = ?", (Topic.CASES,)
    ).fetchone()
    return LogIdentity(*row)


def bounds(connection: sqlite3.Connection, topic: Topic) -> dict[int, Bounds]:
    """Return each partition's bounds, all as of one instant."""
    rows = connection.execute(
        "SELECT number, slot, first, next FROM slot WHERE topic = ? ORDER BY number", (topic,)
    )
    return {number: Bounds(slot, first, end) for number, slot, first, end in rows}


def row_id(slot: int, offset: int) -> int:
    """Return the id of the row that holds `offset` of the partition in `slot`."""
    return (slot << _OFFSET_BITS) + offset


def read(
    connection: sqlite3.Connection, slot: int, partition: int, offset: int, limit: int
) -> list[LogRecord]:
    """Return up to `limit` records from `offset` on, in order."""
    base = row_id(slot, 0)
    rows = connection.execute(
        "SELECT id, key, value FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
        (base + offset, row_id(slot + 1, 0), limit),
    )
    return [LogRecord(partition, id_ - base, key, value) for id_, key, value in rows]


def _fill(connection: sqlite3.Connection, partitions: int) -> None:
    connection.execute("INSERT INTO log VALUES (1, ?, ?)", (uuid4().hex, partitions))
    for topic in Topic:
        connection.execute("INSERT INTO topic VALUES (?, ?)", (topic, uuid4().hex))
        connection.executemany(
            "INSERT INTO slot (topic, number, first, next) VALUES (?, ?, 0, 0)",
            [(topic, number) for number in range(partitions)],
        )
