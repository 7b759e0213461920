"""The table of bad records: bytes that reach the log past the door, and the dead letter of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from hub.codec import AvroEventCodec, SchemaSet
from hub.codec.limits import to_micros
from hub.codec.wire import RecordFormat
from hub.demo.cast import NAMESPACE
from hub.domain.events import Meta
from hub.domain.ids import (
    HUB_NAMESPACE,
    DataKeyId,
    Namespace,
    PersonKey,
    SourceId,
    TenantId,
    mint,
    partition_of,
)
from hub.ports import NewRecord, Topic
from hub.privacy import HmacPseudonyms, local_master_key
from tests.support.canaries import Canary
from tests.support.running_hub import RunningHub

TENANT = TenantId("default")
FREEZE = "safety.freeze-set"
SAFETY = "safety.answered"
_PERSON = re.compile(rb"[0-9a-f]{64}")


class Writer:
    """Writes into a running hub's log as a faulty or newer ingress would, under the hub's keys."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub
        self._schemas = SchemaSet.load()
        self._codec = AvroEventCodec(self._schemas)
        self._pseudonyms = HmacPseudonyms(local_master_key(hub.place.data_dir))
        self._partitions = hub.files.log.identity().partitions

    def person(self, canary: Canary) -> PersonKey:
        """Return the pseudonym of a canary."""
        return self._pseudonyms.person(TENANT, Namespace(NAMESPACE), canary.number)

    def child(self, canary: Canary) -> str:
        """Return the pseudonym of its child."""
        return self._pseudonyms.child(TENANT, Namespace(NAMESPACE), str(canary.contact))

    def payload(self, record: str, **fields: Any) -> bytes:  # noqa: ANN401 - any value, wrong ones too
        """Return a payload in wire format, checked by nothing but the schema."""
        return RecordFormat(self._schemas, record).write(fields)

    def freeze(self, set_by: str) -> bytes:
        """Return a freeze by somebody."""
        return self.payload(FREEZE, set_by=set_by)

    def answer(self, canary: Canary, at: datetime, **over: Any) -> bytes:  # noqa: ANN401 - as above
        """Return a safety answer."""
        fields = {
            "child": self.child(canary),
            "kind": "CLEAR",
            "answered_at": to_micros(at),
            "role": canary.note,
        }
        return self.payload(SAFETY, **fields | over)

    def record(
        self,
        canary: Canary,
        at: datetime,
        payload: bytes,
        *,
        name: str,
        kind: str = FREEZE,
        data_key: DataKeyId | None = None,
        spoil: Callable[[bytes], bytes] = lambda sealed: sealed,
    ) -> NewRecord:
        """Return a record: `payload` sealed for the canary, then spoilt."""
        person = self.person(canary)
        key = self._hub.files.vault.get_or_create(TENANT, [person])[person]
        assert key is not None
        meta = Meta(
            event_id=mint(HUB_NAMESPACE, "bad-record", name, person),
            type=kind,
            tenant=TENANT,
            source=SourceId("desk"),
            namespace=Namespace(NAMESPACE),
            occurred_at=at,
            recorded_at=self._hub.place.now(),
            person=person,
            data_key=data_key or key.key_id,
        )
        context = f"event:{TENANT}:{person}:{meta.event_id}:{kind}"
        sealed = spoil(self._hub.files.sealer.seal(key, context, payload))
        return self.at_home(person, self._codec.encode_record(meta, sealed))

    def key_of(self, canary: Canary) -> DataKeyId:
        """Return the id of a canary's data key."""
        person = self.person(canary)
        key = self._hub.files.vault.get_or_create(TENANT, [person])[person]
        assert key is not None
        return key.key_id

    def at_home(self, key: str, value: bytes) -> NewRecord:
        """Return a record in the partition of its key; a key that is none goes to the first."""
        try:
            partition = partition_of(key, self._partitions)
        except ValueError:
            partition = 0
        return NewRecord(partition, key, value)

    def append(self, *records: NewRecord) -> None:
        """Append to the log."""
        self._hub.files.log.append(Topic.CASES, records)


Make = Callable[[Writer, Canary, datetime], NewRecord]


class BadRecord(NamedTuple):
    """One row: a name, how the record is made, and what its dead letter must say."""

    name: str
    make: Make
    reason: str
    field: str
    held: bool = True


def _sealed(name: str, payload: Callable[[Writer, Canary, datetime], bytes], **over: Any) -> Make:  # noqa: ANN401 - passed on
    return lambda writer, canary, at: writer.record(
        canary, at, payload(writer, canary, at), name=name, **over
    )


def _whole(change: Callable[[bytes], bytes], key: str | None = None) -> Make:
    def make(writer: Writer, canary: Canary, at: datetime) -> NewRecord:
        good = writer.record(canary, at, writer.freeze("duty-officer"), name="whole")
        return writer.at_home(key or good.key, change(good.value))

    return make


def _elses_key(writer: Writer, canary: Canary, at: datetime) -> NewRecord:
    other = canary._replace(number="A0000AA")
    payload = writer.freeze("duty-officer")
    name, key = "someone else's key", writer.key_of(other)
    return writer.record(canary, at, payload, name=name, data_key=key)


BAD_RECORDS: tuple[BadRecord, ...] = (
    BadRecord(
        "wrong schema id",
        _sealed("wrong schema id", lambda w, c, at: w.answer(c, at)),
        "wrong-schema",
        "payload",
    ),
    BadRecord(
        "schema id nobody gave",
        _sealed(
            "schema id nobody gave", lambda w, _, __: b"\0\xff\xff\xff\xff" + w.freeze("x")[5:]
        ),
        "unknown-schema-id",
        "payload",
    ),
    BadRecord(
        "truncated Avro",
        _sealed("truncated Avro", lambda w, c, __: w.freeze(c.note)[:-3]),
        "truncated",
        "payload.set_by",
    ),
    BadRecord(
        "trailing bytes",
        _sealed("trailing bytes", lambda w, c, __: w.freeze(c.note) + c.told.encode()),
        "trailing-bytes",
        "payload",
    ),
    BadRecord(
        "JSON instead of Avro",
        _sealed("JSON instead of Avro", lambda _, c, __: f'{{"set_by": "{c.note}"}}'.encode()),
        "not-wire-format",
        "payload",
    ),
    BadRecord(
        "unknown type",
        _sealed("unknown type", lambda w, _, __: w.freeze("x"), kind="consent.guessed"),
        "unknown-type",
        "type",
    ),
    BadRecord(
        "wrong field type",
        _sealed("wrong field type", lambda w, c, at: w.answer(c, at, child=c.number), kind=SAFETY),
        "wrong-type",
        "payload.child",
    ),
    BadRecord(
        "newer enum symbol",
        _sealed("newer symbol", lambda w, c, at: w.answer(c, at, kind="UNKNOWN"), kind=SAFETY),
        "newer-schema",
        "payload.kind",
    ),
    BadRecord(
        "NUL in text",
        _sealed("NUL in text", lambda w, c, __: w.freeze(f"{c.note}\0")),
        "nul-in-text",
        "payload.set_by",
    ),
    BadRecord(
        "not UTF-8",
        _sealed("not UTF-8", lambda w, c, __: w.freeze(f"{c.note}§").replace(b"\xc2", b"\xff")),
        "not-utf8",
        "payload.set_by",
    ),
    BadRecord(
        "over-long value",
        _sealed("over-long value", lambda w, c, __: w.freeze(c.note * 1_000)),
        "value-too-long",
        "payload.set_by",
    ),
    BadRecord(
        "instant beyond all calendars",
        _sealed("instant", lambda w, c, at: w.answer(c, at, answered_at=2**62), kind=SAFETY),
        "bad-timestamp",
        "payload.answered_at",
    ),
    BadRecord(
        "seal broken",
        _sealed(
            "seal broken",
            lambda w, c, _: w.freeze(c.note),
            spoil=lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
        ),
        "seal-broken",
        "payload",
    ),
    BadRecord(
        "nothing sealed",
        _sealed("nothing sealed", lambda w, _, __: w.freeze("x"), spoil=lambda _: b""),
        "seal-broken",
        "payload",
    ),
    BadRecord(
        "data key nobody has",
        _sealed("lost key", lambda w, c, __: w.freeze(c.note), data_key=DataKeyId("f" * 32)),
        "unknown-data-key",
        "data_key",
    ),
    BadRecord("data key of somebody else", _elses_key, "seal-broken", "data_key"),
    BadRecord("truncated envelope", _whole(lambda value: value[:-4]), "truncated", "payload"),
    BadRecord("no bytes", _whole(lambda _: b""), "not-wire-format", ""),
    BadRecord("payload without envelope", _whole(lambda v: v[-40:]), "not-wire-format", ""),
    BadRecord(
        "envelope with a number in clear",
        _whole(lambda value: _PERSON.sub(b"A1234BC".ljust(64), value, count=1)),
        "wrong-type",
        "person",
    ),
    BadRecord(
        "illegible, key and all",
        _whole(lambda _: b"\x07garbage", key="nobody"),
        "not-wire-format",
        "",
        held=False,
    ),
)
