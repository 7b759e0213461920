"""`hub withheld`: referrals not made, and exactly why."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.common import Json, Limit, open_hub, require_word
from hub.cli.output import NONE_MATCHES, rows_of, show

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Show what was not sent, and why.

    Example: hub withheld list
    """


@group.command("list")
def list_withheld(
    reason: Annotated[str | None, typer.Option(help="Only those withheld for this reason.")] = None,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List referrals not made, longest first, with every reason.

    Example: hub withheld list --reason safety-check-missing
    """
    from hub.domain.entitlement import Denial

    require_word(reason, Denial, "--reason")
    with open_hub() as hub:
        found = hub.store.views.withheld(tenant=hub.tenant, reason=reason, limit=limit)
    show(
        rows_of(found),
        ("since", "person", "child", "purpose", "reasons"),
        json=json,
        empty="Nothing is withheld." if reason is None else NONE_MATCHES,
    )


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="withheld")
