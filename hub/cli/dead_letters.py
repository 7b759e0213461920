"""`hub dead-letters`: records that were not understood; replayed once mended, or discarded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.common import Json, Limit, Reason, open_hub, operator, usage
from hub.cli.ids import whole_uuid
from hub.cli.output import rows_of, show, show_one, tell

if TYPE_CHECKING:
    from uuid import UUID

    from hub.app.build import Hub
    from hub.ports import NewRecord
    from hub.store.view_rows import LetterDetail

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

LetterId = Annotated[str, typer.Argument(help="Id of the dead letter.")]


@group.callback()
def _group() -> None:
    """Show, replay or discard records that were not understood.

    Example: hub dead-letters list
    """


@group.command("list")
def list_letters(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List open dead letters, newest first, with reason, field and remedy.

    Example: hub dead-letters list --all
    """
    with open_hub() as hub:
        found = hub.store.views.dead_letters(state=None if everything else "open", limit=limit)
    show(
        rows_of(found),
        ("letter_id", "at", "type", "reason", "field_path", "remedy", "person", "state"),
        json=json,
        empty="There is no dead letter.",
    )


@group.command("show")
def show_letter(letter_id: LetterId, json: Json = False) -> None:
    """Show one dead letter, without its content.

    Example: hub dead-letters show 0d6b0f0e-6f57-5a39-8a4e-2f7f0a0f6c11
    """
    with open_hub() as hub:
        view = _letter(hub, letter_id).view
    show_one(rows_of([view])[0], json=json)


@group.command()
def replay(
    letter_ids: Annotated[list[str] | None, typer.Argument(help="Ids of the dead letters.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All open ones.")] = False,
    json: Json = False,
) -> None:
    """Hand records in again after the cause was mended. Consent is asked afresh.

    The hold on the person ends when the record is understood.

    Example: hub dead-letters replay 0d6b0f0e-6f57-5a39-8a4e-2f7f0a0f6c11
    """
    if bool(letter_ids) == everything:
        raise usage("name letters, or say --all", "LETTER_IDS")
    with open_hub() as hub:
        wanted = letter_ids or [
            str(view.letter_id) for view in hub.store.views.dead_letters(limit=100_000)
        ]
        # Oldest first, in the order in which they came.
        for letter_id in reversed(wanted) if everything else wanted:
            _replay(hub, _letter(hub, letter_id))
    tell(f"{len(wanted)} records were handed in again.", json=json, replayed=len(wanted))


@group.command()
def discard(letter_id: LetterId, reason: Reason, json: Json = False) -> None:
    """Close a dead letter unread, and lift the hold it set.

    Example: hub dead-letters discard 0d6b0f0e-6f57-5a39-8a4e-2f7f0a0f6c11 --reason "test message"
    """
    from hub.cli.cases import reassessment

    with open_hub() as hub:
        handled = hub.store.dead_letters.discard(_id(hub, letter_id), operator(reason))
        for person in handled.lifted:
            hub.appender.append([reassessment(hub, person, "dead-letter-discarded")])
    said = "Discarded." + (" The person is no longer held." if handled.lifted else "")
    tell(said, json=json, discarded=handled.letter_id, hold_lifted=bool(handled.lifted))


def _id(hub: Hub, text: str) -> UUID:
    from hub.store.prefixes import Named

    return whole_uuid(hub.store.views, text, Named.LETTER, "LETTER_ID")


def _letter(hub: Hub, letter_id: str) -> LetterDetail:
    found = hub.store.views.dead_letter(_id(hub, letter_id))
    if found is None or found.view.tenant != hub.tenant:
        raise usage("no dead letter has this id; see hub dead-letters list", "LETTER_ID")
    return found


def _replay(hub: Hub, found: LetterDetail) -> None:
    from hub.errors import ConfigError
    from hub.ports import NewRecord
    from hub.store.tables import LetterState

    letter = found.letter
    if found.view.state != LetterState.OPEN:
        raise ConfigError((f"dead letter {letter.letter_id}: it is {found.view.state} already",))
    key = hub.vault.unwrap(letter.tenant, [letter.data_key]).get(letter.data_key)
    if key is None:
        message = f"dead letter {letter.letter_id}: its key was destroyed; discard it"
        raise ConfigError((message,))
    value = hub.sealer.open(key, f"dead-letter:{letter.tenant}:{letter.letter_id}", letter.sealed)
    [outcome] = hub.store.views.outcome_range(letter.partition, letter.offset, 1)
    offset = _append(hub, NewRecord(letter.partition, outcome.key, value))
    hub.store.dead_letters.replayed(letter.letter_id, offset, operator())


def _append(hub: Hub, record: NewRecord) -> int:
    """Append a record and return where it landed; other appenders may come in between."""
    from hub.errors import Retriable
    from hub.ports import Topic

    _, offset = hub.log.bounds(Topic.CASES)[record.partition]
    hub.log.append(Topic.CASES, [record])
    while found := hub.log.read(Topic.CASES, record.partition, offset, limit=100):
        for landed in found:
            if (landed.key, landed.value) == (record.key, record.value):
                return landed.offset
        offset = found[-1].offset + 1
    raise Retriable("The record was appended and is not found; replay the letter again.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="dead-letters")
