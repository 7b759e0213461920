"""Dead letters as an operator handles them, and the holds that follow from open ones (P11)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select, update

from hub.domain.ids import PersonKey, TenantId
from hub.errors import ConfigError
from hub.store.aliases import with_aliases
from hub.store.database import Database, chunks
from hub.store.dialect import real_now
from hub.store.tables import DeadLetterTable, LetterState, table
from hub.store.writes import LETTER_OPEN


class HandledLetter(NamedTuple):
    """What an operator's act did.

    `lifted` says that the person is no longer held: the caller then appends a `cases.reassessed`
    event for `person`, so that what waited is looked at again.
    """

    letter_id: UUID
    tenant: TenantId
    person: PersonKey | None
    event_id: UUID | None
    lifted: bool


def held(connection: Connection, persons: Iterable[PersonKey]) -> set[PersonKey]:
    """Return those of `persons` about whom, or about an alias of whom, a dead letter is open."""
    keys = with_aliases(connection, persons)
    return {
        keys[person]
        for some in chunks(keys)
        for person in connection.execute(
            select(DeadLetterTable.person).where(
                DeadLetterTable.state == LETTER_OPEN, DeadLetterTable.person.in_(some)
            )
        ).scalars()
        if person is not None
    }


class SqlDeadLetters:
    """What an operator does with dead letters. Every method raises `Retriable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def discard(self, letter_id: UUID, reason: str) -> HandledLetter:
        """Close a letter for a reason that is kept.

        Raises `ConfigError` without a reason, or for a letter that is unknown or closed.
        """
        if not reason.strip():
            raise ConfigError(("reason: say why the letter is discarded; it is kept with it",))
        with self._database.write() as connection:
            letter = _open_letter(connection, letter_id)
            connection.execute(
                update(table(DeadLetterTable))
                .where(DeadLetterTable.letter_id == letter_id)
                .values(
                    state=LetterState.DISCARDED.value,
                    closed_at=real_now(connection),
                    discard_reason=reason,
                )
            )
            return _handled(connection, letter, letter_id)

    def replayed(self, letter_id: UUID) -> HandledLetter:
        """Note that the record was appended again.

        The hold stays until the event is understood (rule 1); a letter without a legible event id
        can't be recognised again and is closed.

        Raises `ConfigError` for a letter that is unknown or closed.
        """
        with self._database.write() as connection:
            letter = _open_letter(connection, letter_id)
            now = real_now(connection)
            change = update(table(DeadLetterTable)).where(DeadLetterTable.letter_id == letter_id)
            if letter.event_id is None:
                change = change.values(state=LetterState.REPLAYED.value, closed_at=now)
            connection.execute(change.values(replayed_at=now))
            return _handled(connection, letter, letter_id)


def _open_letter(connection: Connection, letter_id: UUID) -> Row[str, str | None, UUID | None]:
    found = connection.execute(
        select(DeadLetterTable.tenant, DeadLetterTable.person, DeadLetterTable.event_id)
        .where(DeadLetterTable.letter_id == letter_id, DeadLetterTable.state == LETTER_OPEN)
        .with_for_update()
    ).first()
    if found is None:
        raise ConfigError(
            (f"dead letter {letter_id}: there is no open one; see hub dead-letters list",)
        )
    return found


def _handled(
    connection: Connection, letter: Row[str, str | None, UUID | None], letter_id: UUID
) -> HandledLetter:
    person = None if letter.person is None else PersonKey(letter.person)
    still = connection.execute(
        select(
            exists().where(DeadLetterTable.person == person, DeadLetterTable.state == LETTER_OPEN)
        )
    ).scalar_one()
    return HandledLetter(
        letter_id=letter_id,
        tenant=TenantId(letter.tenant),
        person=person,
        event_id=letter.event_id,
        lifted=person is not None and not still,
    )
