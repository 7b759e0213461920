"""The codec port: canonical events to and from bytes."""

from __future__ import annotations

from typing import Protocol

from hub.domain.events import Meta, Payload
from hub.ports.store import FactRow


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
