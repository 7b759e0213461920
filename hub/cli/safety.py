"""`hub safety`: the dated answer without which nothing leaves."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli.common import Json, Number, instant, intake, open_hub, split_number
from hub.cli.entering import enter

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Record safety answers for children.

    Example: hub safety record NOMS:A0001AA --child 71 --answer clear --role social-service
    """


@group.command()
def record(
    number: Number,
    *,
    child: Annotated[str, typer.Option(help="The child's own id in the register of contacts.")],
    answer: Annotated[
        Literal["clear", "concern", "unknown"],
        typer.Option(help="clear: no known ban, order or violence. Reasons are never recorded."),
    ],
    role: Annotated[str, typer.Option(help="Role of who answered.")],
    at: Annotated[str | None, typer.Option(help="When it was answered; now without it.")] = None,
    child_register: Annotated[
        str | None, typer.Option(help="Register of the child's id; the parent's without it.")
    ] = None,
    json: Json = False,
) -> None:
    """Record whether a contact ban, a protection order or violence is known for a child.

    Example: hub safety record NOMS:A0001AA --child 71 --answer clear --role social-service
    """
    from hub.intake import safety_answered

    with open_hub() as hub:
        register, plain = split_number(number)
        now = hub.clock.now()
        draft = safety_answered(
            intake(hub, register),
            now,
            plain,
            child={"namespace": child_register or register, "contact_id": child},
            kind=answer,
            answered_at=instant(at, "--at") or now,
            role=role,
        )
        enter(hub, draft, json=json)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="safety")
