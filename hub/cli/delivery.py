"""`hub delivery`: the emergency brake."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.common import Json, Reason, open_hub, operator, usage
from hub.cli.output import tell

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Stop and start all delivery: the emergency brake.

    Example: hub delivery stop --all --reason "wrong directory applied"
    """


@group.command()
def stop(
    reason: Reason,
    everything: Annotated[
        bool, typer.Option("--all", help="Say that everything stops, recalls too.")
    ] = False,
    json: Json = False,
) -> None:
    """Stop all delivery at once, retractions too. What is on its way may end.

    Example: hub delivery stop --all --reason "wrong directory applied"
    """
    if not everything:
        raise usage("recalls stop too; confirm with --all", "--all")
    with open_hub() as hub:
        changed = hub.store.control.set_brake(operator(reason))
    said = "Delivery is stopped." if changed else "Delivery was stopped already."
    tell(said, json=json, stopped=True, changed=changed)


@group.command()
def start(reason: Reason, json: Json = False) -> None:
    """Release the emergency brake.

    Example: hub delivery start --reason "directory corrected"
    """
    with open_hub() as hub:
        changed = hub.store.control.lift_brake(operator(reason))
    said = "Delivery goes on." if changed else "Delivery was not stopped."
    tell(said, json=json, stopped=False, changed=changed)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="delivery")
