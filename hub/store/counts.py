"""Numbers for metrics, and whether anything is left to do."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select

from hub.domain.events import TYPE_NAMES
from hub.domain.identity import PairPayload
from hub.store.claims import RETRACT, first_of_key, waiting
from hub.store.database import Database
from hub.store.dialect import real_now
from hub.store.halts import active_halt, braked
from hub.store.holds import LETTER_OPEN
from hub.store.tables import (
    DeadLetterTable,
    DueEventTable,
    LookupTable,
    OutboxTable,
    RelayMarkTable,
    SendState,
    TaskTable,
    WithheldTable,
    table,
)
from hub.store.view_rows import Counts
from hub.store.writes import READY

PAIRS = sorted(TYPE_NAMES[kind] for kind in get_args(PairPayload))
"""Records about two persons: without a legible payload nobody knows who the second is."""

UNTOLD = and_(
    OutboxTable.operation == RETRACT,
    OutboxTable.state.in_([SendState.READY.value, SendState.FAILED.value]),
)
"""Retractions that their recipient does not know of yet."""


class CountViews:
    """Every method raises `Retriable` when the store can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, now: datetime) -> Counts:
        """Return all numbers at once; `now` is business time."""
        with self._database.read() as connection:
            real = real_now(connection)
            open_letter = DeadLetterTable.state == LETTER_OPEN
            return Counts(
                due_undecided=_number(
                    connection, select(func.count()).where(DueEventTable.due_at <= now)
                ),
                oldest_unsent_at=connection.execute(
                    select(OutboxTable.ready_at)
                    .where(OutboxTable.state == READY)
                    .order_by(OutboxTable.ready_at)
                    .limit(1)
                ).scalar(),
                oldest_recall_at=connection.execute(
                    select(OutboxTable.ready_at)
                    .where(UNTOLD)
                    .order_by(OutboxTable.ready_at)
                    .limit(1)
                ).scalar(),
                stuck_recalls=_number(
                    connection,
                    select(func.count()).where(
                        UNTOLD, or_(OutboxTable.denied.is_not(None), OutboxTable.state != READY)
                    ),
                ),
                unsent_by_state=_unsent(connection, real),
                sends_by_state=_groups(
                    connection, select(OutboxTable.state, func.count()).group_by(OutboxTable.state)
                ),
                withheld_by_reason=dict(
                    Counter(
                        reason
                        for reasons in connection.execute(select(WithheldTable.reasons)).scalars()
                        for reason in reasons
                    )
                ),
                tasks_by_kind=_groups(
                    connection,
                    select(TaskTable.kind, func.count())
                    .where(TaskTable.closed_at.is_(None))
                    .group_by(TaskTable.kind),
                ),
                open_lookups=_number(
                    connection, select(func.count()).where(LookupTable.sent_at.is_(None))
                ),
                open_dead_letters=_number(connection, select(func.count()).where(open_letter)),
                illegible_dead_letters=_number(
                    connection,
                    select(func.count()).where(
                        open_letter,
                        or_(
                            DeadLetterTable.person.is_(None),
                            and_(DeadLetterTable.type.in_(PAIRS), DeadLetterTable.other.is_(None)),
                        ),
                    ),
                ),
                unpublished_facts=_number(
                    connection, select(func.count()).select_from(table(RelayMarkTable))
                ),
                halted=active_halt(connection) is not None,
                braked=bool(braked(connection)),
            )

    def quiescent(self, now: datetime) -> bool:
        """Say whether the store has nothing left to do by itself at `now` (business time).

        True when no event is due, no look-up waits, and no message will be tried without a change
        of its case. What lies undecided in the log must be asked of log and positions. Only then
        may a virtual clock be moved (rule 6).
        """
        with self._database.read() as connection:
            busy = (
                exists().where(DueEventTable.due_at <= now),
                exists().where(LookupTable.sent_at.is_(None)),
                waiting(real_now(connection)).exists(),
            )
            return not any(connection.execute(select(*busy)).one())


def _unsent(connection: Connection, now: datetime) -> dict[str, int]:
    state = case(
        (OutboxTable.leased_until > now, "leased"),
        (~first_of_key(), "parked"),
        (OutboxTable.denied.is_not(None), "denied"),
        else_="waiting",
    )
    return _groups(
        connection,
        select(state, func.count()).where(OutboxTable.state == READY).group_by(state),
    )


def _number(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _groups(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(query)}
