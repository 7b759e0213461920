"""Tables of cases: the sealed case, its closed stays, and the index from child to case."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from hub.store.tables.base import Base, pseudonym


class CaseTable(Base):
    """One row per person. `sealed` is empty for a row that was only inserted to be locked."""

    __tablename__ = "cases"
    __table_args__ = (pseudonym("person"),)

    person: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    version: Mapped[int]
    data_key: Mapped[str | None]
    sealed: Mapped[bytes | None]
    # Asked for when a hold on an alias must reach the survivor.
    alias_of: Mapped[str | None] = mapped_column(index=True)


class ChildTable(Base):
    """Which cases know a child. A child may belong to two cases (both parents imprisoned)."""

    __tablename__ = "child_index"
    __table_args__ = (pseudonym("child"), pseudonym("person"), {"sqlite_with_rowid": False})

    child: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]


class ClosedEpisodeTable(Base):
    """A stay that is over, sealed with its movements.

    Read only when an event falls before the current admission.
    """

    __tablename__ = "closed_episodes"

    episode_id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    # The one question: the stays of these persons.
    person: Mapped[str] = mapped_column(index=True)
    data_key: Mapped[str]
    sealed: Mapped[bytes]
