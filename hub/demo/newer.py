"""A record as an ingress of a newer version would write it: with a word unknown to this hub."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from hub.codec import AvroEventCodec, SchemaSet
from hub.codec.limits import to_micros
from hub.codec.wire import RecordFormat
from hub.demo.story import FromNewerHub
from hub.domain.events import Meta
from hub.domain.ids import (
    HUB_NAMESPACE,
    ChildKey,
    Namespace,
    SourceId,
    TenantId,
    mint,
    partition_of,
)
from hub.ports import KeyVault, NewRecord, Pseudonyms, Sealer

TYPE: Final = "safety.answered"
NEWER_SYMBOL: Final = "UNKNOWN"
"""What every symbol of a newer schema is read as here: the enum's default (Avro, schema
resolution)."""


class NewerIngress:
    """Writes safety answers of a kind that this version has no word for."""

    def __init__(
        self,
        *,
        tenant: TenantId,
        namespace: Namespace,
        vault: KeyVault,
        sealer: Sealer,
        pseudonyms: Pseudonyms,
    ) -> None:
        schemas = SchemaSet.load()
        self._codec = AvroEventCodec(schemas)
        self._format = RecordFormat(schemas, TYPE)
        self._tenant = tenant
        self._namespace = namespace
        self._vault = vault
        self._sealer = sealer
        self._pseudonyms = pseudonyms

    def record(self, step: FromNewerHub, now: datetime, partitions: int) -> tuple[UUID, NewRecord]:
        """Return the event's id and the record, sealed like any other."""
        person = self._pseudonyms.person(self._tenant, self._namespace, step.parent.number)
        child = self._pseudonyms.child(self._tenant, self._namespace, str(step.kid.contact))
        key = self._vault.get_or_create(self._tenant, [person])[person]
        if key is None:
            raise LookupError("the person was erased")
        meta = Meta(
            event_id=mint(HUB_NAMESPACE, "demo", person, step.at.isoformat()),
            type=TYPE,
            tenant=self._tenant,
            source=SourceId("desk"),
            namespace=self._namespace,
            occurred_at=step.at,
            recorded_at=now,
            person=person,
            data_key=key.key_id,
        )
        context = f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"
        sealed = self._sealer.seal(key, context, self._payload(child, step))
        value = self._codec.encode_record(meta, sealed)
        return meta.event_id, NewRecord(partition_of(person, partitions), person, value)

    def _payload(self, child: ChildKey, step: FromNewerHub) -> bytes:
        return self._format.write(
            {
                "child": child,
                "kind": NEWER_SYMBOL,
                "answered_at": to_micros(step.at),
                "role": "social-service",
            }
        )
