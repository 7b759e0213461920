"""What may be read of the decision log and of the log's outcomes: the material of `explain`."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from hub.domain.ids import ChildKey, PersonKey
from hub.ports.store import FactRow, Outcome
from hub.store.aliases import with_aliases
from hub.store.database import Database
from hub.store.rows import fact_row, outcome_row
from hub.store.tables import ChildTable, DecisionLogTable, OutboxTable, OutcomeTable, table

LIMIT = 1_000
EVENTS = 200


class LogViews:
    """Lines come oldest first, the latest `limit` of them. Every method raises `Retriable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_person(self, person: PersonKey, *, limit: int = LIMIT) -> list[FactRow]:
        """Return the lines about a person, and about every number merged into them."""
        with self._database.read() as connection:
            return _lines(connection, _about(connection, [person]), limit)

    def by_event(self, event_id: UUID) -> list[FactRow]:
        """Return the lines that the decision on one event wrote."""
        with self._database.read() as connection:
            persons = connection.execute(
                select(OutcomeTable.person)
                .where(OutcomeTable.event_id == event_id, OutcomeTable.person.is_not(None))
                .distinct()
            ).scalars()
            about = _about(connection, [PersonKey(person) for person in persons if person])
            return _lines(connection, and_(about, DecisionLogTable.event_id == event_id), LIMIT)

    def by_referral(self, referral_or_send_id: UUID, *, limit: int = LIMIT) -> list[FactRow]:
        """Return the lines that name a referral, or one message of it."""
        with self._database.read() as connection:
            persons = connection.execute(
                select(OutboxTable.person)
                .where(
                    or_(
                        OutboxTable.referral_id == referral_or_send_id,
                        OutboxTable.send_id == referral_or_send_id,
                    )
                )
                .distinct()
            ).scalars()
            about = _about(connection, [PersonKey(person) for person in persons])
            return _naming(_lines(connection, about, None), str(referral_or_send_id))[-limit:]

    def by_child(self, child: ChildKey, *, limit: int = LIMIT) -> list[FactRow]:
        """Return the lines that name a child, in whichever case."""
        with self._database.read() as connection:
            persons = connection.execute(
                select(ChildTable.person).where(ChildTable.child == child)
            ).scalars()
            about = _about(connection, [PersonKey(person) for person in persons])
            return _naming(_lines(connection, about, None), child)[-limit:]

    def outcomes(self, event_id: UUID) -> list[Outcome]:
        """Return what became of every record that carried this event, in the order of the log."""
        with self._database.read() as connection:
            return [
                outcome_row(row)
                for row in connection.execute(
                    select(table(OutcomeTable))
                    .where(OutcomeTable.event_id == event_id)
                    .order_by(OutcomeTable.partition, OutcomeTable.offset)
                )
            ]

    def outcomes_of(self, person: PersonKey, *, limit: int = EVENTS) -> list[Outcome]:
        """Return what became of a person's events, merged numbers included, in order of time.

        Of all events that the decision log names beside the person, the latest `limit`.
        """
        # By way of the decision log, which has an index of persons: one on the outcomes would cost
        # a page of writing for each record decided.
        with self._database.read() as connection:
            latest = (
                select(DecisionLogTable.event_id)
                .where(_about(connection, [person]), DecisionLogTable.event_id.is_not(None))
                .group_by(DecisionLogTable.event_id)
                .order_by(func.max(DecisionLogTable.number).desc())
                .limit(limit)
            )
            return [
                outcome_row(row)
                for row in connection.execute(
                    select(table(OutcomeTable))
                    .where(OutcomeTable.event_id.in_(latest))
                    .order_by(OutcomeTable.at, OutcomeTable.partition, OutcomeTable.offset)
                )
            ]

    def outcome_range(self, partition: int, first: int, limit: int) -> list[Outcome]:
        """Return the outcomes of a partition from offset `first`, to check that none is missing."""
        with self._database.read() as connection:
            return [
                outcome_row(row)
                for row in connection.execute(
                    select(table(OutcomeTable))
                    .where(OutcomeTable.partition == partition, OutcomeTable.offset >= first)
                    .order_by(OutcomeTable.offset)
                    .limit(limit)
                )
            ]


def _about(connection: Connection, persons: list[PersonKey]) -> ColumnElement[bool]:
    return DecisionLogTable.person.in_(list(with_aliases(connection, persons)))


def _lines(connection: Connection, about: ColumnElement[bool], limit: int | None) -> list[FactRow]:
    rows = connection.execute(
        select(table(DecisionLogTable))
        .where(about)
        .order_by(DecisionLogTable.number.desc())
        .limit(limit)
    )
    return [fact_row(row) for row in rows][::-1]


def _naming(lines: list[FactRow], what: str) -> list[FactRow]:
    return [line for line in lines if line.fact.subject == what or what in line.fact.refs.values()]
