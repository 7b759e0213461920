"""Tables of what is open for a person: due events, tasks, look-ups, withheld referrals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base


class DueEventTable(Base):
    """An event the hub owes its own log: a timer or a delivery note. Deciding it deletes the row.

    `due_at` is business time and coarse where the exact one would reveal sealed data;
    `appended_at` is real time.
    """

    __tablename__ = "due_events"
    __table_args__ = (
        # The poller asks for what is due and was never appended, oldest first; what was appended
        # and is still undecided has few rows.
        Index("ix_due_events_due", "appended_at", "due_at"),
    )

    subject: Mapped[UUID] = mapped_column(primary_key=True)
    # Deciding and marking name the event, not its subject.
    event_id: Mapped[UUID] = mapped_column(index=True)
    tenant: Mapped[str]
    # The rows of the persons of a batch are compared with what the core now wants.
    person: Mapped[str] = mapped_column(index=True)
    type: Mapped[str]
    kind: Mapped[str]
    due_at: Mapped[datetime]
    body: Mapped[bytes]
    appended_at: Mapped[datetime | None]


class TaskTable(Base):
    """What a person must decide. A task that the core no longer wants is closed, never deleted."""

    __tablename__ = "tasks"
    __table_args__ = (
        # Both the processor and the lists ask for open tasks; closed ones pile up beside them.
        Index(
            "ix_tasks_open",
            "person",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    person: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str]
    subject: Mapped[str]
    since: Mapped[datetime]
    due: Mapped[datetime | None]
    escalated: Mapped[bool]
    closed_at: Mapped[datetime | None]
    resolution: Mapped[str | None]


class LookupTable(Base):
    """A look-up to be made. `next_try_at` and `leased_until` are real time."""

    __tablename__ = "lookups"

    lookup_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    person: Mapped[str] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    data_key: Mapped[str]
    sealed: Mapped[bytes]
    tries: Mapped[int]
    # The table holds open look-ups only, so one small index finds what may be tried now.
    next_try_at: Mapped[datetime] = mapped_column(index=True)
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class WithheldTable(Base):
    """A referral not made, with every reason, as of now (the decision log holds the history)."""

    __tablename__ = "withheld"
    __table_args__ = ({"sqlite_with_rowid": False},)

    person: Mapped[str] = mapped_column(primary_key=True)
    child: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    reasons: Mapped[tuple[str, ...]]
    since: Mapped[datetime]
