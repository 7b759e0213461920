"""A fresh store for each test, on SQLite and, where a server is installed, on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hub.store import Store, expected, open_store, upgrade_store
from hub.store.dialect import create_engine
from hub.store.tables import Base
from tests.integration.store import postgres
from tests.integration.store.build import IDENTITY, by

DATABASES = ["sqlite", *(["postgresql"] if postgres.binaries() else [])]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables; copying it is faster than migrating each test's own."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    upgrade_store(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a database with all tables, on a server of our own."""
    with postgres.temporary_server() as url:
        upgrade_store(url)
        yield url


def _empty(url: str) -> None:
    """Leave nothing of an earlier test: far faster than a new database or a truncation."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": expected()})
    engine.dispose()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database with all tables and nothing in them."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    shared: str = request.getfixturevalue("postgres_url")
    _empty(shared)
    return shared


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store with positions at the start of a log of four partitions."""
    with open_store(url) as opened:
        opened.positions.init(IDENTITY, dict.fromkeys(range(4), 0), by())
        yield opened
