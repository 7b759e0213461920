"""Tables of control: halts, brakes, leases, and the immutable versions of policy and directory."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base

# SQLite numbers rows by itself only in a column of exactly this type.
SERIAL = BigInteger().with_variant(Integer(), "sqlite")


class HaltTable(Base):
    """Every time the processor stopped on purpose, and how it went on. Active while not resumed."""

    __tablename__ = "halts"

    number: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    partition: Mapped[int]
    reason: Mapped[str]
    at: Mapped[datetime]
    resumed_at: Mapped[datetime | None]
    resume_reason: Mapped[str | None]


class BrakeTable(Base):
    """The emergency brake of delivery, for one tenant or (`tenant` empty) for all."""

    __tablename__ = "brakes"
    __table_args__ = (
        # At most one active brake per tenant; the index is also how the dispatcher asks.
        Index(
            "ix_brakes_active",
            "tenant",
            unique=True,
            sqlite_where=text("lifted_at IS NULL"),
            postgresql_where=text("lifted_at IS NULL"),
        ),
    )

    number: Mapped[int] = mapped_column(SERIAL, primary_key=True)
    tenant: Mapped[str]
    reason: Mapped[str]
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]


class LeaseTable(Base):
    """Who does an exclusive job until when (real time)."""

    __tablename__ = "leases"

    job: Mapped[str] = mapped_column(primary_key=True)
    worker: Mapped[str]
    until: Mapped[datetime]


class PolicyTable(Base):
    """One immutable version of a tenant's policy."""

    __tablename__ = "policies"
    __table_args__ = (UniqueConstraint("tenant", "content_hash"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    active_from: Mapped[datetime]
    content_hash: Mapped[str]
    body: Mapped[bytes]
    stored_at: Mapped[datetime]


class DirectoryTable(Base):
    """One immutable version of a tenant's directory of recipients."""

    __tablename__ = "directories"
    __table_args__ = (UniqueConstraint("tenant", "content_hash"),)

    tenant: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    active_from: Mapped[datetime]
    content_hash: Mapped[str]
    body: Mapped[bytes]
    stored_at: Mapped[datetime]
