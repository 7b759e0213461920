"""A store and a codec in memory, and a bench on which batches are laid out for the processor."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hub.domain.case import Case
from hub.domain.events import RECORD_TYPES, Event, Meta, Payload
from hub.domain.ids import PersonKey, TenantId
from hub.domain.policy import Rules
from hub.domain.values import changed
from hub.errors import Fenced, Halted, Permanent, Poison
from hub.pipeline.load import case_context
from hub.pipeline.processor import Limits, Processor
from hub.ports import (
    BatchWrites,
    DeadLetter,
    FactRow,
    LogRecord,
    Outcome,
    OutcomeKind,
    SendRow,
    StoredCase,
    StoredEpisode,
)
from hub.privacy.sealing import AesGcmSealer
from hub.testing.clock import FakeClock
from hub.testing.vault import MemoryVault
from tests.support.rules import rules
from tests.support.story import PARENT, START, TENANT

PARTITION = 3


class PlainCodec:
    """An `EventCodec` that writes msgpack; what it can't read is poison, as with the real one."""

    def encode_payload(self, payload: Payload) -> bytes:
        """Return the payload as msgpack."""
        return msgspec.msgpack.encode(payload)

    def decode_payload(self, record_type: str, data: bytes) -> Payload:
        """Return the payload. Raises `Poison` for an unknown type or wrong fields."""
        if record_type not in RECORD_TYPES:
            raise Poison("unknown-type", "type")
        try:
            found = msgspec.msgpack.decode(data, type=RECORD_TYPES[record_type])
        except msgspec.MsgspecError:
            raise Poison("wrong-schema", "payload") from None
        return found  # type: ignore[return-value]  # the table holds payload classes only

    def encode_record(self, meta: Meta, sealed: bytes) -> bytes:
        """Return both as msgpack."""
        return msgspec.msgpack.encode((meta, sealed))

    def decode_record(self, data: bytes) -> tuple[Meta, bytes]:
        """Return both. Raises `Poison`, or `ValueError` where the codec itself is at fault."""
        if data == b"bug":
            raise ValueError("a fault of the codec")
        try:
            return msgspec.msgpack.decode(data, type=tuple[Meta, bytes])
        except msgspec.MsgspecError:
            raise Poison("truncated", "record", "send it again") from None

    def encode_fact(self, fact: FactRow) -> bytes:
        """Return the fact's kind."""
        return fact.fact.kind.value.encode()


@dataclass
class State:
    """All that the store holds."""

    cases: dict[PersonKey, StoredCase] = field(default_factory=dict)
    episodes: dict[UUID, StoredEpisode] = field(default_factory=dict)
    outcomes: dict[tuple[int, int], Outcome] = field(default_factory=dict)
    inbox: set[UUID] = field(default_factory=set)
    letters: list[DeadLetter] = field(default_factory=list)
    sends: list[SendRow] = field(default_factory=list)
    facts: list[FactRow] = field(default_factory=list)
    writes: list[BatchWrites] = field(default_factory=list)
    positions: dict[int, int] = field(default_factory=dict)
    halted: str | None = None


class MemoryBatch:
    """One transaction on a copy of the state."""

    def __init__(
        self,
        state: State,
        refuse: Callable[[BatchWrites], bool],
        meanwhile: Callable[[State], None],
    ) -> None:
        self.state = state
        self._refuse = refuse
        self._meanwhile = meanwhile

    def position(self, partition: int) -> int:
        """Return the next offset wanted. Raises `Halted`."""
        if self.state.halted is not None:
            raise Halted(self.state.halted, remedy="hub resume")
        return self.state.positions.get(partition, 0)

    def seen(self, event_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that were applied or ignored before."""
        return self.state.inbox.intersection(event_ids)

    def survivors(self, persons: Sequence[PersonKey]) -> dict[PersonKey, PersonKey]:
        """Return alias -> survivor."""
        found = {p: self.state.cases[p].alias_of for p in persons if p in self.state.cases}
        return {alias: to for alias, to in found.items() if to is not None}

    def lock_cases(
        self, persons: Sequence[tuple[TenantId, PersonKey]]
    ) -> dict[PersonKey, StoredCase]:
        """Return the rows, made where missing; a rival may have committed until then."""
        for tenant, person in persons:
            self.state.cases.setdefault(person, StoredCase(tenant, person, 0, None, None, None))
        self._meanwhile(self.state)
        return {person: self.state.cases[person] for _, person in persons}

    def episodes(self, persons: Sequence[PersonKey]) -> dict[PersonKey, list[StoredEpisode]]:
        """Return the closed stays of these persons."""
        found: dict[PersonKey, list[StoredEpisode]] = {}
        for row in self.state.episodes.values():
            if row.person in persons:
                found.setdefault(row.person, []).append(row)
        return found

    def write(self, writes: BatchWrites) -> None:
        """Take everything in. Raises `Permanent(code="data")` for what the test refuses."""
        if self._refuse(writes):
            raise Permanent("a row was refused", code="data")
        state = self.state
        state.cases.update({row.person: row for row in writes.cases})
        for episode_id in writes.reopened:
            state.episodes.pop(episode_id, None)
        state.episodes.update({row.episode_id: row for row in writes.episodes})
        state.outcomes.update({(o.partition, o.offset): o for o in writes.outcomes})
        state.inbox.update(writes.inbox)
        state.letters += writes.dead_letters
        state.sends += writes.sends
        state.facts += writes.facts
        state.writes.append(writes)

    def recent_dead_letters(self, partition: int, window: int) -> tuple[int, int, int]:
        """Return (records, dead-lettered, distinct keys of those)."""
        mine = sorted((at, o) for at, o in self.state.outcomes.items() if at[0] == partition)
        recent = [outcome for _, outcome in mine[-window:]]
        dead = [o for o in recent if o.outcome is OutcomeKind.DEAD_LETTERED]
        return len(recent), len(dead), len({o.key for o in dead})

    def halt(self, partition: int, reason: str) -> None:
        """Note the halt."""
        self.state.halted = f"{partition}: {reason}"

    def advance(self, partition: int, expected: int, to: int) -> None:
        """Move the position. Raises `Fenced` if somebody else did."""
        if self.state.positions.get(partition, 0) != expected:
            raise Fenced("moved")
        self.state.positions[partition] = to


class MemoryStore:
    """A `CaseStore` whose transactions are copies: left by an exception, nothing happened."""

    def __init__(self) -> None:
        self.state = State()
        self.current: dict[int, float] = {}
        self.given = rules()
        self.refuse: Callable[[BatchWrites], bool] = lambda _: False
        self.meanwhile: Callable[[State], None] = lambda _: None
        self.commits = 0

    @contextmanager
    def batch(self) -> Iterator[MemoryBatch]:
        """Begin a transaction."""
        tx = MemoryBatch(copy.deepcopy(self.state), self.refuse, self.meanwhile)
        yield tx
        self.state = tx.state
        self.commits += 1

    def caught_up(self, partition: int, age_s: float) -> None:
        """Note how old the knowledge is that the partition was read to its end."""
        self.current[partition] = age_s

    def rules(self, _tenant: TenantId, _now: datetime) -> Rules:
        """Return the rules in force."""
        return self.given


class Bench:
    """A processor over memory, and the log from which it is fed."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.store = MemoryStore()
        self.codec = PlainCodec()
        self.vault = MemoryVault()
        self.sealer = AesGcmSealer()
        self.clock = FakeClock(START)
        self.log: list[LogRecord] = []
        self.processor = Processor(
            store=self.store,
            codec=self.codec,
            vault=self.vault,
            sealer=self.sealer,
            clock=self.clock,
            tenant=TENANT,
            limits=limits,
        )

    @property
    def state(self) -> State:
        """What is committed."""
        return self.store.state

    def sealed(self, event: Event) -> bytes:
        """Return the record of an event, sealed under its person's key."""
        meta = event.meta
        key = self.vault.get_or_create(meta.tenant, [meta.person])[meta.person]
        assert key is not None
        meta = changed(meta, data_key=key.key_id)
        context = f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"
        payload = self.codec.encode_payload(event.payload)
        return self.codec.encode_record(meta, self.sealer.seal(key, context, payload))

    def append(self, *events: Event | bytes, key: str = PARENT) -> list[LogRecord]:
        """Append events, or raw bytes under `key`; return their records."""
        new = [
            LogRecord(
                PARTITION,
                len(self.log) + number,
                event.meta.person if isinstance(event, Event) else key,
                self.sealed(event) if isinstance(event, Event) else event,
            )
            for number, event in enumerate(events)
        ]
        self.log += new
        return new

    def run(self, *events: Event | bytes, key: str = PARENT) -> int:
        """Append, and process everything not processed yet as one batch."""
        self.append(*events, key=key)
        return self.processor.handle(PARTITION, self.log[self.position :])

    @property
    def position(self) -> int:
        """The next offset wanted."""
        return self.state.positions.get(PARTITION, 0)

    def outcomes(self) -> list[str]:
        """Return what became of each record: applied, or the reason."""
        found = [self.state.outcomes[at] for at in sorted(self.state.outcomes)]
        return [o.reason or o.outcome.value for o in found]

    def case(self, person: PersonKey = PARENT) -> Case:
        """Return a person's case as it is stored."""
        row = self.state.cases[person]
        key = self.vault.get_or_create(TENANT, [person])[person]
        assert key is not None
        assert row.sealed is not None
        plain = self.sealer.open(key, case_context(TENANT, person), row.sealed)
        return msgspec.msgpack.decode(plain, type=Case)

    def later(self, **span: float) -> datetime:
        """Move the clock and return its instant."""
        return self.clock.advance(timedelta(**span))
