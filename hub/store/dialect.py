"""All in which SQLite and PostgreSQL differ, and nothing else.

SQLite has one writer at a time (`BEGIN IMMEDIATE`), so it needs no row locks; SQLAlchemy leaves
`FOR UPDATE` out for it. PostgreSQL locks rows, and claims are serialised by one advisory lock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, Table, event, literal_column
from sqlalchemy import create_engine as sqlalchemy_engine
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from hub.errors import ConfigError
from hub.store.errors import recoverable
from hub.store.types import from_micros

BUSY_TIMEOUT_MS = 10_000
READ_ONLY = "hub_read_only"
SQLITE, POSTGRESQL = "sqlite", "postgresql"

# Numbers of PostgreSQL's advisory locks: arbitrary, but the same in every process.
CLAIM_LOCK = 0x6875_6201
UPGRADE_LOCK = 0x6875_6202

Upsert = sqlite.Insert | postgresql.Insert
Excluded = Callable[[Any], ColumnElement[bool]]


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
    engine = sqlalchemy_engine(url, hide_parameters=True, pool_size=8, max_overflow=24)
    event.listen(engine, "connect", _sqlite_settings)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_settings(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own implicit BEGIN is deferred: two such writers would fail, not wait (rule 17).
    setattr(connection, "isolation_level", None)  # noqa: B010 - the interface does not name SQLite's own attribute
    cursor = connection.cursor()
    # The timeout comes first: changing the journal mode takes a lock itself.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -32000")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
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
            "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c timezone=UTC "
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
    return from_micros(connection.execute(select(_now_micros(connection.dialect.name))).scalar_one())


def _insert(dialect: str, target: Table) -> Upsert:
    return postgresql.insert(target) if dialect == POSTGRESQL else sqlite.insert(target)


@cache
def insert_new(dialect: str, target: Table, *unique: str) -> Upsert:
    """Return an insert that leaves rows alone whose key (or `unique` columns) is already there."""
    return _insert(dialect, target).on_conflict_do_nothing(
        index_elements=unique or [column.name for column in target.primary_key]
    )


@cache
def upsert(
    dialect: str, target: Table, changed: tuple[str, ...], only_if: Excluded | None = None
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
