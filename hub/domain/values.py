"""The base of every domain value: frozen, compared by content, fast to store.

msgspec structs are plain immutable records with typed decoding; they are the stored form of a case
as well (measured: Avro costs 3 ms for a case of 500 movements, msgspec 0.2 ms).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

V = TypeVar("V", bound="Value")


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An immutable value. Use `msgspec.structs.replace` (here `changed`) for a modified copy."""


def changed(value: V, **fields: object) -> V:
    """Return a copy of `value` with `fields` replaced."""
    return msgspec.structs.replace(value, **fields)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The instant before everything; a default where "never yet" must still compare."""
