"""The pure core run over the log's own records, without pipeline, store or delivery.

A person's events lie in one partition, so the order of the log is the order in which they count.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import msgspec

from hub.codec import AvroEventCodec, SchemaSet
from hub.config.rules_files import read_directory, read_policy
from hub.demo.hub_files import REGISTER, TENANT_ID, HubFiles
from hub.demo.workplace import DATA
from hub.domain.case import Case
from hub.domain.decide import cases_needed, decide, needs_history
from hub.domain.decision import Decision, Send
from hub.domain.events import Event
from hub.domain.ids import PersonKey
from hub.domain.policy import make_rules
from hub.errors import Poison
from hub.ports import LogRecord, OutcomeKind, Topic

MANY = 100_000


class Told(NamedTuple):
    """What should have become of one record."""

    partition: int
    offset: int
    outcome: OutcomeKind
    reason: str


class Replayed(NamedTuple):
    """What the core alone makes of the log."""

    outcomes: list[Told]
    cases: dict[PersonKey, Case]
    sends: dict[UUID, Send]


class Replay:
    """Decides every record of the log once more."""

    def __init__(self, files: HubFiles) -> None:
        self._files = files
        self._codec = AvroEventCodec(SchemaSet.load())
        self._rules = make_rules(
            read_policy(DATA / "policy.toml"), read_directory(DATA / "directory.toml"), (REGISTER,)
        )
        self._seen: set[UUID] = set()
        self._done = Replayed([], {}, {})

    def run(self) -> Replayed:
        """Return what the core makes of all partitions."""
        for partition in sorted(self._files.ends()):
            for record in self._files.log.read(Topic.CASES, partition, 0, MANY):
                kind, reason = self._one(record)
                self._done.outcomes.append(Told(partition, record.offset, kind, reason))
        return self._done

    def _one(self, record: LogRecord) -> tuple[OutcomeKind, str]:
        try:
            event = self._event(record)
        except Poison as fault:
            return OutcomeKind.DEAD_LETTERED, fault.reason
        if event.meta.event_id in self._seen:
            return OutcomeKind.IGNORED, "duplicate"
        self._seen.add(event.meta.event_id)
        decision = self._decide(event)
        for case in decision.cases:
            self._done.cases[case.person] = case
        self._done.sends.update((send.send_id, send) for send in decision.sends)
        if decision.ignored is not None:
            return OutcomeKind.IGNORED, decision.ignored.value
        return OutcomeKind.APPLIED, ""

    def _event(self, record: LogRecord) -> Event:
        meta, sealed = self._codec.decode_record(record.value)
        key = self._files.vault.unwrap(meta.tenant, [meta.data_key])[meta.data_key]
        assert key is not None
        context = f"event:{meta.tenant}:{meta.person}:{meta.event_id}:{meta.type}"
        plain = self._files.sealer.open(key, context, sealed)
        return Event(meta=meta, payload=self._codec.decode_payload(meta.type, plain))

    def _decide(self, event: Event) -> Decision:
        needed = {
            person: self._done.cases.get(person) or Case(tenant=TENANT_ID, person=person)
            for person in cases_needed(event)
        }
        # The story has no event that reaches back into a stay that was put away.
        assert not needs_history(needed[event.meta.person], event)
        return decide(needed, event, self._rules, event.meta.recorded_at)


def stored_cases(files: HubFiles) -> Iterator[Case]:
    """Yield every case as the store keeps it, opened."""
    for person in files.views.persons(TENANT_ID):
        row = files.views.stored_case(person)
        assert row is not None
        assert row.sealed is not None
        assert row.data_key is not None
        key = files.vault.unwrap(TENANT_ID, [row.data_key])[row.data_key]
        assert key is not None
        context = f"case:{TENANT_ID}:{person}"
        yield msgspec.msgpack.decode(files.sealer.open(key, context, row.sealed), type=Case)
