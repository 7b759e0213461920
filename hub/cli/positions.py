"""`hub positions`: where in the log each partition stands."""

from __future__ import annotations

import typer

from hub.cli.common import Json, Reason, open_hub, operator
from hub.cli.output import show, tell

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Show or set first positions in the log.

    Example: hub positions show
    """


@group.command("show")
def show_positions(json: Json = False) -> None:
    """Show each partition's position, the log's end, and when it was last caught up.

    Example: hub positions show --json
    """
    from hub.ports import Topic

    with open_hub() as hub:
        bounds = hub.log.bounds(Topic.CASES)
        rows = [
            {
                "partition": position.partition,
                "offset": position.offset,
                "end": bounds[position.partition][1] if position.partition in bounds else None,
                "caught_up_at": position.caught_up_at,
            }
            for position in hub.store.positions.all()
        ]
    show(
        rows,
        ("partition", "offset", "end", "caught_up_at"),
        json=json,
        empty="There are no positions: start the hub, or run hub positions init.",
    )


@group.command()
def init(reason: Reason, json: Json = False) -> None:
    """Set first positions at the log's start, for an empty store beside a log with records.

    Everything the log still holds is decided again; recipients recognise repeated messages.

    Example: hub positions init --reason "store lost, no backup, rebuilt from the log"
    """
    from hub.ports import Topic

    with open_hub() as hub:
        starts = {partition: start for partition, (start, _) in hub.log.bounds(Topic.CASES).items()}
        hub.store.positions.init(hub.log.identity(), starts, operator(reason))
    said = f"{len(starts)} positions are set at the log's start."
    tell(said, json=json, positions=len(starts))


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="positions")
