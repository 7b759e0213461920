"""Halts of the processor and the emergency brake of delivery: set, asked for, ended."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from hub.domain.decision import FactKind
from hub.domain.ids import TenantId
from hub.store.acts import ALL_TENANTS, Operator, log_act
from hub.store.database import Database
from hub.store.dialect import real_now
from hub.store.tables import BrakeTable, HaltTable, PositionTable, table


def active_halt(connection: Connection) -> str | None:
    """Return the reason of the halt in force, or None."""
    return connection.execute(
        select(HaltTable.reason)
        .where(HaltTable.resumed_at.is_(None))
        .order_by(HaltTable.number)
        .limit(1)
    ).scalar()


def braked(connection: Connection) -> set[str]:
    """Return the tenants whose brake is on; `ALL_TENANTS` among them means every tenant."""
    return set(
        connection.execute(
            select(BrakeTable.tenant).where(BrakeTable.lifted_at.is_(None))
        ).scalars()
    )


class SqlControl:
    """What an operator stops and starts.

    Every change needs a reason, which is kept, and is a line of the decision log.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def halted(self) -> bool:
        """True while the processor is halted. Raises `Retriable`."""
        with self._database.read() as connection:
            return active_halt(connection) is not None

    def halt(self, partition: int, reason: str) -> None:
        """Halt the processor from outside a batch. Raises `Retriable`."""
        with self._database.write() as connection:
            connection.execute(
                table(HaltTable).insert(),
                {"partition": partition, "reason": reason, "at": real_now(connection)},
            )

    def resume(self, by: Operator) -> bool:
        """End every halt; the limiter counts from here on (P9). False if none was in force.

        Raises `ConfigError` without a reason, `Retriable`.
        """
        by.require_reason()
        with self._database.write() as connection:
            ended = connection.execute(
                update(table(HaltTable))
                .where(HaltTable.resumed_at.is_(None))
                .values(resumed_at=real_now(connection), resume_reason=by.reason)
            ).rowcount
            if ended:
                connection.execute(
                    update(table(PositionTable)).values(resumed_offset=PositionTable.offset)
                )
                log_act(connection, FactKind.RESUMED, by, "processor")
            return ended > 0

    def set_brake(self, by: Operator, tenant: TenantId | None = None) -> bool:
        """Stop all delivery, retractions too, of one tenant or of all. False if it was on.

        What is under way may end; nothing new is claimed. Raises `ConfigError` without a reason.
        """
        by.require_reason()
        name = tenant or ALL_TENANTS
        with self._database.write() as connection:
            if name in braked(connection):
                return False
            connection.execute(
                table(BrakeTable).insert(),
                {"tenant": name, "reason": by.reason, "at": real_now(connection)},
            )
            log_act(connection, FactKind.DELIVERY_STOPPED, by, "delivery", tenant=name)
            return True

    def lift_brake(self, by: Operator, tenant: TenantId | None = None) -> bool:
        """End the brake of one tenant, or the one on all. False if it was not on.

        Raises `ConfigError` without a reason.
        """
        by.require_reason()
        name = tenant or ALL_TENANTS
        with self._database.write() as connection:
            lifted = connection.execute(
                update(table(BrakeTable))
                .where(BrakeTable.tenant == name, BrakeTable.lifted_at.is_(None))
                .values(lifted_at=real_now(connection), lift_reason=by.reason)
            ).rowcount
            if lifted:
                log_act(connection, FactKind.DELIVERY_STARTED, by, "delivery", tenant=name)
            return lifted > 0
