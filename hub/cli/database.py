"""`hub db`: the tables of the case store."""

from __future__ import annotations

import typer

from hub.cli.common import Json, open_hub
from hub.cli.output import tell

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Keep the store's tables current.

    Example: hub db upgrade
    """


@group.command()
def upgrade(json: Json = False) -> None:
    """Bring the store to the tables of this version; harmless when it has them.

    Example: hub db upgrade
    """
    from hub.store import upgrade_store

    with open_hub() as hub:
        revision = upgrade_store(hub.store_url)
    tell(f"The store is at revision {revision}.", json=json, revision=revision)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="db")
