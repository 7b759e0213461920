"""Tables of delivery: what is to be sent, the stored will to disclose, and how attempts ended."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base, pseudonym


class SendState(StrEnum):
    """Where an outbox row stands. Only `READY` may still leave; `FAILED` parks what follows it."""

    READY = "ready"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OutboxTable(Base):
    """One message to one recipient. Clear columns hold pseudonyms, ids, states and codes only.

    `place` sorts the rows of one order key (see `rows.place_of`). `next_attempt_at` and
    `leased_until` are real time by the database's clock, `ready_at` is business time.
    `last_intent` is the attempt that is under way or was the latest: a late result of an
    earlier one must not reopen or close the row.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        pseudonym("person"),
        pseudonym("child"),
        # The claim reads what is ready and due; rows that ended (nearly all) stay out of its index.
        Index(
            "ix_outbox_due",
            "next_attempt_at",
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        # What comes before and after a row on its order key, for the claim and for retractions.
        Index("ix_outbox_order", "order_key", "place"),
        # A changed case makes its denied rows due; also the lists per person.
        Index("ix_outbox_person", "person", "state"),
        # An answer of a recipient names the referral.
        Index("ix_outbox_referral", "referral_id"),
    )

    send_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    person: Mapped[str]
    child: Mapped[str]
    episode_id: Mapped[UUID]
    referral_id: Mapped[UUID]
    operation: Mapped[str]
    generation: Mapped[int]
    content_version: Mapped[int]
    recipient: Mapped[str]
    purpose: Mapped[str]
    idempotency_id: Mapped[UUID]
    order_key: Mapped[str]
    place: Mapped[str]
    ready_at: Mapped[datetime]
    categories: Mapped[tuple[str, ...]]
    retraction: Mapped[str | None]
    retraction_reason: Mapped[str | None]
    data_key: Mapped[str | None]
    sealed: Mapped[bytes | None]
    state: Mapped[str]
    state_reason: Mapped[str | None]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime]
    leased_by: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    denied: Mapped[tuple[str, ...] | None]
    last_intent: Mapped[UUID | None]


class IntentTable(Base):
    """The stored will to disclose, written before the first byte (rule 9). Never changed."""

    __tablename__ = "intents"

    intent_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Was this row possibly disclosed: the intents of a send.
    send_id: Mapped[UUID] = mapped_column(ForeignKey("outbox.send_id"), index=True)
    tenant: Mapped[str]
    person: Mapped[str]
    recipient: Mapped[str]
    at: Mapped[datetime]
    lifetime_s: Mapped[float]
    attempt: Mapped[int]
    consents: Mapped[tuple[str, ...]]
    policy: Mapped[str]


class AttemptTable(Base):
    """How the attempt under one intent ended; never the body. A missing row means: not known."""

    __tablename__ = "attempts"

    intent_id: Mapped[UUID] = mapped_column(ForeignKey("intents.intent_id"), primary_key=True)
    send_id: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    code: Mapped[str]
    latency_ms: Mapped[int]
    reference: Mapped[str | None]
