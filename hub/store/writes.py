"""All that one batch changes, in bulk statements (rule 1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, delete, literal_column, update

from hub.ports.store import BatchWrites, DeadLetter, OutcomeKind
from hub.store.aliases import with_aliases
from hub.store.bulk import insert_many
from hub.store.database import chunks
from hub.store.decision_log import append_facts
from hub.store.dialect import Offered, insert_new, real_now, upsert
from hub.store.holds import LETTER_OPEN, close_replayed
from hub.store.open_items import replace_open_items
from hub.store.rows import outcome_values, send_values
from hub.store.tables import (
    CaseTable,
    ChildTable,
    ClosedEpisodeTable,
    DeadLetterTable,
    DueEventTable,
    InboxTable,
    LetterState,
    OutboxTable,
    OutcomeTable,
    table,
)

READY: ColumnElement[str] = literal_column("'ready'")
"""A literal, not a parameter: only then can the databases use the partial indices."""


def write_all(connection: Connection, writes: BatchWrites) -> None:
    """Write a whole batch; the order is always cases first, then the outbox (rule 5)."""
    now = real_now(connection)
    _write_cases(connection, writes)
    _write_sends(connection, writes, now)
    replace_open_items(connection, writes, now)
    _delete_decided(connection, writes.decided)
    _write_outcomes(connection, writes, now)
    append_facts(connection, writes.facts)


def _write_cases(connection: Connection, writes: BatchWrites) -> None:
    dialect = connection.dialect.name
    insert_many(
        connection,
        upsert(dialect, table(CaseTable), ("version", "data_key", "sealed", "alias_of")),
        [case._asdict() for case in writes.cases],
    )
    insert_many(
        connection,
        insert_new(dialect, table(ChildTable)),
        [
            {"tenant": tenant, "child": child, "person": person}
            for tenant, child, person in writes.children
        ],
    )
    for some in chunks(writes.reopened):
        connection.execute(
            delete(table(ClosedEpisodeTable)).where(ClosedEpisodeTable.episode_id.in_(some))
        )
    # A stay may be archived a second time, after a late event changed it, or under its survivor.
    insert_many(
        connection,
        upsert(dialect, table(ClosedEpisodeTable), ("person", "data_key", "sealed")),
        [episode._asdict() for episode in writes.episodes],
    )


def _write_sends(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    # A change of the case may turn a denial into a permit: its denied rows are tried at once.
    # Rows made under a number that was merged into it are judged by it as well.
    for some in chunks(with_aliases(connection, [case.person for case in writes.cases])):
        connection.execute(
            update(table(OutboxTable))
            .where(
                OutboxTable.person.in_(some),
                OutboxTable.state == READY,
                OutboxTable.denied.is_not(None),
                OutboxTable.next_attempt_at > now,
            )
            .values(next_attempt_at=now)
        )
    insert_many(
        connection,
        insert_new(connection.dialect.name, table(OutboxTable)),
        [send_values(send, now) for send in writes.sends],
    )


def _delete_decided(connection: Connection, decided: Sequence[UUID]) -> None:
    for some in chunks(decided):
        connection.execute(delete(table(DueEventTable)).where(DueEventTable.event_id.in_(some)))


def _write_outcomes(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    dialect = connection.dialect.name
    # A log read again from its start keeps what its records became, but a record that was a dead
    # letter may be understood now.
    insert_many(
        connection,
        upsert(
            dialect,
            table(OutcomeTable),
            ("outcome", "reason", "event_id", "type", "tenant", "person", "at"),
            _was_dead_letter,
        ),
        [outcome_values(outcome) for outcome in writes.outcomes],
    )
    insert_many(
        connection,
        insert_new(dialect, table(InboxTable)),
        [{"event_id": event_id, "seen_at": now} for event_id in writes.inbox],
    )
    _close_replayed(connection, writes, now)
    understood = partial(_close_letters, connection, now=now)
    understood(writes.inbox)
    # A replayed record that fails again: the newer letter takes the place of the older one.
    understood([letter.event_id for letter in writes.dead_letters if letter.event_id is not None])
    insert_many(
        connection,
        insert_new(dialect, table(DeadLetterTable)),
        [_letter_values(letter) for letter in writes.dead_letters],
    )


def _was_dead_letter(_offered: Offered) -> ColumnElement[bool]:
    return OutcomeTable.outcome == OutcomeKind.DEAD_LETTERED.value


def _close_replayed(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    """A batch decides every record from its first to its last."""
    offsets: dict[int, list[int]] = {}
    for outcome in writes.outcomes:
        offsets.setdefault(outcome.partition, []).append(outcome.offset)
    for partition, decided in offsets.items():
        close_replayed(connection, partition, min(decided), max(decided), now)


def _close_letters(connection: Connection, event_ids: Sequence[UUID], *, now: datetime) -> None:
    for some in chunks(event_ids):
        connection.execute(
            update(table(DeadLetterTable))
            .where(DeadLetterTable.event_id.in_(some), DeadLetterTable.state == LETTER_OPEN)
            .values(
                state=LetterState.REPLAYED.value, closed_at=now, closed_by=DeadLetterTable.event_id
            )
        )


def _letter_values(letter: DeadLetter) -> dict[str, Any]:
    return letter._asdict() | {"state": LetterState.OPEN.value}
