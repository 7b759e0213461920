"""`hub consent`: what a parent said, as the consent desk takes it down."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli.common import Json, Number, instant, intake, open_hub, split_number, usage
from hub.cli.entering import enter
from hub.cli.known import doubts

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Channel = Literal["oral", "paper", "terminal", "lawyer"]
TakenBy = Annotated[str, typer.Option(help="Role of who took it down.")]


@group.callback()
def _group() -> None:
    """Record, withdraw or refuse consent.

    Example: hub consent record NOMS:A0001AA consent.json
    """


@group.command()
def record(
    number: Number,
    file: Annotated[
        typer.FileBinaryRead,
        typer.Argument(
            help="The record as JSON, the `record` of docs/examples/consent.json (fields and "
            "words: docs/intake.md); - reads it from standard input."
        ),
    ],
    json: Json = False,
) -> None:
    """Record a consent. The reference told is what recipients see in place of the desk's number.

    Example: hub consent record NOMS:A0001AA consent.json
    """
    import msgspec

    from hub.domain.events import ConsentGranted
    from hub.intake import consent_given

    try:
        content = msgspec.json.decode(file.read(), type=dict[str, object])
    except msgspec.MsgspecError:
        raise usage("the file must hold one JSON object", "FILE") from None
    with open_hub() as hub:
        register, plain = split_number(hub, number)
        draft = consent_given(intake(hub, register), hub.clock.now(), plain, content)
        assert isinstance(draft.payload, ConsentGranted)  # noqa: S101 - what the builder makes
        enter(hub, draft, json=json, reference=draft.payload.record.record_id)


@group.command()
def withdraw(
    number: Number,
    *,
    taken_by: TakenBy,
    channel: Annotated[Channel, typer.Option(help="How the parent said it.")],
    declared_at: Annotated[
        str | None, typer.Option(help="When the parent said it; now without it.")
    ] = None,
    record_id: Annotated[
        str | None,
        typer.Option(help="The desk's number of the record withdrawn; all of them without it."),
    ] = None,
    json: Json = False,
) -> None:
    """Withdraw one consent record, or everything.

    Example: hub consent withdraw NOMS:A0001AA --taken-by social-service --channel oral
    """
    from hub.intake import consent_withdrawn

    with open_hub() as hub:
        register, plain = split_number(hub, number)
        now = hub.clock.now()
        draft = consent_withdrawn(
            intake(hub, register),
            now,
            plain,
            declared_at=instant(declared_at, "--declared-at") or now,
            channel=channel,
            taken_by=taken_by,
            record_id=record_id,
        )
        enter(hub, draft, json=json, doubts=doubts(hub, draft))


@group.command()
def refuse(
    number: Number,
    taken_by: TakenBy,
    until: Annotated[
        str | None, typer.Option(help="Until when nobody asks again; for good without it.")
    ] = None,
    json: Json = False,
) -> None:
    """Record that the parent declined. Nobody asks again before the date.

    Example: hub consent refuse NOMS:A0001AA --taken-by social-service
    """
    from hub.intake import consent_refused

    with open_hub() as hub:
        register, plain = split_number(hub, number)
        draft = consent_refused(
            intake(hub, register),
            hub.clock.now(),
            plain,
            taken_by=taken_by,
            until=instant(until, "--until"),
        )
        enter(hub, draft, json=json)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="consent")
