"""What the tests of the ingress share: real codec and sealing over a log and a vault in memory."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from hub.codec import AvroEventCodec, SchemaSet
from hub.domain.events import Draft, Event, FreezeSet, LookupAnswered, Meta, Payload, PersonNumber
from hub.domain.ids import PersonKey, SourceId
from hub.errors import Retriable
from hub.ingress import Appender
from hub.ports import DueEvent, LookupRow, SourceContext, Topic
from hub.privacy.sealing import AesGcmSealer
from hub.testing.clock import START, FakeClock
from hub.testing.memory_log import MemoryLog
from hub.testing.vault import MemoryVault
from tests.unit.hmpps.support import CONTEXT, NOMS, TENANT

CODEC = AvroEventCodec(SchemaSet.load())
SEALER = AesGcmSealer()
PERSON = CONTEXT.person("Z0000ZZ")
OTHER = CONTEXT.person("Z0001ZZ")
EVENT_ID = UUID("00000000-0000-4000-8000-000000000001")
LOOKUP_ID = UUID("00000000-0000-4000-8000-00000000000a")


class Parts(NamedTuple):
    """An appender and what it writes with."""

    clock: FakeClock
    vault: MemoryVault
    log: MemoryLog
    appender: Appender


def parts() -> Parts:
    """Return an appender over an empty log."""
    clock, vault, log = FakeClock(), MemoryVault(), MemoryLog()
    appender = Appender(clock=clock, vault=vault, sealer=SEALER, codec=CODEC, log=log)
    return Parts(clock, vault, log, appender)


def draft(
    event_id: UUID = EVENT_ID,
    person: PersonKey = PERSON,
    occurred_at: datetime = START,
    payload: Payload | None = None,
) -> Draft:
    """Return the draft of a freeze."""
    return Draft(
        event_id=event_id,
        tenant=TENANT,
        source=SourceId("desk"),
        namespace=NOMS,
        person=person,
        occurred_at=occurred_at,
        payload=payload or FreezeSet(set_by="an officer"),
    )


def events(found: Parts) -> list[Event]:
    """Return every event in the log, unsealed."""
    return [opened(found, meta, sealed) for meta, sealed in map(CODEC.decode_record, values(found))]


def values(found: Parts) -> list[bytes]:
    """Return every record's bytes."""
    return [
        record.value
        for partition in found.log.bounds(Topic.CASES)
        for record in found.log.read(Topic.CASES, partition, 0, 1000)
    ]


def opened(found: Parts, meta: Meta, sealed: bytes) -> Event:
    """Return an event with its payload unsealed."""
    key = found.vault.unwrap(meta.tenant, [meta.data_key])[meta.data_key]
    assert key is not None
    context = f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"
    payload = CODEC.decode_payload(meta.type, SEALER.open(key, context, sealed))
    return Event(meta=meta, payload=payload)


class MemoryStore:
    """An `IngressStore` in memory; `away` makes every call fail as an outage does."""

    def __init__(self) -> None:
        self.holder: str | None = None
        self.rows: dict[UUID, DueEvent] = {}
        self.marked: list[UUID] = []
        self.waiting: dict[UUID, LookupRow] = {}
        self.tries: dict[UUID, int] = {}
        self.waits: list[float] = []
        self.sent: list[UUID] = []
        self.away = False
        self.on_sent: Callable[[], object] = lambda: None

    def lease(self, job: str, worker: str, ttl_s: float) -> bool:
        """Give the job to whoever asks first."""
        self._answer()
        assert job
        assert ttl_s > 0
        self.holder = self.holder or worker
        return self.holder == worker

    def due(self, now: datetime, limit: int, again_after_s: float) -> list[DueEvent]:
        """Return what is due and not yet marked."""
        self._answer()
        assert again_after_s == 600
        open_rows = [r for r in self.rows.values() if r.event_id not in self.marked]
        return [r for r in open_rows if r.due_at <= now][:limit]

    def appended(self, event_ids: Sequence[UUID]) -> None:
        """Mark rows."""
        self._answer()
        self.marked += event_ids

    def lookups(self, worker: str, limit: int, lease_s: float) -> list[LookupRow]:
        """Return what waits."""
        self._answer()
        assert worker
        assert lease_s > 0
        return list(self.waiting.values())[:limit]

    def lookup_again(self, lookup_id: UUID, after_s: float) -> int:
        """Count a try."""
        self._answer()
        self.waits.append(after_s)
        self.tries[lookup_id] = self.tries.get(lookup_id, 0) + 1
        return self.tries[lookup_id]

    def lookup_sent(self, lookup_id: UUID) -> None:
        """End a look-up."""
        self._answer()
        self.sent.append(lookup_id)
        self.on_sent()
        with suppress(KeyError):
            del self.waiting[lookup_id]

    def _answer(self) -> None:
        if self.away:
            raise Retriable("the store is away", code="store-away")


def waiting(
    found: Parts,
    lookup_id: UUID = LOOKUP_ID,
    plain: bytes | None = None,
    person: PersonKey = PERSON,
) -> LookupRow:
    """Return a look-up that waits, its number sealed."""
    key = found.vault.get_or_create(TENANT, [person])[person]
    assert key is not None
    number = plain or msgspec.msgpack.encode(PersonNumber(namespace=NOMS, number="Z0000ZZ"))
    sealed = SEALER.seal(key, f"lookup:{TENANT}:{person}:{lookup_id}", number)
    return LookupRow(lookup_id, TENANT, person, START, key.key_id, sealed)


class Scripted:
    """A `ChildrenLookup` that answers or fails as told, and counts."""

    def __init__(self, *results: LookupAnswered | Exception) -> None:
        self.results = list(results)
        self.asked: list[PersonNumber] = []
        self.closed = 0

    async def ask(
        self, lookup_id: UUID, number: PersonNumber, context: SourceContext
    ) -> LookupAnswered:
        """Return or raise the next result; the last one for ever."""
        assert context.namespace == number.namespace
        self.asked.append(number)
        result = self.results.pop(0) if len(self.results) > 1 else self.results[0]
        if isinstance(result, Exception):
            raise result
        return msgspec.structs.replace(result, lookup_id=lookup_id)

    async def close(self) -> None:
        """Count."""
        self.closed += 1
