"""A stream of events as a hub gets them, drafted tick by tick while the core answers.

Half of what a hub decides comes from itself: answers to look-ups, timers, results of deliveries.
So the stream is drawn by letting the core decide it; whoever reads it later decides the same.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import NamedTuple
from uuid import UUID

from hub.domain.decision import Decision, Send
from hub.domain.events import (
    TYPE_NAMES,
    Acknowledged,
    DeliveryNoted,
    DeliveryStage,
    Draft,
    Event,
    LookupAnswered,
    Meta,
    Payload,
    TimerDue,
)
from hub.domain.ids import DataKeyId, PersonKey, SourceId, mint
from hub.domain.referral import Business, Operation
from hub.testing.clock import START
from tests.benchmarks.memory_hub import MemoryHub
from tests.benchmarks.rules import REGISTER, TENANT, rules
from tests.benchmarks.stay import Person, new_person, stay

TICK = timedelta(minutes=30)
ADMISSIONS_A_DAY = 88
RETURNS = 0.35
"""Share of admissions of people who were here before: some come back dozens of times."""

_ROOT = UUID("00000000-0000-5000-8000-00000000be7c")
_KEY = DataKeyId("0" * 32)


class Tick(NamedTuple):
    """What arrived within one tick; the hub records it at `now`."""

    now: datetime
    drafts: Sequence[Draft]


class _Owed(NamedTuple):
    """Something that will be told: from `due` on, unless it is void by then."""

    due: datetime
    order: int
    person: PersonKey
    occurred_at: datetime
    payload: Payload


class History:
    """An endless stream, the same for the same seed. `decide_s` is the core's time so far."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = Random(seed)
        self._core = MemoryHub(rules())
        self._heap: list[_Owed] = []
        self._order = count()
        self._known: dict[PersonKey, Person] = {}
        self._free: list[Person] = []
        self._inside: list[tuple[datetime, int, Person]] = []
        self._timers: set[tuple[UUID, int]] = set()
        self._drafted = count()
        self.decide_s = 0.0
        self.events = 0
        self.kinds: Counter[str] = Counter()

    def ticks(self) -> Iterator[Tick]:
        """Yield the ticks in which something arrived, one after the other, without end."""
        for number in count(1):
            now = START + number * TICK
            self._admit(now - TICK)
            drafts = [self._draft(owed) for owed in self._arrived(now)]
            for draft in drafts:
                self._follow(event_of(draft, now), now)
            if drafts:
                yield Tick(now, drafts)

    def _admit(self, start: datetime) -> None:
        while self._inside and self._inside[0][0] <= start:
            self._free.append(heapq.heappop(self._inside)[2])
        mean = ADMISSIONS_A_DAY * (TICK / timedelta(days=1))
        for _ in range(_poisson(mean, self._chance)):
            at = start + self._chance.random() * TICK
            person = self._somebody()
            told, end = stay(person, at, self._chance)
            heapq.heappush(self._inside, (end + timedelta(days=1), next(self._order), person))
            for item in told:
                self._owe(item.heard_at, person.key, item.occurred_at, item.payload)

    def _somebody(self) -> Person:
        if self._free and self._chance.random() < RETURNS:
            place = self._chance.randrange(len(self._free))
            self._free[place], self._free[-1] = self._free[-1], self._free[place]
            return self._free.pop()
        person = new_person(len(self._known), self._chance)
        self._known[person.key] = person
        return person

    def _owe(self, due: datetime, person: PersonKey, at: datetime, payload: Payload) -> None:
        heapq.heappush(self._heap, _Owed(due, next(self._order), person, at, payload))

    def _arrived(self, now: datetime) -> Iterator[_Owed]:
        while self._heap and self._heap[0].due <= now:
            owed = heapq.heappop(self._heap)
            if isinstance(owed.payload, TimerDue):
                timer = (owed.payload.timer_id, owed.payload.generation)
                self._timers.discard(timer)
                case = self._core.case(TENANT, owed.person)
                if not any((t.timer_id, t.generation) == timer for t in case.timers):
                    continue
            yield owed

    def _draft(self, owed: _Owed) -> Draft:
        return Draft(
            event_id=mint(_ROOT, next(self._drafted)),
            tenant=TENANT,
            source=SourceId("benchmark"),
            namespace=REGISTER,
            person=owed.person,
            occurred_at=min(owed.occurred_at, owed.due),
            payload=owed.payload,
        )

    def _follow(self, event: Event, now: datetime) -> None:
        """Decide the event; what the hub and its recipients would tell of it is owed next."""
        started = time.perf_counter()
        decision = self._core.decide(event)
        self.decide_s += time.perf_counter() - started
        self.events += 1
        self.kinds[event.meta.type] += 1
        person = event.meta.person
        for lookup in decision.lookups:
            children = self._known[lookup.person].children
            answer = LookupAnswered(
                lookup_id=lookup.lookup_id, children=children, count=len(children), in_custody=True
            )
            self._owe(now + timedelta(seconds=2), person, now, answer)
        for send in decision.sends:
            self._deliver(send, now)
        self._wait(decision)

    def _wait(self, decision: Decision) -> None:
        for case in decision.cases:
            for timer in case.timers:
                name = (timer.timer_id, timer.generation)
                if name not in self._timers:
                    self._timers.add(name)
                    due = TimerDue(timer_id=timer.timer_id, generation=timer.generation)
                    self._owe(timer.due, case.person, timer.due, due)

    def _deliver(self, send: Send, now: datetime) -> None:
        for stage in (DeliveryStage.INTENT, DeliveryStage.DELIVERED):
            noted = DeliveryNoted(
                referral_id=send.referral_id,
                generation=send.generation,
                operation=send.operation,
                content_version=send.content_version,
                stage=stage,
                at=now,
            )
            self._owe(now + timedelta(seconds=1), send.person, now, noted)
        if send.operation is Operation.REFER:
            at = now + timedelta(days=1 + 6 * self._chance.random())
            status = Business.ACCEPTED if self._chance.random() < 0.8 else Business.DECLINED
            answer = Acknowledged(
                referral_id=send.referral_id,
                generation=send.generation,
                recipient=send.recipient,
                status=status,
                code="not-competent" if status is Business.DECLINED else None,
            )
            self._owe(at, send.person, at, answer)


def event_of(draft: Draft, now: datetime) -> Event:
    """Return the event that the appender makes of a draft at `now`."""
    meta = Meta(
        event_id=draft.event_id,
        type=TYPE_NAMES[type(draft.payload)],
        tenant=draft.tenant,
        source=draft.source,
        namespace=draft.namespace,
        occurred_at=draft.occurred_at,
        recorded_at=now,
        person=draft.person,
        data_key=_KEY,
    )
    return Event(meta=meta, payload=draft.payload)


def first(ticks: Iterator[Tick], events: int) -> Iterator[Tick]:
    """Yield ticks until they hold exactly `events` drafts, the last one cut short."""
    left = events
    while left > 0:
        now, drafts = next(ticks)
        yield Tick(now, drafts[:left])
        left -= len(drafts)


def _poisson(mean: float, chance: Random) -> int:
    """Return how many independent things happen where `mean` do on average."""
    happened, at = 0, chance.expovariate(mean)
    while at < 1.0:
        happened += 1
        at += chance.expovariate(mean)
    return happened
