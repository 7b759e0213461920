"""What one more event costs for a person with a long past, compared with a short one."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from uuid import UUID

from hub.domain.events import Draft, MovementRecorded
from hub.domain.ids import SourceId, mint
from hub.domain.movements import MovementKind
from hub.testing.clock import START
from tests.benchmarks.history import Tick, event_of
from tests.benchmarks.memory_hub import MemoryHub
from tests.benchmarks.rules import REGISTER, TENANT, rules
from tests.benchmarks.stay import PRISONS, Person, new_person
from tests.benchmarks.workshop import Counting, Workshop

LONG_STAYS = 41
"""The most stays that one person had in the figures of the city."""

_ROOT = UUID("00000000-0000-5000-8000-000000000a57")


class Past(NamedTuple):
    """Microseconds of the processor per further event: in the core alone, and in the pipeline."""

    what: str
    events: int
    core_us: float
    pipeline_us: float


def measure(people: int, further: int) -> list[Past]:
    """Compare 5 past events, 500 in one stay, and 500 spread over many stays."""
    return [
        _measure("5 in one stay", 5, 1, people, further),
        _measure("500 in one stay", 500, 1, people, further),
        _measure(f"500 in {LONG_STAYS} stays", 500, LONG_STAYS, people, further),
    ]


def _measure(what: str, events: int, stays: int, people: int, further: int) -> Past:
    persons = [new_person(number, Random(number)) for number in range(people)]
    before = [tick for person in persons for tick in _past(person, events, stays)]
    start = max(tick.now for tick in before)
    after = [
        _one(person, _trip(number), start + timedelta(hours=number + 1), events + number)
        for number in range(further)
        for person in persons
    ]
    return Past(what, events, _core(before, after), _pipeline(before, after))


def _core(before: list[Tick], after: list[Tick]) -> float:
    hub = MemoryHub(rules())
    for now, drafts in before:
        for draft in drafts:
            hub.decide(event_of(draft, now))
    events = [event_of(draft, now) for now, drafts in after for draft in drafts]
    started = time.process_time()
    for event in events:
        hub.decide(event)
    return 1e6 * (time.process_time() - started) / len(events)


def _pipeline(before: list[Tick], after: list[Tick]) -> float:
    with tempfile.TemporaryDirectory() as name, Workshop(Path(name)) as hub:
        appender = hub.appender()
        started = 0.0
        for part in (before, after):
            for tick in _by_time(part):
                hub.append(appender, tick.now, tick.drafts)
            started = time.process_time()
            hub.drain(Counting(), sum(len(tick.drafts) for tick in part))
        return 1e6 * (time.process_time() - started) / len(after)


def _by_time(ticks: list[Tick]) -> list[Tick]:
    """Gather the drafts of one instant, oldest first."""
    found: dict[datetime, list[Draft]] = {}
    for now, drafts in ticks:
        found.setdefault(now, []).extend(drafts)
    return [Tick(now, found[now]) for now in sorted(found)]


def _past(person: Person, events: int, stays: int) -> list[Tick]:
    """Return stays one after the other, a month apart; the last one still runs."""
    told = []
    each = events // stays
    for number in range(events):
        stay, place = min(number // each, stays - 1), number - min(number // each, stays - 1) * each
        at = START + timedelta(days=60 * stay, hours=place)
        last = stay < stays - 1 and place == each - 1
        kind = MovementKind.ADMISSION if place == 0 else _trip(place - 1)
        told.append(_one(person, MovementKind.RELEASE if last else kind, at, number))
    return told


def _trip(number: int) -> MovementKind:
    return MovementKind.COURT_OUT if number % 2 == 0 else MovementKind.COURT_RETURN


def _one(person: Person, kind: MovementKind, at: datetime, number: int) -> Tick:
    payload = MovementRecorded(
        kind=kind, person=person.number, location=PRISONS[0], reason_code="N", held_s=2700
    )
    draft = Draft(
        event_id=mint(_ROOT, person.key, number),
        tenant=TENANT,
        source=SourceId("benchmark"),
        namespace=REGISTER,
        person=person.key,
        occurred_at=at,
        payload=payload,
    )
    return Tick(at, [draft])
