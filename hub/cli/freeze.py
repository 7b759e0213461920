"""`hub freeze`: an immediate hold on one person, set by anybody, lifted on the parent's word."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli.common import Json, Number, intake, open_hub, split_number
from hub.cli.entering import enter
from hub.cli.known import doubts

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Channel = Literal["oral", "paper", "terminal", "lawyer"]


@group.callback()
def _group() -> None:
    """Hold everything about one person at once, without having to say why.

    Example: hub freeze set NOMS:A0001AA --by duty-officer
    """


@group.command("set")
def set_freeze(
    number: Number,
    by: Annotated[str, typer.Option(help="Role of who sets it.")],
    json: Json = False,
) -> None:
    """Stop everything for this person at once.

    Example: hub freeze set NOMS:A0001AA --by duty-officer
    """
    from hub.intake import freeze_set

    with open_hub() as hub:
        register, plain = split_number(hub, number)
        draft = freeze_set(intake(hub, register), hub.clock.now(), plain, set_by=by)
        enter(hub, draft, json=json, doubts=doubts(hub, draft))


@group.command()
def lift(
    number: Number,
    taken_by: Annotated[str, typer.Option(help="Role of who took the parent's word down.")],
    channel: Annotated[Channel, typer.Option(help="How the parent said it.")],
    json: Json = False,
) -> None:
    """Lift a freeze, on the parent's own word only.

    Example: hub freeze lift NOMS:A0001AA --taken-by social-service --channel oral
    """
    from hub.intake import freeze_lifted

    with open_hub() as hub:
        register, plain = split_number(hub, number)
        draft = freeze_lifted(
            intake(hub, register), hub.clock.now(), plain, taken_by=taken_by, channel=channel
        )
        enter(hub, draft, json=json, doubts=doubts(hub, draft))


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="freeze")
