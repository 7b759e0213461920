"""Timers, tasks, look-ups and withheld referrals of a batch's persons: made as the core wants them.

What the store holds is read first and only the differences are written: most events change none of
these rows, and a timer, look-up or task that stays keeps what the shell noted on it (appended,
tried, opened).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, bindparam, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from hub.domain.decision import FactKind
from hub.domain.events import TYPE_NAMES, TimerDue
from hub.ports.store import BatchWrites, LookupRow
from hub.store.bulk import insert_many
from hub.store.database import chunks, run_many
from hub.store.dialect import upsert
from hub.store.rows import Values, due_row, task_row, withheld_row
from hub.store.tables import DueEventTable, LookupTable, TaskTable, WithheldTable, table

TIMER_TYPE = TYPE_NAMES[TimerDue]

NO_LONGER_NEEDED = "no-longer-needed"
RESOLVED = "resolved"


def replace_open_items(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    """Make the open items of `writes.replaced` as given; `now` is real time."""
    _replace_timers(connection, writes)
    _replace_tasks(connection, writes, now)
    _replace_lookups(connection, writes, now)
    _replace_withheld(connection, writes)


def owe(connection: Connection, events: Sequence[Values]) -> None:
    """Store due events; a row with the same subject is replaced and counts as never appended."""
    insert_many(
        connection,
        upsert(
            connection.dialect.name,
            table(DueEventTable),
            ("event_id", "tenant", "person", "type", "kind", "due_at", "body", "appended_at"),
        ),
        [event | {"appended_at": None} for event in events],
    )


def _held(
    connection: Connection, source: Table, persons: Sequence[str], *only: ColumnElement[bool]
) -> list[Row[Any]]:
    return [
        row
        for some in chunks(persons)
        for row in connection.execute(select(source).where(source.c.person.in_(some), *only))
    ]


def _replace_timers(connection: Connection, writes: BatchWrites) -> None:
    wanted = {timer.subject: timer for timer in writes.timers}
    held = {
        row.subject: due_row(row)
        for row in _held(
            connection,
            table(DueEventTable),
            writes.replaced,
            DueEventTable.type == TIMER_TYPE,
        )
    }
    for some in chunks(held.keys() - wanted.keys()):
        connection.execute(delete(table(DueEventTable)).where(DueEventTable.subject.in_(some)))
    owe(
        connection,
        [timer._asdict() for timer in wanted.values() if held.get(timer.subject) != timer],
    )


def _replace_tasks(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    wanted = {task.task_id: task for task in writes.tasks}
    held = {
        row.task_id: task_row(row)
        for row in _held(
            connection, table(TaskTable), writes.replaced, TaskTable.closed_at.is_(None)
        )
    }
    closed = {
        fact.fact.subject: fact.at
        for fact in writes.facts
        if fact.fact.kind is FactKind.TASK_CLOSED
    }
    run_many(
        connection,
        update(table(TaskTable))
        .where(TaskTable.task_id == bindparam("gone"))
        .values(closed_at=bindparam("closed"), resolution=bindparam("code")),
        [
            {
                "gone": task_id,
                "closed": closed.get(str(task_id), now),
                "code": NO_LONGER_NEEDED if str(task_id) in closed else RESOLVED,
            }
            for task_id in held.keys() - wanted.keys()
        ],
    )
    insert_many(
        connection,
        upsert(
            connection.dialect.name,
            table(TaskTable),
            ("person", "severity", "subject", "due", "escalated", "closed_at", "resolution"),
        ),
        [
            task._asdict() | {"closed_at": None, "resolution": None}
            for task in wanted.values()
            if held.get(task.task_id) != task
        ],
    )


def _replace_lookups(connection: Connection, writes: BatchWrites, now: datetime) -> None:
    wanted: dict[UUID, LookupRow] = {lookup.lookup_id: lookup for lookup in writes.lookups}
    held = {
        row.lookup_id: row.person for row in _held(connection, table(LookupTable), writes.replaced)
    }
    for some in chunks(held.keys() - wanted.keys()):
        connection.execute(delete(table(LookupTable)).where(LookupTable.lookup_id.in_(some)))
    # Sealed anew each time it is given, so bytes say nothing; only a merge changes whose it is.
    insert_many(
        connection,
        upsert(connection.dialect.name, table(LookupTable), ("person", "data_key", "sealed")),
        [
            lookup._asdict() | {"tries": 0, "next_try_at": now}
            for lookup in wanted.values()
            if held.get(lookup.lookup_id) != lookup.person
        ],
    )


def _replace_withheld(connection: Connection, writes: BatchWrites) -> None:
    wanted = {(row.person, row.child, row.purpose): row for row in writes.withheld}
    held = {
        (row.person, row.child, row.purpose): withheld_row(row)
        for row in _held(connection, table(WithheldTable), writes.replaced)
    }
    run_many(
        connection,
        delete(table(WithheldTable)).where(
            WithheldTable.person == bindparam("whose"),
            WithheldTable.child == bindparam("about"),
            WithheldTable.purpose == bindparam("what_for"),
        ),
        [
            {"whose": person, "about": child, "what_for": purpose}
            for person, child, purpose in held.keys() - wanted.keys()
        ],
    )
    insert_many(
        connection,
        upsert(connection.dialect.name, table(WithheldTable), ("tenant", "reasons", "since")),
        [row._asdict() for key, row in wanted.items() if held.get(key) != row],
    )
