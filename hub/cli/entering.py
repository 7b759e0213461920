"""Entering one event from the command line, and telling what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hub.cli import exits
from hub.cli.output import show_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.app.build import Hub
    from hub.domain.events import Draft


def enter(hub: Hub, draft: Draft, *, json: bool, doubts: Sequence[str] = (), **told: str) -> None:
    """Append one event durably and print its id, and what else is `told` of it by name.

    With `doubts` the command warns of each and ends with 3. Raises `Poison` or `Retriable`.
    """
    [appended] = hub.appender.append([draft])
    warnings = [] if appended.erased else list(doubts)
    if json:
        show_json(
            {
                "event_id": appended.event_id,
                "person": appended.person,
                "type": draft.type,
                "taken": not appended.erased,
                "warnings": warnings,
                **told,
            }
        )
    elif appended.erased:
        typer.echo("Nothing was entered: this person was erased.")
    else:
        typer.echo(
            f"Entered as {draft.type}, event {appended.event_id}. "
            f"What follows: hub explain {appended.event_id}"
        )
        for name, value in told.items():
            typer.echo(f"{name.capitalize()}: {value}")
    for warning in warnings:
        typer.echo(f"warning: {warning}.", err=True)
    if warnings:
        raise typer.Exit(exits.PARTLY)
