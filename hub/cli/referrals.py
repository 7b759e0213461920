"""`hub referrals`: what was offered to whom, and how far it got. Never what it says."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.common import Json, Limit, open_hub, person_of, require_word, usage
from hub.cli.ids import whole_uuid
from hub.cli.output import NONE_MATCHES, rows_of, show, show_json

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

COLUMNS = (
    "ready_at",
    "referral_id",
    "generation",
    "operation",
    "recipient",
    "purpose",
    "state",
    "attempts",
    "denied",
)


@group.callback()
def _group() -> None:
    """Show referrals and their messages.

    Example: hub referrals list
    """


@group.command("list")
def list_referrals(
    recipient: Annotated[str | None, typer.Option(help="Only those to this recipient.")] = None,
    state: Annotated[str | None, typer.Option(help="Only messages in this state.")] = None,
    number: Annotated[
        str | None, typer.Option(metavar="REGISTER:NUMBER", help="Only those about this parent.")
    ] = None,
    *,
    recalls: Annotated[
        bool, typer.Option("--recalls", help="Only recalls that the recipient does not know of.")
    ] = False,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List messages to recipients, newest first.

    Example: hub referrals list --recipient jugendamt-musterstadt
    """
    from hub.domain.ids import RecipientId
    from hub.store.tables import SendState

    require_word(state, SendState, "--state")
    with open_hub() as hub:
        found = hub.store.views.sends(
            tenant=hub.tenant,
            recipient=RecipientId(recipient) if recipient else None,
            person=person_of(hub, number) if number else None,
            state=state,
            recalls=recalls,
            limit=limit,
        )
    filtered = bool(recipient or state or number or recalls)
    empty = NONE_MATCHES if filtered else "No referral was made yet."
    show(rows_of(found), COLUMNS, json=json, empty=empty)


@group.command("show")
def show_referral(
    referral_id: Annotated[str, typer.Argument(help="Id of the referral.")],
    json: Json = False,
) -> None:
    """Show all messages of a referral with every attempt.

    Example: hub referrals show 3f0c7a52-6d0f-5b1e-9d9e-6a4f1f0c2b11
    """
    from hub.store.prefixes import Named

    with open_hub() as hub:
        views = hub.store.views
        wanted = whole_uuid(views, referral_id, Named.REFERRAL, "REFERRAL_ID")
        sends = views.sends(tenant=hub.tenant, referral_id=wanted)
        intents = [intent for send in reversed(sends) for intent in views.intents(send.send_id)]
    if not sends:
        raise usage("no referral has this id; see hub referrals list", "REFERRAL_ID")
    if json:
        show_json({"messages": rows_of(sends), "attempts": rows_of(intents)})
        return
    show(rows_of(sends), COLUMNS, json=False, empty="")
    show(
        rows_of(intents),
        ("at", "attempt", "outcome", "code", "latency_ms", "policy", "consents"),
        json=False,
        empty="Nothing left yet: no disclosure intent was written.",
    )


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="referrals")
