"""What the relay needs: life-cycle facts that are not yet published (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, delete, select

from hub.ports.store import FactRow
from hub.store.database import Database, chunks
from hub.store.leases import take_lease
from hub.store.rows import fact_row
from hub.store.tables import DecisionLogTable, RelayMarkTable, table


class SqlRelayStore:
    """See `hub.ports.RelayStore`. Every method raises `Retriable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease(self, job: str, worker: str, ttl_s: float) -> bool:
        """Take or renew the lease of an exclusive job; false while another worker holds it."""
        return take_lease(self._database, job, worker, ttl_s)

    def unpublished(self, limit: int) -> list[FactRow]:
        """Return life-cycle facts not yet published, oldest first."""
        with self._database.read() as connection:
            return [
                fact_row(row)
                for row in connection.execute(
                    select(table(DecisionLogTable))
                    .join(
                        RelayMarkTable,
                        and_(
                            RelayMarkTable.person == DecisionLogTable.person,
                            RelayMarkTable.fact_id == DecisionLogTable.fact_id,
                        ),
                    )
                    .order_by(DecisionLogTable.number)
                    .limit(limit)
                )
            ]

    def published(self, fact_ids: Sequence[UUID]) -> None:
        """Mark facts as published; marking one twice is harmless."""
        with self._database.write() as connection:
            for some in chunks(fact_ids):
                connection.execute(
                    delete(table(RelayMarkTable)).where(RelayMarkTable.fact_id.in_(some))
                )
