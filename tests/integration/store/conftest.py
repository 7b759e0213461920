"""Stores for the tests: each gets a fresh one, on SQLite and, where a server is installed, PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from hub.store import Store, open_store, upgrade_store
from tests.integration.store import postgres
from tests.integration.store.build import IDENTITY

DATABASES = ["sqlite", *(["postgresql"] if postgres.binaries() else [])]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables; copying it is faster than migrating each test's own."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    upgrade_store(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The URL pattern of a server that holds a database `template` with all tables."""
    with postgres.temporary_server() as url:
        _execute(url, "CREATE DATABASE template")
        upgrade_store(url.format("template"))
        yield url


def _execute(url: str, statement: str) -> None:
    engine = create_engine(
        url.format("postgres").replace("postgresql:", "postgresql+psycopg:"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh database with all tables and nothing in them."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "store.db")
        return f"sqlite:///{tmp_path / 'store.db'}"
    server: str = request.getfixturevalue("postgres_template")
    name = f"t{uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE template")
    return server.format(name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store with positions at the start of a log of four partitions."""
    with open_store(url) as opened:
        opened.positions.init(IDENTITY, dict.fromkeys(range(4), 0), "test")
        yield opened
