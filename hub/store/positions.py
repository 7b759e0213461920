"""Which log the store belongs to, and where in it each partition stands (rule 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, bindparam, or_, select

from hub.domain.decision import FactKind
from hub.errors import ConfigError, Halted
from hub.ports.log import LogIdentity
from hub.store.acts import FIRST_START, Operator, log_act
from hub.store.database import Database
from hub.store.dialect import Offered, real_now, upsert
from hub.store.tables import PartitionViewTable, PositionTable, table

Bounds = Mapping[int, tuple[int, int]]
"""Per partition: the first offset kept, and the end (the next offset to be given)."""

AHEAD = timedelta(seconds=5)
"""How far an instant may lie ahead of the database's clock and still be believed."""

INIT = "hub positions init --reason TEXT"


class Position(NamedTuple):
    """Where a partition stands; `caught_up_at` (real time) is None until it was caught up once."""

    partition: int
    offset: int
    cluster_id: str
    topic_id: str
    caught_up_at: datetime | None


class SqlPositions:
    """Positions are written once, at the log's start, and then only moved by batches.

    Every method raises `Retriable` when the store can't be reached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Position]:
        """Return every partition's position, in order; empty before initialisation."""
        with self._database.read() as connection:
            return [
                Position(*row)
                for row in connection.execute(
                    select(
                        PositionTable.partition,
                        PositionTable.offset,
                        PositionTable.cluster_id,
                        PositionTable.topic_id,
                        PartitionViewTable.caught_up_at,
                    )
                    .outerjoin(
                        PartitionViewTable, PartitionViewTable.partition == PositionTable.partition
                    )
                    .order_by(PositionTable.partition)
                )
            ]

    def init(self, identity: LogIdentity, starts: Mapping[int, int], by: Operator) -> None:
        """Write the first positions, each partition at the offset given, and that it was done.

        Raises `ConfigError` without a reason, if a partition is missing, or if there are positions:
        going back would decide everything again, and going forward would lose records (P1).
        """
        problems = by.problems()
        if set(starts) != set(range(identity.partitions)):
            problems.append(
                f"partitions: the log has {identity.partitions}, give a start for each of them"
            )
        with self._database.write() as connection:
            if _stored(connection):
                problems.append(
                    "positions: the store has them already; they are only moved by deciding records"
                )
            if problems:
                raise ConfigError(tuple(problems))
            connection.execute(
                table(PositionTable).insert(),
                [
                    {
                        "partition": partition,
                        "offset": offset,
                        "cluster_id": identity.cluster_id,
                        "topic_id": identity.topic_id,
                        "resumed_offset": offset,
                        "initialised_at": real_now(connection),
                        "reason": by.reason,
                    }
                    for partition, offset in sorted(starts.items())
                ],
            )
            log_act(connection, FactKind.POSITIONS_SET, by, identity.topic_id)

    def check(self, identity: LogIdentity, bounds: Bounds) -> None:
        """Compare the store with the log.

        Raises `Halted`, with the remedy, on any disagreement: no positions, another log, another
        partition count, a position outside the log.
        """
        with self._database.read() as connection:
            rows = _stored(connection)
        if not rows:
            raise Halted("The store knows no position in this log.", remedy=INIT)
        for row in rows:
            if (row.cluster_id, row.topic_id) != (identity.cluster_id, identity.topic_id):
                raise Halted(
                    f"The store belongs to another log (cluster {row.cluster_id}, topic "
                    f"{row.topic_id}) than the one configured (cluster {identity.cluster_id}, "
                    f"topic {identity.topic_id}).",
                    remedy="Configure the log this store belongs to, or restore the store that "
                    "belongs to this log.",
                )
        if len(rows) != identity.partitions:
            raise Halted(
                f"The store knows {len(rows)} partitions, the log has {identity.partitions}.",
                remedy="The count is fixed at creation: give the topic its old count back, or run "
                "the named migration that changes it.",
            )
        for row in rows:
            _inside(row, bounds)

    def ensure(self, identity: LogIdentity, bounds: Bounds) -> None:
        """Initialise an empty store beside an empty log (a new installation), else `check`."""
        if not self.all() and all(end == 0 for _, end in bounds.values()):
            self.init(identity, dict.fromkeys(bounds, 0), FIRST_START)
        self.check(identity, bounds)


def caught_up(connection: Connection, partition: int, age_s: Callable[[], float]) -> None:
    """Note that everything in the partition's log up to `age_s()` seconds ago was decided.

    The age is asked for after the database's clock, so that no wait between them makes the view
    look younger than it is (rule 11).
    """
    now = real_now(connection)
    connection.execute(
        upsert(connection.dialect.name, table(PartitionViewTable), ("caught_up_at",), _counts),
        {
            "partition": partition,
            "caught_up_at": now - timedelta(seconds=age_s()),
            "horizon": now + AHEAD,
        },
    )


def fresh(connection: Connection, max_staleness_s: float) -> set[int]:
    """Return the partitions known to have been caught up within `max_staleness_s` (rule 11).

    What was noted by a clock that is ahead of ours proves nothing.
    """
    now = real_now(connection)
    return set(
        connection.execute(
            select(PartitionViewTable.partition)
            .join(PositionTable, PositionTable.partition == PartitionViewTable.partition)
            .where(
                PartitionViewTable.caught_up_at >= now - timedelta(seconds=max_staleness_s),
                PartitionViewTable.caught_up_at <= now + AHEAD,
            )
        ).scalars()
    )


def _counts(offered: Offered) -> ColumnElement[bool]:
    noted = table(PartitionViewTable).c.caught_up_at
    return or_(noted < offered["caught_up_at"], noted > bindparam("horizon", type_=noted.type))


def _stored(connection: Connection) -> list[Row[int, int, str, str]]:
    return list(
        connection.execute(
            select(
                PositionTable.partition,
                PositionTable.offset,
                PositionTable.cluster_id,
                PositionTable.topic_id,
            ).order_by(PositionTable.partition)
        )
    )


def _inside(row: Row[int, int, str, str], bounds: Bounds) -> None:
    found = bounds.get(row.partition)
    if found is None:
        raise Halted(
            f"The log has no partition {row.partition}.",
            remedy="Give the topic its old partition count back.",
        )
    start, end = found
    if row.offset < start:
        raise Halted(
            f"Partition {row.partition}: the store wants offset {row.offset}, the log begins at "
            f"{start}; records were removed before they were decided.",
            remedy="Restore the log's missing records. What was deleted undecided is lost.",
        )
    if row.offset > end:
        raise Halted(
            f"Partition {row.partition}: the store is at offset {row.offset}, the log ends at "
            f"{end}; the log lost records that were decided.",
            remedy="Restore the log to its newest state, or the store to one that matches it.",
        )
