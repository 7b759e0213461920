"""Brings a database to the tables this version needs, and says whether it has them.

Alembic is loaded only when tables must change: most starts find them as they should be, and its
import costs more than all that a command does.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, inspect, select, table

from hub.errors import ConfigError
from hub.store.database import Database
from hub.store.dialect import UPGRADE_LOCK, serialise

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION: Final = table("alembic_version", column("version_num"))


def upgrade(engine: Engine) -> str:
    """Bring the database to `expected()` and return that; harmless when it is there already.

    One transaction on both databases, so a migration that fails leaves nothing behind; processes
    that start together wait for each other. Raises `ConfigError` when the database is newer than
    this version of the hub, `Retriable` when it can't be reached.
    """
    with Database(engine).write() as connection:
        serialise(connection, UPGRADE_LOCK)
        found = current_of(connection)
        if found not in {None, *revisions()}:
            raise _newer(found)
        if found != expected():
            _upgrade(connection)
    return expected()


def current(engine: Engine) -> str | None:
    """Return the database's revision, None for an empty one. Raises `Retriable`."""
    with Database(engine).read() as connection:
        return current_of(connection)


def current_of(connection: Connection) -> str | None:
    """Return the revision seen by a connection."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def revisions() -> list[str]:
    """Return the revisions of this version, oldest first: what the migrations' names begin with."""
    return sorted(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*_*.py"))


def expected() -> str:
    """Return the revision that this version of the hub needs."""
    found = revisions()
    if not found:
        raise ConfigError((f"no migrations in {MIGRATIONS.name}: reinstall the hub",))
    return found[-1]


def require_current(engine: Engine) -> None:
    """Raise `ConfigError` unless the database has exactly the tables this version needs."""
    found = current(engine)
    if found == expected():
        return
    if found is not None and found not in revisions():
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


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - see the first lines of this file

    config = migrations_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def migrations_config() -> Config:
    """Return how Alembic finds the migrations."""
    from alembic.config import Config  # noqa: PLC0415 - see the first lines of this file

    config = Config()
    # The path is escaped because Alembic reads it through configparser.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
