"""`hub resume`: go on after a halt."""

from __future__ import annotations

import typer

from hub.cli.common import Json, Reason, open_hub, operator
from hub.cli.output import tell


def resume(reason: Reason, json: Json = False) -> None:
    """End the halt of the processor; its limiter counts from here on.

    Example: hub resume --reason "schema registry mended, dead letters replayed"
    """
    with open_hub() as hub:
        ended = hub.store.control.resume(operator(reason))
    said = "The processor goes on." if ended else "The processor was not halted."
    tell(said, json=json, resumed=ended)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resume)
