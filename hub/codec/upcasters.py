"""Upcasters: how a record of a retired type is read as the type that replaced it.

A change of meaning is a new record type. The old type's schema stays in the directory, its class
leaves `RECORD_TYPES`, and one entry here says what it became. The function is pure; it sees Avro's
values (symbols, microseconds) and leaves the checks to the new type's converters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Upcaster(NamedTuple):
    """The record type that replaced an old one, and how an old datum becomes one of it."""

    to: str
    change: Callable[[dict[str, Any]], dict[str, Any]]


UPCASTERS: Mapping[str, Upcaster] = {}
"""Retired record type -> what it became. None has been retired so far."""
