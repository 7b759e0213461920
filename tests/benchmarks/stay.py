"""One invented stay in custody as its sources would tell it, drawn from the figures of a city.

The figures are those of 290,962 real stays of one city, 2016 to 2026: 8.3 % are seen for a day
only, 4.6 % become known two or more days late, 1.4 % vanish and reappear, 27 % change their legal
status. How often people are moved, visit a court or are let out for a day is our assumption, as is
how many have children and consent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    Child,
    Custody,
    Relationship,
    SafetyAnswerKind,
)
from hub.domain.consent import AskState, Capacity, Category, ConsentRecord, Grantor, Purpose
from hub.domain.events import (
    ChildChanged,
    ConsentAsked,
    ConsentGranted,
    ConsentWithdrawn,
    MovementRecorded,
    Payload,
    PersonNumber,
    SafetyAnswered,
)
from hub.domain.ids import ChildKey, PersonKey
from hub.domain.movements import MovementKind
from tests.benchmarks.rules import REGISTER

PRISONS = ("EXA", "EXB", "EXC", "EXD")
AREAS = ("99001001", "99001002", "99002004", "99002007", "99003011", "99009999")
_BOTH = (Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE)
_CARRIED = tuple(c for c in Category if c is not Category.UNKNOWN)


class Person(NamedTuple):
    """An invented parent: number, pseudonym, children."""

    number: PersonNumber
    key: PersonKey
    children: tuple[Child, ...]


class Told(NamedTuple):
    """One thing that a source tells: what, of when, and when the hub hears of it."""

    heard_at: datetime
    occurred_at: datetime
    payload: Payload


def key_of(text: str) -> str:
    """Return 64 hex digits that look like a pseudonym."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_person(number: int, chance: Random) -> Person:
    """Return person `number`; 45 % have one to three recorded children."""
    name = f"X{number:07d}"
    count = chance.choice((1, 1, 1, 2, 2, 3)) if chance.random() < 0.45 else 0
    children = tuple(_child(f"{name}/{n}", chance) for n in range(count))
    key = PersonKey(key_of(name))
    return Person(PersonNumber(namespace=REGISTER, number=name), key, children)


def _child(name: str, chance: Random) -> Child:
    return Child(
        child=ChildKey(key_of(name)),
        relationship=Relationship.CHILD,
        given_name="Testkind",
        family_name="Erfunden",
        birth_date=date(2009 + chance.randrange(16), 1 + chance.randrange(12), 1),
        language=chance.choice(("de", "de", "de", "tr", "ar")),
        address=Address(
            area=chance.choice(AREAS),
            lines=("Erfundene Gasse 1",),
            postcode="99999",
            city="Nirgendwo",
        ),
    )


def stay(person: Person, start: datetime, chance: Random) -> tuple[list[Told], datetime]:
    """Return all that sources tell of a stay that begins at `start`, and when it ends."""
    brief = chance.random() < 0.083
    days = chance.uniform(0.2, 1.0) if brief else min(chance.lognormvariate(3.4, 1.1), 900.0)
    end = start + timedelta(days=days)
    told = [
        *_movement(person, MovementKind.ADMISSION, start, chance, late=chance.random() < 0.046),
        *_inside(person, start, end, chance),
        *_movement(person, MovementKind.RELEASE, end, chance),
    ]
    if chance.random() < 0.014:
        gone = start + (end - start) * chance.random()
        told += _movement(person, MovementKind.RELEASE, gone, chance)
        told += _movement(person, MovementKind.ADMISSION, gone + timedelta(minutes=20), chance)
    if person.children:
        told += _desk(person, start, end, chance)
    return sorted(told, key=lambda t: t.heard_at), end


def _movement(
    person: Person, kind: MovementKind, at: datetime, chance: Random, *, late: bool = False
) -> Iterator[Told]:
    """Two families of messages may report the same movement; only the second names a reason."""
    heard = at + (timedelta(days=2 + 3 * chance.random()) if late else timedelta(seconds=5))
    location = chance.choice(PRISONS)
    first = MovementRecorded(kind=kind, person=person.number, location=location)
    if chance.random() < 0.3:
        yield Told(heard, at, first)
    second = MovementRecorded(
        kind=kind, person=person.number, location=location, reason_code="N", held_s=2700
    )
    yield Told(heard + timedelta(minutes=45), at, second)


def _inside(person: Person, start: datetime, end: datetime, chance: Random) -> Iterator[Told]:
    """Transfers, court trips and absences, in pairs; a change of status for 27 %."""
    trips = (
        (MovementKind.TRANSFER_OUT, MovementKind.TRANSFER_IN, 45),
        (MovementKind.COURT_OUT, MovementKind.COURT_RETURN, 20),
        (MovementKind.ABSENCE_OUT, MovementKind.ABSENCE_RETURN, 30),
    )
    for out, back, every_days in trips:
        at = start + timedelta(days=chance.expovariate(1 / every_days))
        while at + timedelta(hours=8) < end:
            yield from _movement(person, out, at, chance)
            yield from _movement(
                person, back, at + timedelta(hours=1 + 6 * chance.random()), chance
            )
            at += timedelta(days=1 + chance.expovariate(1 / every_days))
    if chance.random() < 0.27:
        at = start + (end - start) * chance.random()
        yield from _movement(person, MovementKind.STATUS_CHANGE, at, chance)


def _desk(person: Person, start: datetime, end: datetime, chance: Random) -> Iterator[Told]:
    """What the consent desk learns: carers, safety answers, a consent or a refusal."""
    at = start + timedelta(hours=4 + 72 * chance.random())
    if at >= end:
        return
    for child in person.children:
        yield Told(at, at, _stated(child, chance))
    if chance.random() < 0.25:
        yield Told(at, at, ConsentAsked(state=AskState.DECLINED, taken_by="social-service"))
        return
    for child in person.children:
        kind = SafetyAnswerKind.CLEAR if chance.random() < 0.93 else SafetyAnswerKind.CONCERN
        answer = SafetyAnswered(child=child.child, kind=kind, answered_at=at, role="social-service")
        yield Told(at, at, answer)
    record = _consent(f"{person.number.number}/{start:%y%m%d%H%M}", at)
    yield Told(at, at, ConsentGranted(record=record))
    if chance.random() < 0.05:
        gone = at + (end - at) * chance.random()
        withdrawal = ConsentWithdrawn(
            declared_at=gone, channel="oral", taken_by="social-service", record_id=record.record_id
        )
        yield Told(gone, gone, withdrawal)


def _stated(child: Child, chance: Random) -> ChildChanged:
    carer = Carer(
        state=CarerState.KNOWN if chance.random() < 0.97 else CarerState.UNKNOWN,
        name="Testperson Erfunden",
        contact="+49 30 23125 001",
        safe_times="Mo-Fr 9-12",
        stated_by="parent",
    )
    return ChildChanged(
        child=child.child, carer=carer, custody=Custody.SOLE, custody_source="parent"
    )


def _consent(record_id: str, at: datetime) -> ConsentRecord:
    return ConsentRecord(
        record_id=record_id,
        given_at=at,
        purposes=_BOTH,
        categories=_CARRIED,
        grantors=(
            Grantor(capacity=Capacity.OWN_DATA, given_at=at),
            Grantor(capacity=Capacity.CUSTODIAL_PARENT, given_at=at),
            Grantor(capacity=Capacity.CARER, given_at=at),
        ),
        all_children=True,
        recipient_class="youth-office",
        notice="NOTICE-1",
        notice_version="3",
        notice_language="de",
        text_hash=key_of("the notice"),
        collection_method="paper",
        help_requested=("contact", "visits"),
    )
