"""The event codec: events to bytes and back, with reason and path for bytes that are none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from hub.codec.convert import Converters, Drift, below, converters
from hub.codec.limits import MAX_SEALED
from hub.codec.schema_set import SchemaSet
from hub.codec.upcasters import UPCASTERS, Upcaster
from hub.codec.wire import RecordFormat
from hub.domain.decision import FactKind
from hub.domain.events import RECORD_TYPES, TYPE_NAMES, Meta, Payload
from hub.domain.ids import PersonKey, TenantId
from hub.domain.values import Value
from hub.errors import Poison
from hub.ports import FactRow

ENVELOPE = "envelope.event"
FACT = "referrals.fact"


class ReferralFact(Value, frozen=True, kw_only=True):
    """A line of the decision log as the relay publishes it: ids and codes only, never content."""

    fact_id: UUID
    tenant: TenantId
    person: PersonKey | None = None
    event_id: UUID | None = None
    at: datetime
    kind: FactKind
    subject: str
    reasons: tuple[str, ...] = ()
    refs: dict[str, str] = {}
    policy: str


class AvroEventCodec:
    """Implements `hub.ports.EventCodec`. Paths of a payload's fields begin with `payload.`."""

    def __init__(self, schemas: SchemaSet, upcasters: Mapping[str, Upcaster] = UPCASTERS) -> None:
        """Build all converters. Raises `Drift` if a class and its schema disagree."""
        self._upcasters = upcasters
        self._formats = {record: RecordFormat(schemas, record) for record in schemas.current}
        if unserved := sorted((set(RECORD_TYPES) | set(upcasters)) - set(self._formats)):
            raise Drift(f"no schema exists for {', '.join(unserved)}")
        self._payloads = {
            record: converters(schemas.current[record].schema, cls)
            for record, cls in RECORD_TYPES.items()
        }
        self._meta = _envelope(schemas.current[ENVELOPE].schema)
        self._fact = converters(schemas.current[FACT].schema, ReferralFact)

    def encode_payload(self, payload: Payload) -> bytes:
        """Return the payload in wire format. Raises `Poison` for a value that may not be stored."""
        record = TYPE_NAMES[type(payload)]
        try:
            datum = self._payloads[record].to_avro(payload)
        except Poison as fault:
            raise below("payload", fault) from None
        return self._formats[record].write(datum)

    def decode_payload(self, record_type: str, data: bytes) -> Payload:
        """Return the payload. Raises `Poison`, for a type that nobody knows `unknown-type`."""
        record = record_type
        if record not in self._payloads and record not in self._upcasters:
            raise Poison("unknown-type", "type", "bring the hub up to date, then replay the record")
        try:
            datum = self._formats[record].read(data)
            while upcaster := self._upcasters.get(record):
                record, datum = upcaster.to, upcaster.change(datum)
            return cast("Payload", self._payloads[record].from_avro(datum))
        except Poison as fault:
            raise below("payload", fault) from None

    def encode_record(self, meta: Meta, sealed: bytes) -> bytes:
        """Return the whole log record in wire format. Raises `Poison` if it may not be stored."""
        datum: dict[str, Any] = self._meta.to_avro(meta)
        datum["payload"] = _fitting(sealed)
        return self._formats[ENVELOPE].write(datum)

    def decode_record(self, data: bytes) -> tuple[Meta, bytes]:
        """Return envelope and sealed payload. Raises `Poison` when the envelope is not legible."""
        datum = self._formats[ENVELOPE].read(data)
        return self._meta.from_avro(datum), _fitting(datum["payload"])

    def encode_fact(self, fact: FactRow) -> bytes:
        """Return a life-cycle fact in wire format. Raises `Poison` if it may not be published."""
        line = ReferralFact(
            fact_id=fact.fact_id,
            tenant=fact.tenant,
            person=fact.person,
            event_id=fact.event_id,
            at=fact.at,
            kind=fact.fact.kind,
            subject=fact.fact.subject,
            reasons=fact.fact.reasons,
            refs=fact.fact.refs,
            policy=fact.policy,
        )
        return self._formats[FACT].write(self._fact.to_avro(line))


def _envelope(schema: dict[str, Any]) -> Converters:
    """Return the converters of the clear fields; the sealed payload, the last one, has no class."""
    *clear, payload = schema["fields"]
    if payload["name"] != "payload" or payload["type"] != "bytes":
        raise Drift("the envelope's last field is the sealed payload, as bytes")
    return converters(schema | {"fields": clear}, Meta)


def _fitting(sealed: bytes) -> bytes:
    if len(sealed) > MAX_SEALED:
        raise Poison(
            "value-too-long", "payload", f"at most {MAX_SEALED} bytes of sealed payload are allowed"
        )
    return sealed
