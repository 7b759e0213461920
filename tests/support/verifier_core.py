"""The pure core run over the log alone: what should have come of a run, whatever happened to it.

A driver of its own: one record after the other, cases in memory, no batches, no store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from hub.codec import AvroEventCodec, SchemaSet
from hub.domain.case import Case, ClosedEpisode
from hub.domain.decide import cases_needed, decide, needs_history
from hub.domain.decision import Decision, Fact, Send
from hub.domain.events import Event
from hub.domain.ids import PersonKey, mint
from hub.domain.policy import Rules
from hub.errors import Poison
from hub.ports import DataKey, KeyVault, Sealer
from tests.support.verifier_files import Record

APPLIED: Final = ("applied", "")


class Step(NamedTuple):
    """One record's own decision: the event, and the cases as they were afterwards."""

    event: Event
    cases: tuple[Case, ...]
    applied: bool


class Run:
    """What the core makes of a log."""

    def __init__(self, rules: Rules, vault: KeyVault, sealer: Sealer) -> None:
        self.outcomes: dict[tuple[int, int], tuple[str, str]] = {}
        self.steps: dict[UUID, Step] = {}
        self.sends: dict[UUID, Send] = {}
        """By idempotency id, in the order in which the core made them ready (per person)."""
        self.facts: dict[UUID, tuple[UUID, Fact]] = {}
        """Fact id -> the event it is about, and the fact."""
        self.cases: dict[PersonKey, Case] = {}
        self.archive: dict[UUID, tuple[PersonKey, ClosedEpisode]] = {}
        self.inbox: set[UUID] = set()
        self.held: set[str] = set()
        """Keys of records that could not be understood."""
        self.faults: list[str] = []
        self._rules = rules
        self._vault = vault
        self._sealer = sealer
        self._codec = AvroEventCodec(SchemaSet.load())

    def read(self, records: Sequence[Record]) -> None:
        """Decide every record, partition by partition, in the log's order."""
        for record in records:
            self.outcomes[record.partition, record.offset] = self._record(record)

    def survivor(self, person: PersonKey) -> PersonKey:
        """Follow aliases to the person under whom the case is kept."""
        while (case := self.cases.get(person)) is not None and case.alias_of is not None:
            person = case.alias_of
        return person

    def _record(self, record: Record) -> tuple[str, str]:
        try:
            event = self._event(record)
        except Poison as fault:
            self.held.add(record.key)
            return ("dead-lettered", fault.reason)
        if event.meta.event_id in self.inbox:
            return ("ignored", "duplicate")
        try:
            decision = self._decide(event)
        except Exception as error:  # noqa: BLE001 - whatever the core raises is what is to be told
            self.faults.append(f"the core failed on a {event.meta.type}: {type(error).__name__}")
            self.held.add(record.key)
            return ("dead-lettered", "decide-failed")
        self.inbox.add(event.meta.event_id)
        self._take(event, decision)
        return APPLIED if decision.ignored is None else ("ignored", decision.ignored.value)

    def _event(self, record: Record) -> Event:
        meta, sealed = self._codec.decode_record(record.value)
        key: DataKey | None = self._vault.unwrap(meta.tenant, [meta.data_key]).get(meta.data_key)
        if key is None:
            raise Poison("unknown-data-key", "data_key")
        context = f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"
        plain = self._sealer.open(key, context, sealed)
        return Event(meta=meta, payload=self._codec.decode_payload(meta.type, plain))

    def _decide(self, event: Event) -> Decision:
        given = {}
        for person in cases_needed(event):
            home = self.survivor(person)
            given[person] = self.cases.get(home) or Case(tenant=event.meta.tenant, person=home)
        main = given[event.meta.person]
        names = {main.person, *main.aliases}
        past = sorted(
            (closed for person, closed in self.archive.values() if person in names),
            key=lambda closed: closed.episode.admitted_at,
        )
        history = tuple(past) if needs_history(main, event) else ()
        return decide(given, event, self._rules, event.meta.recorded_at, history)

    def _take(self, event: Event, decision: Decision) -> None:
        for case in decision.cases:
            self.cases[case.person] = case
        for episode_id in decision.reopened:
            self.archive.pop(episode_id, None)
        for person, closed in decision.closed:
            self.archive[closed.episode.episode_id] = (person, closed)
        for send in decision.sends:
            self.sends.setdefault(send.idempotency_id, send)
        for number, fact in enumerate(decision.facts):
            self.facts[mint(event.meta.event_id, "fact", number)] = (event.meta.event_id, fact)
        self.steps[event.meta.event_id] = Step(event, decision.cases, decision.ignored is None)
