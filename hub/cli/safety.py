"""`hub safety`: the dated answer without which nothing leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hub.cli.common import (
    Json,
    Number,
    instant,
    intake,
    open_hub,
    require_register,
    split_number,
    usage,
)
from hub.cli.entering import enter
from hub.cli.known import doubts

if TYPE_CHECKING:
    from hub.app.build import Hub

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
        register, plain = split_number(hub, number)
        require_register(hub, child_register or register, "--child-register")
        _require_role(hub, role)
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
        enter(hub, draft, json=json, doubts=doubts(hub, draft))


def _require_role(hub: Hub, role: str) -> None:
    """Raise a usage error for a role whose answers the active policy does not count."""
    from hub.errors import ConfigError, Retriable

    try:
        roles = hub.store.cases.rules(hub.tenant, hub.clock.now()).policy.safety_roles
    except (ConfigError, Retriable):
        # An answer is taken before there is a policy to weigh it, or while the store is away.
        return
    if roles and role not in roles:
        raise usage(f"the policy counts answers of these roles: {', '.join(roles)}", "--role")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="safety")
