"""Limits and checks of single values, the same for writing and for reading.

What passes here can be stored in any database, sent to any recipient and added to without overflow.
A value at fault is never part of the error.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from hub.errors import Poison
from hub.ports.codec import FIRST_INSTANT, LAST_INSTANT

MAX_TEXT = 4096
"""Characters of a free text or code."""
MAX_ID = 256
"""Characters of an identifier."""
MAX_ITEMS = 1000
"""Entries of a list or map."""
MAX_SEALED = 1_000_000
"""Bytes of a sealed payload: with its envelope it stays below the usual limit of 1 MiB a record."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()

_DAY_US = 86_400_000_000
_SECOND_US = 1_000_000
_FIRST_US = (FIRST_INSTANT - EPOCH) // timedelta(microseconds=1)
_LAST_US = (LAST_INSTANT - EPOCH) // timedelta(microseconds=1)
_PSEUDONYM = re.compile(r"[0-9a-f]{64}")
_INT32 = 2**31


def text(value: object, limit: int = MAX_TEXT) -> str:
    """Return `value` if it is a text of at most `limit` characters without NUL, else `Poison`."""
    # Nearly every value leaves here: this runs for each text of each record, twice.
    if type(value) is str and len(value) <= limit and value.isascii() and "\0" not in value:
        return value
    if not isinstance(value, str):
        raise Poison("wrong-type", remedy="a text is needed")
    if len(value) > limit:
        raise Poison("value-too-long", remedy=f"at most {limit} characters are allowed")
    if "\0" in value:
        raise Poison("nul-in-text", remedy="remove the NUL character at the source")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Poison("not-utf8", remedy="half of a surrogate pair is no text") from None
    return value


def identifier(value: object) -> str:
    """Return `value` if it is an identifier of at most 256 characters, else `Poison`."""
    return text(value, MAX_ID)


def pseudonym(value: object) -> str:
    """Return `value` if it is a pseudonym, else `Poison`: a number in clear never passes."""
    if not isinstance(value, str) or _PSEUDONYM.fullmatch(value) is None:
        raise Poison("wrong-type", remedy="a pseudonym of 64 lower-case hex digits is needed")
    return value


def whole_number(value: object) -> int:
    """Return `value` if it is a whole number of 32 bits, else `Poison`."""
    if type(value) is not int or not -_INT32 <= value < _INT32:
        raise Poison("wrong-type", remedy="a whole number of 32 bits is needed")
    return value


def truth(value: object) -> bool:
    """Return `value` if it is true or false, else `Poison`."""
    if type(value) is not bool:
        raise Poison("wrong-type", remedy="true or false is needed")
    return value


def to_micros(value: object) -> int:
    """Return an aware instant as microseconds since 1970, else `Poison`."""
    if not isinstance(value, datetime):
        raise Poison("wrong-type", remedy="an instant is needed")
    if value.tzinfo is None:
        raise Poison("bad-timestamp", remedy="an instant needs a time zone")
    since = value - EPOCH
    return _in_range(since.days * _DAY_US + since.seconds * _SECOND_US + since.microseconds)


def from_micros(value: int) -> datetime:
    """Return the instant (UTC) of microseconds since 1970, else `Poison`."""
    return EPOCH + timedelta(microseconds=_in_range(value))


def to_days(value: object) -> int:
    """Return a date as days since 1970, else `Poison`."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise Poison("wrong-type", remedy="a date is needed")
    days = value.toordinal() - EPOCH_DAY
    _in_range(days * _DAY_US)
    return days


def from_days(value: int) -> date:
    """Return the date of days since 1970, else `Poison`."""
    _in_range(value * _DAY_US)
    return date.fromordinal(value + EPOCH_DAY)


def _in_range(micros: int) -> int:
    if not _FIRST_US <= micros < _LAST_US:
        raise Poison(
            "bad-timestamp",
            remedy=f"only years {FIRST_INSTANT.year} to {LAST_INSTANT.year - 1} are allowed",
        )
    return micros
