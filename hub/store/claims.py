"""Which outbox rows may be tried now, and by whom (rules 9 and 10, P5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased

from hub.domain.entitlement import Denial
from hub.domain.referral import Operation
from hub.ports.delivery import ClaimedSend
from hub.store.acts import ALL_TENANTS
from hub.store.dialect import CLAIM_LOCK, real_now, serialise
from hub.store.halts import active_halt, braked
from hub.store.rows import send_row
from hub.store.tables import OutboxTable, SendState, table
from hub.store.writes import READY

RETRACT = Operation.RETRACT.value

_Other = aliased(OutboxTable)
_same_key = _Other.order_key == OutboxTable.order_key
_is_retraction = OutboxTable.operation == RETRACT
_other_is_open = _Other.state == READY


def candidates(connection: Connection, limit: int, busy: Sequence[str]) -> list[UUID]:
    """Return up to `limit` rows that may be tried now, retractions first, recipients in turn.

    Ten thousand rows of one recipient keep nobody else waiting. Nothing is locked: with a long
    outbox the search takes a while, and the processor must not wait for it.
    """
    brakes = braked(connection)
    if ALL_TENANTS in brakes:
        return []
    only = [_is_retraction] if active_halt(connection) is not None else []
    if brakes:
        only.append(OutboxTable.tenant.not_in(brakes))
    if busy:
        only.append(OutboxTable.recipient.not_in(busy))
    return list(connection.execute(_in_turn(real_now(connection), limit, only)).scalars())


def lease(
    connection: Connection, chosen: Sequence[UUID], worker: str, lease_s: float
) -> list[ClaimedSend]:
    """Lease those of the rows that may still be tried, in the order given.

    Leases are given one transaction after another on both databases: two that overlapped could each
    see another row of one order key as its first. Rows that a dispatcher's transaction holds are
    left for the next claim.
    """
    serialise(connection, CLAIM_LOCK)
    now = real_now(connection)
    free = {
        row.send_id: row
        for row in connection.execute(
            select(table(OutboxTable))
            .where(OutboxTable.send_id.in_(chosen), *_may_go(now))
            .with_for_update(skip_locked=True, of=OutboxTable)
        )
    }
    connection.execute(
        update(table(OutboxTable))
        .where(OutboxTable.send_id.in_(list(free)))
        .values(leased_by=worker, leased_until=now + timedelta(seconds=lease_s))
    )
    return [
        ClaimedSend(send_row(free[send_id]), free[send_id].attempts)
        for send_id in chosen
        if send_id in free
    ]


def _may_go(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxTable.state == READY,
        OutboxTable.next_attempt_at <= now,
        unleased(now),
        key_is_free(now),
        first_of_key(),
    )


def unleased(now: datetime) -> ColumnElement[bool]:
    """Return the condition that no lease runs on a row."""
    return or_(OutboxTable.leased_until.is_(None), OutboxTable.leased_until <= now)


def first_of_key() -> ColumnElement[bool]:
    """Return the condition that a row is the one of its order key that may go next.

    The oldest open retraction goes before whatever waits, because it ends the rows before it.
    Any other row waits for all before it: for open ones (P5) and for failed ones, which park what
    follows until an operator looks.
    """
    before = and_(_same_key, _Other.place < OutboxTable.place)
    earlier_retraction = exists().where(before, _other_is_open, _Other.operation == RETRACT)
    earlier_row = exists().where(
        before, _Other.state.in_([SendState.READY.value, SendState.FAILED.value])
    )
    any_retraction = exists().where(_same_key, _other_is_open, _Other.operation == RETRACT)
    return or_(
        and_(_is_retraction, not_(earlier_retraction)),
        and_(not_(_is_retraction), not_(earlier_row), not_(any_retraction)),
    )


def key_is_free(now: datetime) -> ColumnElement[bool]:
    """Return the condition that no lease runs on any row of the order key."""
    return not_(exists().where(_same_key, _other_is_open, _Other.leased_until > now))


def _in_turn(now: datetime, limit: int, only: Sequence[ColumnElement[bool]]) -> Select[Any]:
    late = OutboxTable.operation != RETRACT
    due = (
        select(
            OutboxTable.send_id,
            OutboxTable.next_attempt_at,
            late.label("late"),
            func.row_number()
            .over(
                partition_by=OutboxTable.recipient,
                order_by=[late, OutboxTable.next_attempt_at, OutboxTable.place],
            )
            .label("turn"),
        )
        .where(*_may_go(now), *only)
        .subquery()
    )
    return (
        select(due.c.send_id)
        .order_by(due.c.late, due.c.turn, due.c.next_attempt_at, due.c.send_id)
        .limit(limit)
    )


def waiting(now: datetime) -> Select[Any]:
    """Return the ids of rows that will be tried by themselves without any change of their case.

    A denied row waits for its case; until its next try falls due it is at rest. One denied because
    the decided view was stale is not: that ends by itself.
    """
    stale = type_coerce(OutboxTable.denied, Text).contains(Denial.CONSENT_VIEW_STALE.value)
    return select(OutboxTable.send_id).where(
        OutboxTable.state == READY,
        first_of_key(),
        or_(
            OutboxTable.denied.is_(None),
            OutboxTable.next_attempt_at <= now,
            OutboxTable.leased_until > now,
            stale,
        ),
    )


def leased_ids(
    connection: Connection, worker: str, send_ids: Sequence[UUID], now: datetime
) -> Select[Any]:
    """Return the query of those rows that `worker` still holds, locked in a fixed order."""
    brakes = braked(connection)
    statement = (
        select(OutboxTable.send_id)
        .where(
            OutboxTable.send_id.in_(send_ids),
            OutboxTable.state == READY,
            OutboxTable.leased_by == worker,
            OutboxTable.leased_until > now,
        )
        .order_by(OutboxTable.send_id)
        .with_for_update()
    )
    if ALL_TENANTS in brakes:
        return statement.where(false())
    if brakes:
        statement = statement.where(OutboxTable.tenant.not_in(brakes))
    if active_halt(connection) is not None:
        statement = statement.where(_is_retraction)
    return statement
