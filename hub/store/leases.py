"""Leases of exclusive jobs between processes, by the database's clock (rule 6)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, update

from hub.store.database import Database
from hub.store.dialect import insert_new, real_now
from hub.store.tables import LeaseTable, table


def take_lease(database: Database, job: str, worker: str, ttl_s: float) -> bool:
    """Take or renew the lease of `job`; false while another worker holds it. Raises `Retriable`."""
    with database.write() as connection:
        now = real_now(connection)
        until = now + timedelta(seconds=ttl_s)
        taken = connection.execute(
            update(table(LeaseTable))
            .where(LeaseTable.job == job, or_(LeaseTable.worker == worker, LeaseTable.until <= now))
            .values(worker=worker, until=until)
        ).rowcount
        if taken:
            return True
        # Nobody ever held it, or somebody else does: then nothing is inserted.
        first = connection.execute(
            insert_new(connection.dialect.name, table(LeaseTable)).returning(LeaseTable.job),
            {"job": job, "worker": worker, "until": until},
        )
        return first.first() is not None
