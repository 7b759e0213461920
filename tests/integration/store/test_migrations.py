"""Migrations make exactly the tables that the code declares, from nothing and only once."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from hub.errors import ConfigError
from hub.store import Store, current, expected, open_store, upgrade_store
from hub.store.dialect import create_engine
from hub.store.migrate import migrations_config, revisions
from hub.store.tables import Base


def test_metadata_and_migrations_agree(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_the_names_of_the_migrations_are_their_revisions_in_order() -> None:
    script = ScriptDirectory.from_config(migrations_config())

    assert [entry.revision for entry in script.walk_revisions()][::-1] == revisions()


def test_every_table_about_a_case_carries_its_tenant() -> None:
    missing = [
        table.name
        for table in Base.metadata.sorted_tables
        if "person" in table.columns and "tenant" not in table.columns
    ]

    assert missing == ["relay_marks"], "a mark only points to a line, which carries it"


def test_upgrading_twice_changes_nothing(store: Store, url: str) -> None:
    assert upgrade_store(url) == expected()
    assert current(store.engine) == expected()


def test_processes_that_start_together_upgrade_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    found: list[str] = []
    workers = [Thread(target=lambda: found.append(upgrade_store(url))) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    assert found == [expected()] * 3


def test_an_empty_database_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hub db upgrade"):
        open_store(f"sqlite:///{tmp_path / 'empty.db'}")


def test_a_newer_database_is_refused(store: Store, url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigError, match="9999"):
        open_store(url)
    with pytest.raises(ConfigError, match="9999"):
        upgrade_store(url)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/hub"])
def test_only_databases_that_keep_the_promises_are_taken(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url"):
        create_engine(url)
