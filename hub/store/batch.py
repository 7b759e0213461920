"""One batch of the processor: one transaction on one partition (rules 1, 2, 4, 5)."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, case, func, select, update

from hub.domain.ids import PersonKey, TenantId
from hub.errors import Fenced, Halted
from hub.ports.store import BatchWrites, OutcomeKind, StoredCase, StoredEpisode
from hub.store.aliases import survivors
from hub.store.bulk import insert_many
from hub.store.database import chunks
from hub.store.dialect import insert_new, real_now
from hub.store.halts import active_halt
from hub.store.rows import case_row, episode_row
from hub.store.tables import (
    CaseTable,
    ClosedEpisodeTable,
    HaltTable,
    InboxTable,
    OutcomeTable,
    PositionTable,
    table,
)
from hub.store.writes import write_all


class SqlBatch:
    """See `hub.ports.Batch`. Lives inside one transaction; not to be shared between threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def position(self, partition: int) -> int:
        """Return the next offset wanted, and keep other batches of this partition waiting.

        Raises `Halted` while the processor is halted, or when the partition has no position.
        """
        halt = active_halt(self._connection)
        if halt is not None:
            raise Halted(f"The processor is halted: {halt}.", remedy="hub resume --reason TEXT")
        # The lock makes a rival of the same partition wait for our commit and then see the new
        # position; without it both would write, and the loser's fault would look like bad data.
        found = self._connection.execute(
            select(PositionTable.offset)
            .where(PositionTable.partition == partition)
            .with_for_update()
        ).scalar_one_or_none()
        if found is None:
            raise Halted(
                f"Partition {partition} has no position in the store.",
                remedy="hub positions init --reason TEXT",
            )
        return found

    def seen(self, event_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that were applied or ignored before."""
        found: set[UUID] = set()
        for some in chunks(event_ids):
            found.update(
                self._connection.execute(
                    select(InboxTable.event_id).where(InboxTable.event_id.in_(some))
                ).scalars()
            )
        return found

    def survivors(self, persons: Sequence[PersonKey]) -> dict[PersonKey, PersonKey]:
        """Return alias -> survivor for those of `persons` that are aliases, chains followed."""
        return survivors(self._connection, persons)

    def lock_cases(
        self, persons: Sequence[tuple[TenantId, PersonKey]]
    ) -> dict[PersonKey, StoredCase]:
        """Insert missing rows in key order, then lock and return all in one ordered statement."""
        ordered = sorted({person: tenant for tenant, person in persons}.items())
        insert_many(
            self._connection,
            insert_new(self._dialect, table(CaseTable)),
            [{"person": person, "tenant": tenant, "version": 0} for person, tenant in ordered],
        )
        return lock_cases(self._connection, [person for person, _ in ordered])

    def episodes(self, persons: Sequence[PersonKey]) -> dict[PersonKey, list[StoredEpisode]]:
        """Return the closed stays of these persons; a person without any is left out."""
        found: dict[PersonKey, list[StoredEpisode]] = {}
        for some in chunks(persons):
            for row in self._connection.execute(
                select(table(ClosedEpisodeTable))
                .where(ClosedEpisodeTable.person.in_(some))
                .order_by(ClosedEpisodeTable.episode_id)
            ):
                found.setdefault(PersonKey(row.person), []).append(episode_row(row))
        return found

    def write(self, writes: BatchWrites) -> None:
        """Write everything in bulk statements; see `hub.ports.Batch`."""
        write_all(self._connection, writes)

    def recent_dead_letters(self, partition: int, window: int) -> tuple[int, int, int]:
        """Return (records, dead-lettered, distinct keys of those) since the last resume (P9).

        Only the partition's last `window` outcomes count, this batch's own rows included.
        """
        since = (
            select(PositionTable.resumed_offset)
            .where(PositionTable.partition == partition)
            .scalar_subquery()
        )
        recent = (
            select(OutcomeTable.outcome, OutcomeTable.key)
            .where(OutcomeTable.partition == partition, OutcomeTable.offset >= since)
            .order_by(OutcomeTable.offset.desc())
            .limit(window)
            .subquery()
        )
        dead = case((recent.c.outcome == OutcomeKind.DEAD_LETTERED.value, recent.c.key))
        records, letters, keys = self._connection.execute(
            select(func.count(), func.count(dead), func.count(dead.distinct())).select_from(recent)
        ).one()
        return records, letters, keys

    def halt(self, partition: int, reason: str) -> None:
        """Store that the processor halted; it is in force once this batch is committed."""
        self._connection.execute(
            table(HaltTable).insert(),
            {"partition": partition, "reason": reason, "at": real_now(self._connection)},
        )

    def advance(self, partition: int, expected: int, to: int) -> None:
        """Compare-and-set the position. Raises `Fenced` unless exactly one row changed."""
        moved = self._connection.execute(
            update(table(PositionTable))
            .where(PositionTable.partition == partition, PositionTable.offset == expected)
            .values(offset=to)
        )
        if moved.rowcount != 1:
            raise Fenced(f"Another worker moved the position of partition {partition}.")


def lock_cases(connection: Connection, persons: Sequence[PersonKey]) -> dict[PersonKey, StoredCase]:
    """Lock and return the case rows in key order, whoever asks: the order prevents deadlocks."""
    return {
        PersonKey(row.person): case_row(row)
        for some in chunks(sorted(set(persons)))
        for row in connection.execute(
            select(table(CaseTable))
            .where(CaseTable.person.in_(some))
            .order_by(CaseTable.person)
            .with_for_update()
        )
    }
