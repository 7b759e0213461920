"""All in which SQLite and PostgreSQL differ, and nothing else.

SQLite has one writer at a time (`BEGIN IMMEDIATE`), so it needs no row locks; SQLAlchemy leaves
`FOR UPDATE` out for it. PostgreSQL locks rows, and claims are serialised by one advisory lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Table,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from hub import local_sqlite
from hub.errors import ConfigError
from hub.store.errors import recoverable
from hub.store.types import from_micros

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

BUSY_TIMEOUT_S = 10
READ_ONLY = "hub_read_only"
SQLITE, POSTGRESQL = "sqlite", "postgresql"

# Numbers of PostgreSQL's advisory locks: arbitrary, but the same in every process.
CLAIM_LOCK = 0x6875_6201
UPGRADE_LOCK = 0x6875_6202

Upsert: TypeAlias = "sqlite.Insert | postgresql.Insert"
Offered = ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]


def create_engine(url: str) -> Engine:
    """Return an engine for `sqlite:///path` or `postgresql://...`.

    Raises `ConfigError` for any other database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == SQLITE:
        engine = _sqlite(parsed)
    elif parsed.get_backend_name() == POSTGRESQL:
        engine = _postgresql(parsed)
    else:
        raise ConfigError(
            (f"store.url: {parsed.drivername} is not supported; use sqlite:/// or postgresql://",)
        )
    event.listen(engine, "handle_error", recoverable, retval=True)
    return engine


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise ConfigError(("store.url: an in-memory SQLite store keeps nothing; name a file",))
    path = Path(url.database)
    engine = sqlalchemy_engine(
        url,
        creator=lambda: local_sqlite.connect(path, busy_timeout_s=BUSY_TIMEOUT_S),
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        # A commit makes the pages cached by all other connections void: use the last one again.
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _sqlite_settings)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_settings(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    # 16 MB per connection: more made no event cheaper, and a process may hold several of them.
    connection.execute("PRAGMA cache_size = -16000")
    # A batch touches pages all over the indices of random ids: the later they are copied into the
    # database file, the more of them are copied once for several batches (16 MB of log at most).
    connection.execute("PRAGMA wal_autocheckpoint = 4000")


def _sqlite_begin(connection: Connection) -> None:
    # A deferred BEGIN that writes later fails at once where this one waits its turn (rule 17).
    reads = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _postgresql(url: URL) -> Engine:
    return sqlalchemy_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 10,
            "options": f"-c lock_timeout={BUSY_TIMEOUT_S}s -c timezone=UTC "
            "-c idle_in_transaction_session_timeout=120000",
        },
    )


@cache
def _now_micros(dialect: str) -> ColumnElement[int]:
    if dialect == POSTGRESQL:
        # Not now(): that is the transaction's start, and a lease must not look longer than it is.
        return func.cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger())
    return literal_column(
        "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)", BigInteger()
    )


def real_now(connection: Connection) -> datetime:
    """Return the database's clock: real time for leases and retries between processes (rule 6)."""
    return from_micros(
        connection.execute(select(_now_micros(connection.dialect.name))).scalar_one()
    )


def _insert(dialect: str, target: Table) -> Upsert:
    if dialect == POSTGRESQL:
        # An embedded hub starts without it, and a tenth of a second sooner.
        from sqlalchemy.dialects import postgresql as loaded  # noqa: PLC0415 - as said above

        return loaded.insert(target)
    return sqlite.insert(target)


@cache
def insert_new(dialect: str, target: Table, *unique: str) -> Upsert:
    """Return an insert that leaves rows alone whose key (or `unique` columns) is already there."""
    return _insert(dialect, target).on_conflict_do_nothing(
        index_elements=unique or [column.name for column in target.primary_key]
    )


@cache
def upsert(
    dialect: str,
    target: Table,
    changed: tuple[str, ...],
    only_if: Callable[[Offered], ColumnElement[bool]] | None = None,
) -> Upsert:
    """Return an insert that sets the columns `changed` where the primary key is already there.

    `only_if` gets the row offered and returns the condition under which the stored one changes.
    """
    statement = _insert(dialect, target)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in target.primary_key],
        set_={name: statement.excluded[name] for name in changed},
        where=None if only_if is None else only_if(statement.excluded),
    )


def serialise(connection: Connection, lock: int) -> None:
    """Wait for the end of other transactions that named this lock, and hold it until ours ends.

    On SQLite the write transaction itself does that.
    """
    if connection.dialect.name == POSTGRESQL:
        connection.execute(select(func.pg_advisory_xact_lock(lock)))
