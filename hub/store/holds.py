"""Dead letters as an operator handles them, and the holds that follow from open ones (P11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    exists,
    literal_column,
    select,
    update,
)

from hub.domain.decision import FactKind
from hub.domain.ids import PersonKey, TenantId
from hub.errors import ConfigError
from hub.store.acts import Operator, log_act
from hub.store.aliases import with_aliases
from hub.store.database import Database, chunks
from hub.store.dialect import real_now
from hub.store.tables import DeadLetterTable, LetterState, OutcomeTable, table

LETTER_OPEN: ColumnElement[str] = literal_column("'open'")
"""A literal, not a parameter: only then can the databases use the partial indices."""

REPLAYED = and_(DeadLetterTable.state == LETTER_OPEN, DeadLetterTable.replayed_offset.is_not(None))


class HandledLetter(NamedTuple):
    """What an operator's act did.

    `lifted` names the persons who are no longer held: the caller then appends a `cases.reassessed`
    event for each, so that what waited is looked at again.
    """

    letter_id: UUID
    tenant: TenantId
    event_id: UUID | None
    lifted: tuple[PersonKey, ...]


def held(connection: Connection, persons: Iterable[PersonKey]) -> set[PersonKey]:
    """Return those of `persons` about whom, or about an alias of whom, a dead letter is open."""
    keys = with_aliases(connection, persons)
    return {
        keys[person]
        for some in chunks(keys)
        for column in (DeadLetterTable.person, DeadLetterTable.other)
        for person in connection.execute(
            select(column).where(DeadLetterTable.state == LETTER_OPEN, column.in_(some))
        ).scalars()
        if person is not None
    }


def close_replayed(
    connection: Connection, partition: int, first: int, last: int, now: datetime
) -> None:
    """Close the letters that were replayed to offsets from `first` to `last`, all of them decided.

    What was not understood there either has a letter of its own, which holds the person.
    """
    connection.execute(
        update(table(DeadLetterTable))
        .where(
            REPLAYED,
            DeadLetterTable.partition == partition,
            DeadLetterTable.replayed_offset.between(first, last),
        )
        .values(state=LetterState.REPLAYED.value, closed_at=now)
    )


class SqlDeadLetters:
    """What an operator does with dead letters. Every method raises `Retriable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def discard(self, letter_id: UUID, by: Operator) -> HandledLetter:
        """Close a letter for a reason that is kept.

        Raises `ConfigError` without a reason, or for a letter that is unknown or closed.
        """
        by.require_reason()
        with self._database.write() as connection:
            letter = _letter(connection, letter_id, DeadLetterTable.state == LETTER_OPEN)
            connection.execute(
                update(table(DeadLetterTable))
                .where(DeadLetterTable.letter_id == letter_id)
                .values(
                    state=LetterState.DISCARDED.value,
                    closed_at=real_now(connection),
                    discard_reason=by.reason,
                )
            )
            _log(connection, FactKind.LETTER_DISCARDED, by, letter, letter_id)
            return _handled(connection, letter, letter_id)

    def replayed(self, letter_id: UUID, offset: int, by: Operator) -> None:
        """Note that the record was appended again, at `offset` of the letter's partition.

        The letter stays open, and its person held, until the record there got its outcome (rule 1);
        if that is a dead letter once more, that one takes over. Raises `ConfigError` for a letter
        that is unknown or was discarded.
        """
        with self._database.write() as connection:
            # A processor may have decided the record already, and closed the letter.
            letter = _letter(
                connection, letter_id, DeadLetterTable.state != LetterState.DISCARDED.value
            )
            now = real_now(connection)
            connection.execute(
                update(table(DeadLetterTable))
                .where(DeadLetterTable.letter_id == letter_id)
                .values(replayed_at=now, replayed_offset=offset)
            )
            _log(connection, FactKind.LETTER_REPLAYED, by, letter, letter_id)
            decided = exists().where(
                OutcomeTable.partition == letter.partition, OutcomeTable.offset == offset
            )
            if connection.execute(select(decided)).scalar_one():
                close_replayed(connection, letter.partition, offset, offset, now)


_Letter: TypeAlias = Row[str, int, str | None, str | None, UUID | None]


def _letter(connection: Connection, letter_id: UUID, state: ColumnElement[bool]) -> _Letter:
    """Return a letter in this state, locked. Raises `ConfigError` for any other."""
    found = connection.execute(
        select(
            DeadLetterTable.tenant,
            DeadLetterTable.partition,
            DeadLetterTable.person,
            DeadLetterTable.other,
            DeadLetterTable.event_id,
        )
        .where(DeadLetterTable.letter_id == letter_id, state)
        .with_for_update()
    ).first()
    if found is None:
        raise ConfigError(
            (f"dead letter {letter_id}: there is no open one; see hub dead-letters list",)
        )
    return found


def _persons(letter: _Letter) -> list[PersonKey]:
    both = dict.fromkeys((letter.person, letter.other))
    return [PersonKey(person) for person in both if person is not None]


def _log(
    connection: Connection, kind: FactKind, by: Operator, letter: _Letter, letter_id: UUID
) -> None:
    log_act(connection, kind, by, str(letter_id), tenant=letter.tenant, persons=_persons(letter))


def _handled(connection: Connection, letter: _Letter, letter_id: UUID) -> HandledLetter:
    persons = _persons(letter)
    still = held(connection, persons)
    return HandledLetter(
        letter_id=letter_id,
        tenant=TenantId(letter.tenant),
        event_id=letter.event_id,
        lifted=tuple(person for person in persons if person not in still),
    )
