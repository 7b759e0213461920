"""Finds ids and pseudonyms by their beginning: lists show no more than that on a narrow screen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from hub.store.database import Database
from hub.store.tables import (
    CaseTable,
    ChildTable,
    DeadLetterTable,
    OutboxTable,
    OutcomeTable,
    TaskTable,
)

LIMIT = 20
_UUID_DIGITS = 32
_KEY_DIGITS = 64


class Named(StrEnum):
    """What an id stands for."""

    PERSON = "person"
    CHILD = "child"
    EVENT = "event"
    REFERRAL = "referral"
    MESSAGE = "message"
    TASK = "task"
    LETTER = "dead letter"


class Match(NamedTuple):
    """A whole id and what it stands for."""

    kind: Named
    id: str


_COLUMNS: Final[Mapping[Named, InstrumentedAttribute[Any]]] = MappingProxyType(
    {
        Named.PERSON: CaseTable.person,
        Named.CHILD: ChildTable.child,
        Named.EVENT: OutcomeTable.event_id,
        Named.REFERRAL: OutboxTable.referral_id,
        Named.MESSAGE: OutboxTable.send_id,
        Named.TASK: TaskTable.task_id,
        Named.LETTER: DeadLetterTable.letter_id,
    }
)


class PrefixViews:
    """Every method raises `Retriable` when the store can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def beginning(self, digits: str, kinds: tuple[Named, ...], limit: int = LIMIT) -> list[Match]:
        """Return the ids of these kinds that begin with small hex `digits`, without hyphens."""
        found: dict[Match, None] = {}
        with self._database.read() as connection:
            for kind in kinds:
                column = _COLUMNS[kind]
                first, last = _range(digits, key=kind in (Named.PERSON, Named.CHILD))
                if first is None:
                    continue
                query = select(column).where(column >= first, column <= last)
                for value in connection.execute(query.distinct().limit(limit)).scalars():
                    found[Match(kind, str(value))] = None
        return list(found)[:limit]


def _range(digits: str, *, key: bool) -> tuple[str | UUID | None, str | UUID | None]:
    """Return the first and last id that begin so, or None twice when the digits are too many."""
    width = _KEY_DIGITS if key else _UUID_DIGITS
    if len(digits) > width:
        return None, None
    first, last = digits.ljust(width, "0"), digits.ljust(width, "f")
    return (first, last) if key else (UUID(first), UUID(last))
