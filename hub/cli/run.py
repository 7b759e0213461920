"""`hub run`: the processes of the hub."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from hub.cli.common import config_file


class RoleName(StrEnum):
    """What a process does."""

    INGEST = "ingest"
    PROCESSOR = "processor"
    DELIVERY = "delivery"
    ALL = "all"


def run(
    role: Annotated[RoleName, typer.Option(help="What this process does.")] = RoleName.ALL,
) -> None:
    """Run the hub until SIGTERM or Ctrl-C; then what is under way is ended in order.

    ingest takes in events, fires timers and asks for children; processor decides; delivery sends.
    The first start makes data directory, keys, store and positions.

    Example: hub run --role all
    """
    from hub.app.build import Hub
    from hub.app.logs import configure
    from hub.app.roles import Role
    from hub.app.roles import run as run_role
    from hub.config import load

    config = load(config_file())
    configure(config.logging.level)
    with Hub(config) as hub:
        run_role(hub, Role(role.value))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)
