"""What CLI, API and metrics may read: typed rows, never content, never a change.

A list is bounded by `limit`, newest or most urgent first. Every method raises `Retriable` when the
store can't be reached.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, union

from hub.domain.ids import ChildKey, PersonKey, RecipientId, TenantId
from hub.ports.store import StoredCase
from hub.store.acts import ALL_TENANTS
from hub.store.aliases import survivors, with_aliases
from hub.store.database import Database
from hub.store.holds import LETTER_OPEN
from hub.store.rows import case_row, letter_row, withheld_row
from hub.store.tables import (
    BrakeTable,
    CaseTable,
    ChildTable,
    DeadLetterTable,
    HaltTable,
    OutboxTable,
    TaskTable,
    WithheldTable,
    table,
)
from hub.store.view_rows import (
    BrakeView,
    CaseView,
    DeadLetterView,
    HaltView,
    HoldView,
    LetterDetail,
    TaskView,
    WithheldView,
)
from hub.store.writes import READY

LIMIT = 200


class CaseViews:
    """Cases, what is open about them, and what stops them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cases(
        self, *, tenant: TenantId | None = None, after: PersonKey | None = None, limit: int = LIMIT
    ) -> list[CaseView]:
        """Return cases by key, from the one after `after` (for the next page)."""
        query = _case_query().order_by(CaseTable.person).limit(limit)
        if tenant is not None:
            query = query.where(CaseTable.tenant == tenant)
        if after is not None:
            query = query.where(CaseTable.person > after)
        with self._database.read() as connection:
            return [CaseView(**row) for row in connection.execute(query).mappings()]

    def case(self, person: PersonKey) -> CaseView | None:
        """Return one case row; an alias names its survivor in `alias_of`."""
        with self._database.read() as connection:
            row = (
                connection.execute(_case_query().where(CaseTable.person == person))
                .mappings()
                .first()
            )
            return None if row is None else CaseView(**row)

    def survivor(self, person: PersonKey) -> PersonKey:
        """Return the key under which the person's case is kept now."""
        with self._database.read() as connection:
            return survivors(connection, [person]).get(person, person)

    def aliases(self, person: PersonKey) -> list[PersonKey]:
        """Return the keys that were merged into this person, in order."""
        with self._database.read() as connection:
            keys = with_aliases(connection, [person])
        return sorted(PersonKey(key) for key in keys if key != person)

    def stored_case(self, person: PersonKey) -> StoredCase | None:
        """Return the sealed case, for who may open it."""
        with self._database.read() as connection:
            row = connection.execute(
                select(table(CaseTable)).where(CaseTable.person == person)
            ).first()
            return None if row is None else case_row(row)

    def persons_of_child(self, child: ChildKey) -> list[PersonKey]:
        """Return the persons whose cases know this child."""
        with self._database.read() as connection:
            return [
                PersonKey(person)
                for person in connection.execute(
                    select(ChildTable.person)
                    .where(ChildTable.child == child)
                    .order_by(ChildTable.person)
                ).scalars()
            ]

    def persons(self, tenant: TenantId, *, recipient: RecipientId | None = None) -> list[PersonKey]:
        """Return every person with a case, or those with a message to `recipient`.

        These are the cases that a change of policy or directory concerns.
        """
        query = select(CaseTable.person).where(
            CaseTable.tenant == tenant, CaseTable.sealed.is_not(None), CaseTable.alias_of.is_(None)
        )
        if recipient is not None:
            query = query.where(
                exists().where(
                    OutboxTable.person == CaseTable.person, OutboxTable.recipient == recipient
                )
            )
        with self._database.read() as connection:
            return [
                PersonKey(person)
                for person in connection.execute(query.order_by(CaseTable.person)).scalars()
            ]

    def withheld(
        self,
        *,
        tenant: TenantId | None = None,
        person: PersonKey | None = None,
        reason: str | None = None,
        limit: int = LIMIT,
    ) -> list[WithheldView]:
        """Return referrals not made, longest withheld first, with every reason."""
        query = select(table(WithheldTable)).order_by(WithheldTable.since, WithheldTable.person)
        if tenant is not None:
            query = query.where(WithheldTable.tenant == tenant)
        if person is not None:
            query = query.where(WithheldTable.person == person)
        with self._database.read() as connection:
            rows = (withheld_row(row) for row in connection.execute(query))
            found = [row for row in rows if reason is None or reason in row.reasons]
        return [WithheldView(**row._asdict()) for row in found[:limit]]

    def tasks(
        self,
        *,
        tenant: TenantId | None = None,
        person: PersonKey | None = None,
        kind: str | None = None,
        closed: bool = False,
        limit: int = LIMIT,
    ) -> list[TaskView]:
        """Return open tasks, or all with `closed`: critical first, then the longest open."""
        query = (
            select(table(TaskTable))
            .order_by(TaskTable.closed_at.is_not(None), TaskTable.severity, TaskTable.since)
            .limit(limit)
        )
        if not closed:
            query = query.where(TaskTable.closed_at.is_(None))
        for column, wanted in (
            (TaskTable.tenant, tenant),
            (TaskTable.person, person),
            (TaskTable.kind, kind),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        with self._database.read() as connection:
            return [TaskView(**row) for row in connection.execute(query).mappings()]

    def task(self, task_id: UUID) -> TaskView | None:
        """Return one task, open or closed."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(table(TaskTable)).where(TaskTable.task_id == task_id))
                .mappings()
                .first()
            )
            return None if row is None else TaskView(**row)


class StopViews:
    """What stops the hub or a person: dead letters, holds, halts, brakes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def dead_letters(
        self,
        *,
        state: str | None = "open",
        person: PersonKey | None = None,
        limit: int = LIMIT,
    ) -> list[DeadLetterView]:
        """Return dead letters, newest first; `state` None means all."""
        query = _letter_query().limit(limit)
        if state is not None:
            query = query.where(DeadLetterTable.state == state)
        if person is not None:
            query = query.where(
                or_(DeadLetterTable.person == person, DeadLetterTable.other == person)
            )
        with self._database.read() as connection:
            return [DeadLetterView(**row) for row in connection.execute(query).mappings()]

    def dead_letter(self, letter_id: UUID) -> LetterDetail | None:
        """Return one letter with its sealed record, for who may open it."""
        with self._database.read() as connection:
            view = (
                connection.execute(_letter_query().where(DeadLetterTable.letter_id == letter_id))
                .mappings()
                .first()
            )
            row = connection.execute(
                select(table(DeadLetterTable)).where(DeadLetterTable.letter_id == letter_id)
            ).first()
        if view is None or row is None:
            return None
        return LetterDetail(view=DeadLetterView(**view), letter=letter_row(row))

    def holds(self, *, limit: int = LIMIT) -> list[HoldView]:
        """Return the persons whose permits are denied for open dead letters, longest first."""
        held = union(
            *(
                select(
                    DeadLetterTable.letter_id,
                    DeadLetterTable.tenant,
                    column.label("person"),
                    DeadLetterTable.at,
                ).where(DeadLetterTable.state == LETTER_OPEN, column.is_not(None))
                for column in (DeadLetterTable.person, DeadLetterTable.other)
            )
        ).subquery()
        query = (
            select(
                held.c.tenant,
                held.c.person,
                func.count().label("letters"),
                func.min(held.c.at, type_=table(DeadLetterTable).c.at.type).label("since"),
            )
            .group_by(held.c.tenant, held.c.person)
            .order_by("since")
            .limit(limit)
        )
        with self._database.read() as connection:
            return [HoldView(**row) for row in connection.execute(query).mappings()]

    def halts(self, *, limit: int = LIMIT) -> list[HaltView]:
        """Return halts, newest first; the one without `resumed_at` is in force."""
        with self._database.read() as connection:
            return [
                HaltView(**row)
                for row in connection.execute(
                    select(table(HaltTable)).order_by(HaltTable.number.desc()).limit(limit)
                ).mappings()
            ]

    def brakes(self, *, limit: int = LIMIT) -> list[BrakeView]:
        """Return emergency brakes, newest first; those without `lifted_at` are on."""
        with self._database.read() as connection:
            return [
                BrakeView(
                    number=row.number,
                    tenant=None if row.tenant == ALL_TENANTS else row.tenant,
                    reason=row.reason,
                    at=row.at,
                    lifted_at=row.lifted_at,
                    lift_reason=row.lift_reason,
                )
                for row in connection.execute(
                    select(table(BrakeTable)).order_by(BrakeTable.number.desc()).limit(limit)
                )
            ]


def _case_query() -> Select[Any]:
    open_letters = exists().where(
        or_(
            DeadLetterTable.person == CaseTable.person,
            DeadLetterTable.other == CaseTable.person,
        ),
        DeadLetterTable.state == LETTER_OPEN,
    )
    tasks = select(func.count()).where(
        TaskTable.person == CaseTable.person, TaskTable.closed_at.is_(None)
    )
    sends = select(func.count()).where(
        OutboxTable.person == CaseTable.person, OutboxTable.state == READY
    )
    withheld = select(func.count()).where(WithheldTable.person == CaseTable.person)
    return select(
        CaseTable.person,
        CaseTable.tenant,
        CaseTable.version,
        CaseTable.alias_of,
        open_letters.label("held"),
        tasks.scalar_subquery().label("open_tasks"),
        sends.scalar_subquery().label("unsent"),
        withheld.scalar_subquery().label("withheld"),
    )


def _letter_query() -> Select[Any]:
    columns = table(DeadLetterTable).c
    return select(
        *(column for column in columns if column.name not in {"sealed", "data_key"})
    ).order_by(DeadLetterTable.at.desc(), DeadLetterTable.offset.desc())
