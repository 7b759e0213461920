"""The declarative base: naming of constraints, and the types that all tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, MetaData, String, Table, Uuid
from sqlalchemy.orm import DeclarativeBase

from hub.store.types import Codes, Instant, Refs


class Base(DeclarativeBase):
    """Base of all tables. Names of constraints are fixed, so that a migration can drop them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # Text has no length limit on purpose: SQLite ignores limits, and a value that one database
    # takes and the other refuses would make a pilot site behave unlike production.
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String(),
        int: BigInteger(),
        bytes: LargeBinary(),
        UUID: Uuid(),
        datetime: Instant(),
        tuple[str, ...]: Codes(),
        dict[str, str]: Refs(),
    }


def pseudonym(column: str) -> CheckConstraint:
    """Return the check that a column holds a pseudonym: 64 characters.

    A number of a register that slipped in by mistake is refused by the database itself (P6).
    """
    return CheckConstraint(f"length({column}) = 64", name=f"{column}_pseudonym")


def table(mapped: type[Base]) -> Table:
    """Return the Core table of a mapped class, for bulk statements without an ORM session.

    Raises `TypeError` for a class that is mapped to something else.
    """
    found = mapped.__table__
    if not isinstance(found, Table):
        raise TypeError(f"{mapped.__name__} is not mapped to a table")
    return found
