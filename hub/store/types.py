"""Column types of our own: instants, lists of codes, references."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator
from typing_extensions import override

from hub.domain.values import EPOCH

_CODES = msgspec.json.Decoder(tuple[str, ...])
_REFS = msgspec.json.Decoder(dict[str, str])


def to_micros(value: datetime) -> int:
    """Return whole microseconds since 1970 (UTC). Raises `ValueError` for a time without offset."""
    if value.tzinfo is None:
        raise ValueError("a time without offset can't be stored; use an aware UTC datetime")
    since = value - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_micros(value: int) -> datetime:
    """Return the instant (aware, UTC) of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=value)


class Instant(TypeDecorator[datetime]):
    """An instant as whole microseconds since 1970, on every database.

    Integers compare, index and round-trip alike on SQLite (which knows no time type) and on
    PostgreSQL (whose own type follows the session's time zone when read as text).
    """

    impl = BigInteger
    cache_ok = True

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    @override
    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Codes(TypeDecorator[tuple[str, ...]]):
    """A tuple of codes, as a JSON list that an operator can read in the database's own shell."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else _CODES.decode(value)


class Refs(TypeDecorator[dict[str, str]]):
    """Named references of a fact (ids and codes), as a JSON object."""

    impl = Text
    cache_ok = True

    @override
    def process_bind_param(self, value: dict[str, str] | None, dialect: Dialect) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> dict[str, str] | None:
        return None if value is None else _REFS.decode(value)
