"""Tables of what became of the log's records: inbox, outcomes, dead letters, positions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base


class InboxTable(Base):
    """Ids of events that were applied or ignored; `seen_at` (real time) is for pruning."""

    __tablename__ = "inbox"
    __table_args__ = ({"sqlite_with_rowid": False},)

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]


class OutcomeTable(Base):
    """What became of the record at (partition, offset): exactly one row each (P1)."""

    __tablename__ = "outcomes"
    # Without a row id the rows lie in the order of the log: a batch is written side by side, and
    # the limiter's look at the last 500 reads a few pages.
    __table_args__ = ({"sqlite_with_rowid": False},)

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    # `explain` and the verifier ask what became of an event.
    event_id: Mapped[UUID | None] = mapped_column(index=True)
    type: Mapped[str | None]
    tenant: Mapped[str | None]
    person: Mapped[str | None]
    at: Mapped[datetime]


class LetterState(StrEnum):
    """Where a dead letter stands. Only an `OPEN` one holds its person."""

    OPEN = "open"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


class DeadLetterTable(Base):
    """A record that could not be understood, sealed whole, with where and why.

    The holds are the open letters with a legible person: a table of their own could disagree. Both
    persons of a merge, link or booking move are held, the second by `other`.
    `replayed_at` and `replayed_offset` say when, and where in its partition, it was appended again;
    it stays open until the record there got an outcome.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        # Is this person held, and which letters does this event close: few rows are ever open.
        Index(
            "ix_dead_letters_held",
            "person",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_dead_letters_held_other",
            "other",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_dead_letters_event",
            "event_id",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        # Every batch asks whether one of its records is a replayed letter.
        Index(
            "ix_dead_letters_replayed",
            "partition",
            "replayed_offset",
            sqlite_where=text("state = 'open' AND replayed_offset IS NOT NULL"),
            postgresql_where=text("state = 'open' AND replayed_offset IS NOT NULL"),
        ),
    )

    letter_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    partition: Mapped[int]
    offset: Mapped[int]
    event_id: Mapped[UUID | None]
    type: Mapped[str | None]
    person: Mapped[str | None]
    reason: Mapped[str]
    field_path: Mapped[str]
    remedy: Mapped[str]
    at: Mapped[datetime]
    data_key: Mapped[str]
    sealed: Mapped[bytes]
    other: Mapped[str | None]
    state: Mapped[str]
    replayed_at: Mapped[datetime | None]
    replayed_offset: Mapped[int | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    discard_reason: Mapped[str | None]


class PositionTable(Base):
    """The next offset wanted per partition, and of which log (rule 3).

    `resumed_offset` is where the last resume (or the beginning) left the partition: the limiter
    counts from there.
    """

    __tablename__ = "positions"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset: Mapped[int]
    cluster_id: Mapped[str]
    topic_id: Mapped[str]
    resumed_offset: Mapped[int]
    initialised_at: Mapped[datetime]
    reason: Mapped[str]


class PartitionViewTable(Base):
    """How current the decided view of a partition is, in real time (rules 6 and 11)."""

    __tablename__ = "partition_views"

    partition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    caught_up_at: Mapped[datetime]
