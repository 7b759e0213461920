"""Tables of the decision log, and of its lines that the relay has yet to publish."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base
from hub.store.tables.control import SERIAL


class DecisionLogTable(Base):
    """One line per decision, permit, intent and result: ids, states and codes. Append-only."""

    __tablename__ = "decision_log"
    __table_args__ = (
        # The only index, because every index on random ids costs a page of writing per line: all
        # questions of `explain` start from a person (an event, referral or child leads to one), and
        # a line that is written again is recognised beside the person's others.
        UniqueConstraint("person", "fact_id"),
    )

    number: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    fact_id: Mapped[UUID]
    tenant: Mapped[str]
    person: Mapped[str | None]
    event_id: Mapped[UUID | None]
    at: Mapped[datetime]
    policy: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    reasons: Mapped[tuple[str, ...]]
    refs: Mapped[dict[str, str]]


class RelayMarkTable(Base):
    """A life-cycle fact not yet published. Publishing deletes the mark, never the line.

    A mark per line instead of "number greater than the last": numbers are given at insert and seen
    at commit, so a slower transaction's lines would be skipped for ever.
    """

    __tablename__ = "relay_marks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["person", "fact_id"], ["decision_log.person", "decision_log.fact_id"]
        ),
    )

    fact_id: Mapped[UUID] = mapped_column(primary_key=True)
    person: Mapped[str]
