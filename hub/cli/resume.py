"""`hub resume`: go on after a halt."""

from __future__ import annotations

import typer

from hub.cli.common import Reason, open_hub


def resume(reason: Reason) -> None:
    """End the halt of the processor; its limiter counts from here on.

    Example: hub resume --reason "schema registry mended, dead letters replayed"
    """
    with open_hub() as hub:
        ended = hub.store.control.resume(reason)
    typer.echo("The processor goes on." if ended else "The processor was not halted.")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(resume)
