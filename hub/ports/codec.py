"""The codec port: canonical events to and from bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Protocol

from hub.domain.events import Meta, Payload
from hub.ports.store import FactRow

FIRST_INSTANT: Final = datetime(1800, 1, 1, tzinfo=UTC)
LAST_INSTANT: Final = datetime(2300, 1, 1, tzinfo=UTC)
"""Instants before the first, and from the last on, are slips of the pen; near the ends of the
calendar adding a few days overflows. Sources use 1900 and 2299 as stand-ins for "unknown" and "for
ever"."""


class EventCodec(Protocol):
    """Avro in the Confluent wire format, for the envelope record and for payloads."""

    def encode_payload(self, payload: Payload) -> bytes:
        """Return the payload in wire format (it is sealed next)."""
        ...

    def decode_payload(self, record_type: str, data: bytes) -> Payload:
        """Return the payload. Raises `Poison` (`wrong-schema`, `newer-schema`, `truncated` ...)."""
        ...

    def encode_record(self, meta: Meta, sealed: bytes) -> bytes:
        """Return the whole log record in wire format."""
        ...

    def decode_record(self, data: bytes) -> tuple[Meta, bytes]:
        """Return envelope and sealed payload. Raises `Poison` when the record is not legible."""
        ...

    def encode_fact(self, fact: FactRow) -> bytes:
        """Return a life-cycle fact for the referral topic, in wire format; ids and codes only."""
        ...
