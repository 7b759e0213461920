"""Reading foreign JSON field by field: every fault is named with its path and never its value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from hub.errors import Poison

_INSTANT: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z?)([+-]\d\d:?\d\d)?", re.ASCII
)
_NOMS: Final = re.compile(r"[A-Z]\d{4}[A-Z]{2}", re.ASCII)
_EARLIEST_YEAR: Final = 1900
_MICROSECOND_DIGITS: Final = 6
_WIDEST_OFFSET_H: Final = 14


def london() -> ZoneInfo:
    """Return the zone of local times."""
    return ZoneInfo("Europe/London")


class Fields:
    """A JSON object and the path at which it stands in the message. A null counts as absent."""

    __slots__ = ("_values", "path")

    def __init__(self, values: dict[str, object], path: str = "") -> None:
        self._values = values
        self.path = path

    def at(self, name: str) -> str:
        """Return the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Tell whether the field is there and not null."""
        return self._values.get(name) is not None

    def text(self, name: str, limit: int) -> str:
        """Return a text of 1 to `limit` characters. Raises `Poison`."""
        found = self.optional_text(name, limit)
        if found is None:
            raise Poison("missing-field", self.at(name), "the sender must give this field")
        return found

    def optional_text(self, name: str, limit: int) -> str | None:
        """Return a text without surrounding blanks, or None if absent or empty. Raises `Poison`."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Poison("wrong-type", self.at(name), "the field must be a text")
        return clean(value, self.at(name), limit) or None

    def optional_id(self, name: str, limit: int) -> str | None:
        """Return an id that senders give as text or as a number. Raises `Poison`."""
        value = self._values.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return clean(str(value), self.at(name), limit)
        return self.optional_text(name, limit)

    def id(self, name: str, limit: int) -> str:
        """Return an id as `optional_id`. Raises `Poison` also if it is absent."""
        found = self.optional_id(name, limit)
        if found is None:
            raise Poison("missing-field", self.at(name), "the sender must give this field")
        return found

    def object(self, name: str) -> Fields:
        """Return an object, empty if absent. Raises `Poison`."""
        value = self._values.get(name)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            raise Poison("wrong-type", self.at(name), "the field must be an object")
        return Fields(value, self.at(name))

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects, empty if absent. Raises `Poison`."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Poison("wrong-type", self.at(name), "the field must be a list")
        found = []
        for number, item in enumerate(value):
            path = f"{self.at(name)}[{number}]"
            if not isinstance(item, dict):
                raise Poison("wrong-type", path, "the item must be an object")
            found.append(Fields(item, path))
        return found

    def instant(self, name: str, zone: ZoneInfo) -> datetime:
        """Return a point in time as UTC; without offset it is local time in `zone`."""
        return instant(self.text(name, 64), self.at(name), zone)

    def optional_instant(self, name: str, zone: ZoneInfo) -> datetime | None:
        """Return a point in time as `instant` does, or None if absent."""
        return self.instant(name, zone) if self.has(name) else None

    def noms(self, name: str) -> str:
        """Return a prisoner number in its normal form. Raises `Poison`."""
        return noms(self.text(name, 40), self.at(name))


def clean(value: str, path: str, limit: int) -> str:
    """Return `value` without surrounding blanks. Raises `Poison` on NUL or more than `limit`."""
    if "\x00" in value:
        raise Poison("nul-in-text", path, "the text must hold no NUL character")
    if len(value) > limit:
        raise Poison("value-too-long", path, f"the value may have {limit} characters at most")
    return value.strip()


def noms(value: str, path: str) -> str:
    """Return a prisoner number in its normal form: A1234BC. Raises `Poison`."""
    number = value.strip().upper()
    if not _NOMS.fullmatch(number):
        raise Poison(
            "bad-person-number", path, "a prisoner number is a letter, four digits, two letters"
        )
    return number


def instant(value: str, path: str, zone: ZoneInfo) -> datetime:
    """Return an ISO 8601 point in time as UTC, cut to microseconds.

    Accepts what the publishers send: up to nine digits of fraction, an offset, a `Z`, both (the
    offset counts then: the `Z` is a literal of the publisher's format), or neither (local time).
    Raises `Poison`.
    """
    bad = Poison("bad-timestamp", path, "the time must look like 2026-03-02T08:55:00+00:00")
    match = _INSTANT.fullmatch(value)
    if match is None:
        raise bad
    stamp, fraction, zulu, offset = match.groups()
    try:
        local = datetime.fromisoformat(stamp)
        micros = int((fraction or "0")[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0"))
        if local.year < _EARLIEST_YEAR:
            raise bad
        where = _offset(offset) if offset else UTC if zulu else zone
        return local.replace(microsecond=micros, tzinfo=where).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad from error


def _offset(text: str) -> timezone:
    """Return `+01:00` or `+0100` as a zone. Raises `ValueError` beyond fourteen hours."""
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > _WIDEST_OFFSET_H or minutes >= 60:  # noqa: PLR2004 - minutes of an hour
        raise ValueError
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)
