"""What role `ingest` needs: events that are due, and look-ups to make (rule 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, func, or_, select, update

from hub.domain.ids import partition_of
from hub.domain.values import EPOCH
from hub.ports.store import DueEvent, LookupRow
from hub.store.database import Database, chunks
from hub.store.dialect import real_now
from hub.store.leases import take_lease
from hub.store.rows import due_row, lookup_row
from hub.store.tables import (
    DueEventTable,
    LookupTable,
    PartitionViewTable,
    PositionTable,
    table,
)


class SqlIngressStore:
    """See `hub.ports.IngressStore`. Every method raises `Retriable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, job: str, worker: str, ttl_s: float) -> bool:
        """Take or renew the lease of an exclusive job; false while another worker holds it."""
        return take_lease(self._database, job, worker, ttl_s)

    def due(self, now: datetime, limit: int, again_after_s: float) -> list[DueEvent]:
        """Return events due by `now` (business time) that were never appended, oldest first.

        Then those appended more than `again_after_s` (real) seconds ago that are undecided although
        their partition was caught up since; without that they are only waiting their turn.
        """
        with self._database.read() as connection:
            fresh = [
                due_row(row)
                for row in connection.execute(
                    select(table(DueEventTable))
                    .where(DueEventTable.appended_at.is_(None), DueEventTable.due_at <= now)
                    .order_by(DueEventTable.due_at)
                    .limit(limit)
                )
            ]
            lost = _undecided(connection, timedelta(seconds=again_after_s), limit - len(fresh))
            return fresh + lost

    def appended(self, event_ids: Sequence[UUID]) -> None:
        """Mark these as appended; deciding them deletes the rows."""
        with self._database.write() as connection:
            now = real_now(connection)
            for some in chunks(event_ids):
                connection.execute(
                    update(table(DueEventTable))
                    .where(DueEventTable.event_id.in_(some))
                    .values(appended_at=now)
                )

    def lookups(self, worker: str, limit: int, lease_s: float) -> list[LookupRow]:
        """Lease look-ups that may be tried now, longest waiting first."""
        with self._database.write() as connection:
            now = real_now(connection)
            rows = connection.execute(
                select(table(LookupTable))
                .where(
                    LookupTable.sent_at.is_(None),
                    LookupTable.next_try_at <= now,
                    or_(LookupTable.leased_until.is_(None), LookupTable.leased_until <= now),
                )
                .order_by(LookupTable.next_try_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            ).all()
            connection.execute(
                update(table(LookupTable))
                .where(LookupTable.lookup_id.in_([row.lookup_id for row in rows]))
                .values(leased_by=worker, leased_until=now + timedelta(seconds=lease_s))
            )
            return [lookup_row(row) for row in rows]

    def lookup_again(self, lookup_id: UUID, after_s: float) -> int:
        """Try a look-up again after `after_s` seconds.

        Return how often it was tried, 0 if it is no longer wanted.
        """
        with self._database.write() as connection:
            connection.execute(
                update(table(LookupTable))
                .where(LookupTable.lookup_id == lookup_id)
                .values(
                    tries=LookupTable.tries + 1,
                    next_try_at=real_now(connection) + timedelta(seconds=after_s),
                    leased_by=None,
                    leased_until=None,
                )
            )
            tries = connection.execute(
                select(LookupTable.tries).where(LookupTable.lookup_id == lookup_id)
            ).scalar_one_or_none()
            return tries or 0

    def lookup_sent(self, lookup_id: UUID) -> None:
        """Mark that the answer was appended; deciding it deletes the row."""
        with self._database.write() as connection:
            connection.execute(
                update(table(LookupTable))
                .where(LookupTable.lookup_id == lookup_id)
                .values(sent_at=real_now(connection), leased_by=None, leased_until=None)
            )


def _undecided(connection: Connection, wait: timedelta, limit: int) -> list[DueEvent]:
    if limit <= 0:
        return []
    partitions = connection.execute(select(func.count(PositionTable.partition))).scalar_one()
    caught_up = {
        row.partition: row.caught_up_at
        for row in connection.execute(
            select(PartitionViewTable.partition, PartitionViewTable.caught_up_at)
        )
    }
    # While the processor is behind everywhere nothing needs to be read at all.
    newest = min(real_now(connection), max(caught_up.values(), default=EPOCH)) - wait
    rows = connection.execute(
        select(table(DueEventTable))
        .where(DueEventTable.appended_at <= newest)
        .order_by(DueEventTable.appended_at)
        .limit(limit)
    )
    return [
        due_row(row)
        for row in rows
        if row.appended_at + wait <= caught_up.get(partition_of(row.person, partitions), EPOCH)
    ]
