"""`hub delivery`: the emergency brake."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.common import Reason, open_hub, usage

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
) -> None:
    """Stop all delivery at once, retractions too. What is on its way may end.

    Example: hub delivery stop --all --reason "wrong directory applied"
    """
    if not everything:
        raise usage("recalls stop too; confirm with --all", "--all")
    with open_hub() as hub:
        changed = hub.store.control.set_brake(reason)
    typer.echo("Delivery is stopped." if changed else "Delivery was stopped already.")


@group.command()
def start(reason: Reason) -> None:
    """Release the emergency brake.

    Example: hub delivery start --reason "directory corrected"
    """
    with open_hub() as hub:
        changed = hub.store.control.lift_brake(reason)
    typer.echo("Delivery goes on." if changed else "Delivery was not stopped.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="delivery")
