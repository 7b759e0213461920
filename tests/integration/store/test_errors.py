"""Database errors say how to recover, and never what a row held."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, exc, text

from hub.errors import Permanent, Retriable
from hub.store import Store, open_store
from hub.store.types import from_micros, to_micros
from tests.integration.store.build import ANNA, EMPTY, NOW, case, fact, write


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite store, for faults that only it has."""
    shutil.copy(sqlite_template, tmp_path / "store.db")
    return f"sqlite:///{tmp_path / 'store.db'}"


def limit_pages(connection: sqlite3.Connection, _entry: object) -> None:
    """Let the file not grow, as a full disk would."""
    connection.execute("PRAGMA max_page_count = 1")


def no_patience(connection: sqlite3.Connection, _entry: object) -> None:
    """Wait for no lock."""
    connection.execute("PRAGMA busy_timeout = 0")


@pytest.mark.promise("P10")
def test_a_full_disk_is_retriable_and_leaves_nothing(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        store.engine.dispose()
        event.listen(store.engine, "connect", limit_pages)
        with pytest.raises(Retriable, match="SQLITE_FULL"):
            write(store, EMPTY._replace(cases=[case(ANNA)._replace(sealed=b"x" * 100_000)]))

        assert store.views.case(ANNA) is None


@pytest.mark.promise("P10")
def test_a_locked_database_is_retriable(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store, open_store(sqlite_url) as other:
        other.engine.dispose()
        event.listen(other.engine, "connect", no_patience)
        with store.cases.batch() as batch:
            batch.lock_cases([])
            with pytest.raises(Retriable, match="SQLITE_BUSY"):
                write(other, EMPTY)
            assert other.views.cases() == [], "readers never wait"


@pytest.mark.promise("P10")
def test_a_database_that_does_not_answer_is_retriable(tmp_path: Path) -> None:
    with pytest.raises(Retriable):
        open_store(f"postgresql://hub@/hub?host={tmp_path}")


@pytest.mark.promise("P6")
def test_errors_never_quote_rows(store: Store) -> None:
    secret = "Erika Canary"
    with pytest.raises(Permanent) as caught:
        write(store, EMPTY._replace(facts=[fact("a")._replace(policy=None, tenant=secret)]))  # type: ignore[arg-type]  # a row the database must refuse

    seen: BaseException | None = caught.value
    while seen is not None:
        assert secret not in str(seen)
        seen = seen.__cause__ if seen.__suppress_context__ else seen.__context__


def test_a_faulty_statement_is_a_defect_and_stays_visible(store: Store) -> None:
    with pytest.raises((exc.ProgrammingError, Retriable)), store.engine.begin() as connection:
        connection.execute(text("SELEC 1"))


@pytest.mark.parametrize(
    "instant",
    [
        NOW,
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 7, 1, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_an_instant_comes_back_to_the_microsecond_in_utc(store: Store, instant: datetime) -> None:
    write(store, EMPTY._replace(facts=[fact("a")._replace(at=instant)]))

    (found,) = store.views.by_person(ANNA)
    assert found.at == instant
    assert found.at.tzinfo is UTC
    assert from_micros(to_micros(instant)) == instant


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="without offset"):
        to_micros(datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake that is tested
