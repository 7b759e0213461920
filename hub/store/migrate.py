"""Brings a database to the tables this version needs, and says whether it has them."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from hub.errors import ConfigError
from hub.store.database import Database
from hub.store.dialect import UPGRADE_LOCK, serialise

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> str:
    """Bring the database to `expected()` and return that; harmless when it is there already.

    One transaction on both databases, so a migration that fails leaves nothing behind; processes
    that start together wait for each other. Raises `ConfigError` when the database is newer than
    this version of the hub, `Retriable` when it can't be reached.
    """
    with Database(engine).write() as connection:
        serialise(connection, UPGRADE_LOCK)
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _newer(current_of(connection)) from error
    return expected()


def current(engine: Engine) -> str | None:
    """Return the database's revision, None for an empty one. Raises `Retriable`."""
    with Database(engine).read() as connection:
        return current_of(connection)


def current_of(connection: Connection) -> str | None:
    """Return the revision seen by a connection."""
    return MigrationContext.configure(connection).get_current_revision()


def expected() -> str:
    """Return the revision that this version of the hub needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise ConfigError((f"no migrations in {MIGRATIONS.name}: reinstall the hub",))
    return head


def require_current(engine: Engine) -> None:
    """Raise `ConfigError` unless the database has exactly the tables this version needs."""
    found = current(engine)
    if found == expected():
        return
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise _newer(found)
    raise ConfigError(
        (f"store: its tables are at {found or 'nothing'}, needed is {expected()}; hub db upgrade",)
    )


def _newer(found: str | None) -> ConfigError:
    return ConfigError(
        (
            (
                f"store: its tables are at {found}, which this version of the hub does not know; "
                "install the version that made them"
            ),
        )
    )


def _config() -> Config:
    config = Config()
    # The path is escaped because Alembic reads it through configparser.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
