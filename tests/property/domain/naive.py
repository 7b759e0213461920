"""A second opinion: may this be disclosed? Written from the domain's rules alone, event by event.

It knows nothing of cases, folding or grounds: it reads the list of events as a clerk would read a
file, slowly and from the start, and answers yes or no. It must never import the core's permit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hub.domain.children import Child, Custody, Restriction, SafetyAnswer, SafetyAnswerKind, View
from hub.domain.consent import Capacity, Category, ConsentRecord, Purpose, Scope, Subject
from hub.domain.events import (
    ChildChanged,
    ChildRecorded,
    ChildRemoved,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    Event,
    FreezeLifted,
    FreezeSet,
    MovementRecorded,
    SafetyAnswered,
)
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.movements import MovementKind
from hub.domain.policy import Rules

MINUTES = timedelta(minutes=1)
DAYS = timedelta(days=1)
_ENDS = {
    MovementKind.RELEASE,
    MovementKind.HOSPITAL,
    MovementKind.DEATH,
    MovementKind.ESCAPE,
    MovementKind.DEPORTATION,
}


class Stay(NamedTuple):
    """From when until when, and the reports of its beginning and of its end."""

    began: datetime
    ended: datetime | None
    openings: tuple[Event, ...]
    closings: tuple[Event, ...]


class Asked(NamedTuple):
    """What is asked: whether this, about the latest stay, may leave from `now` to `until`."""

    child: ChildKey
    purpose: Purpose
    recipient: RecipientId
    categories: tuple[Category, ...]
    now: datetime
    until: datetime


def may_leave(events: Sequence[Event], asked: Asked, rules: Rules) -> bool:
    """Return whether every rule of the domain allows it."""
    stays = stays_of(events)
    child = child_of(events, asked.child)
    return (
        bool(stays)
        and child is not None
        and not frozen(events)
        and stay_allows(stays[-1], asked, rules)
        and child_allows(child, asked, rules)
        and recipient_allows(asked, rules)
        and consents_allow(events, stays, child, asked, rules)
    )


def stays_of(events: Sequence[Event]) -> list[Stay]:
    """Read the movements in the order in which they happened."""
    found: list[Stay] = []
    moves = [e for e in events if isinstance(e.payload, MovementRecorded)]
    for move in sorted(moves, key=lambda e: (e.meta.occurred_at, e.meta.event_id)):
        payload, at = move.payload, move.meta.occurred_at
        assert isinstance(payload, MovementRecorded)
        last = found[-1] if found else None
        if payload.kind in {MovementKind.ADMISSION, MovementKind.RECALL_TO_CUSTODY}:
            if last is None or (last.ended is not None and at > last.ended + 45 * MINUTES):
                found.append(Stay(at, None, (move,), ()))
            elif last.ended is None:
                found[-1] = last._replace(openings=(*last.openings, move))
            else:
                found[-1] = last._replace(ended=None, closings=())
        elif payload.kind in _ENDS and last is not None:
            if last.ended is None:
                found[-1] = last._replace(ended=at, closings=(move,))
            elif at <= last.ended + DAYS:
                found[-1] = last._replace(closings=(*last.closings, move))
    return found


def settled(reports: Iterable[Event]) -> datetime:
    """Return when the window is over: 45 minutes, or 60 until a report names a reason."""
    ordered = sorted(reports, key=lambda e: (e.meta.recorded_at, e.meta.event_id))
    first = ordered[0].meta.recorded_at
    latest = first + 4 * 45 * MINUTES
    deciding, minutes = ordered[0], 60
    for report in ordered:
        assert isinstance(report.payload, MovementRecorded)
        if report.payload.reason_code is not None and report.meta.recorded_at <= latest:
            deciding, minutes = report, 45
            break
    assert isinstance(deciding.payload, MovementRecorded)
    held = timedelta(seconds=deciding.payload.held_s)
    return min(deciding.meta.recorded_at + max(minutes * MINUTES - held, 0 * MINUTES), latest)


def stay_allows(stay: Stay, asked: Asked, rules: Rules) -> bool:
    """A referral needs a settled stay that runs, a notice a settled end not too long ago."""
    if asked.purpose is not Purpose.RELEASE_NOTICE:
        return stay.ended is None and asked.now >= settled(stay.openings)
    if stay.ended is None:
        return False
    grace = rules.policy.release_grace_days * DAYS
    return asked.now >= settled(stay.closings) and asked.until < stay.ended + grace


def child_of(events: Sequence[Event], key: ChildKey) -> Child | None:
    """Read what was stated about the child: of each field, the latest statement counts."""
    said: dict[str, list[tuple[datetime, str, object]]] = {}
    for event in events:
        payload, at = event.payload, event.meta.occurred_at
        fields: dict[str, object] = {}
        if isinstance(payload, ChildRecorded) and payload.child.child == key:
            record = payload.child
            fields = {
                "restrictions": record.restrictions,
                "removed": False,
                "birth_date": record.birth_date,
                "carer": record.carer,
            }
        elif isinstance(payload, ChildChanged) and payload.child == key:
            fields = {
                "birth_date": payload.birth_date,
                "custody": payload.custody,
                "view": payload.view,
                "lives_in_prison": payload.lives_in_prison,
            }
        elif isinstance(payload, ChildRemoved) and payload.child == key:
            fields = {"removed": True}
        elif isinstance(payload, SafetyAnswered) and payload.child == key:
            said.setdefault("safety", []).append(_safety(payload, event))
            continue
        else:
            continue
        said.setdefault("child", []).append((at, "", key))
        for name, value in fields.items():
            if value is not None:
                said.setdefault(name, []).append((at, repr(value), value))
    if not said:
        return None
    latest = {name: max(words, key=lambda w: w[:2])[2] for name, words in said.items()}
    return Child(**{"child": key} | latest)  # type: ignore[arg-type]  # fields by name


def _safety(payload: SafetyAnswered, event: Event) -> tuple[datetime, str, object]:
    """Of two answers of one instant a concern counts; an answer dated ahead counts from now."""
    at = min(payload.answered_at, event.meta.recorded_at)
    concern = payload.kind is SafetyAnswerKind.CONCERN
    rank = f"{int(concern)}{payload.kind.value}{payload.role}"
    return at, rank, SafetyAnswer(kind=payload.kind, answered_at=at, role=payload.role)


def years(born: date, day: date) -> int:
    """Count the birthdays that have come."""
    count = 0
    while (born.year + count + 1, born.month, born.day) <= (day.year, day.month, day.day):
        count += 1
    return count


def child_allows(child: Child, asked: Asked, rules: Rules) -> bool:
    """A minor, outside, without a ban, whom a named role has recently called safe."""
    policy = rules.policy
    if child.removed or child.lives_in_prison or child.birth_date is None:
        return False
    age = years(child.birth_date, asked.until.date())
    if age >= 18 or any(r is not Restriction.CHILD_VETTING for r in child.restrictions or ()):
        return False
    if child.view is not None and child.view.view is View.OBJECTS and age >= 14:
        return False
    notice = asked.purpose is Purpose.RELEASE_NOTICE
    most = policy.release_safety_max_age_days if notice else policy.safety_answer_max_age_days
    answer = child.safety
    return (
        answer is not None
        and answer.kind is SafetyAnswerKind.CLEAR
        and answer.role in policy.safety_roles
        and asked.until < answer.answered_at + most * DAYS
    )


def recipient_allows(asked: Asked, rules: Rules) -> bool:
    """The directory knows the recipient for this purpose."""
    entry = rules.directory.recipients.get(asked.recipient)
    return entry is not None and asked.purpose in entry.purposes


def frozen(events: Sequence[Event]) -> bool:
    """The last word about a freeze counts, and of two at the same instant the freeze."""
    words = [
        (event.meta.occurred_at, isinstance(event.payload, FreezeSet))
        for event in events
        if isinstance(event.payload, FreezeSet | FreezeLifted)
    ]
    return bool(words) and max(words)[1]


def consents_allow(
    events: Sequence[Event], stays: Sequence[Stay], child: Child, asked: Asked, rules: Rules
) -> bool:
    """Somebody entitled agreed for each person that each category is about."""
    granted = {
        e.payload.record.record_id: e.payload.record
        for e in events
        if isinstance(e.payload, ConsentGranted)
    }
    valid = [r for r in granted.values() if holds(r, events, stays, asked, rules)]
    if Category.IMPRISONMENT not in asked.categories:
        return False
    return all(agreed(category, valid, child, asked, rules) for category in asked.categories)


def holds(
    record: ConsentRecord,
    events: Sequence[Event],
    stays: Sequence[Stay],
    asked: Asked,
    rules: Rules,
) -> bool:
    """The record stands, at both ends of the time asked about, and covers what is asked."""
    start = record.effective_from or record.given_at
    kind = rules.directory.recipients[asked.recipient].kind.value
    covers = asked.purpose in record.purposes and (
        record.all_children or asked.child in record.children
    )
    named = (
        record.recipient == asked.recipient if record.recipient else record.recipient_class == kind
    )
    running = start <= asked.now and (record.expires_at is None or asked.until < record.expires_at)
    return (
        covers
        and named
        and running
        and not ended(record, events)
        and reaches(record, start, stays, asked, rules)
    )


def ended(record: ConsentRecord, events: Sequence[Event]) -> bool:
    """It was withdrawn, alone or with all others, or replaced."""
    for event in events:
        payload = event.payload
        if isinstance(payload, ConsentWithdrawn):
            slack = DAYS if payload.channel == "paper" else 5 * MINUTES
            given = min(record.given_at, first_heard(record, events))
            everything = payload.record_id is None and given <= payload.declared_at + slack
            if payload.record_id == record.record_id or everything:
                return True
        if isinstance(payload, ConsentSuperseded) and payload.record_id == record.record_id:
            return True
        if isinstance(payload, ConsentGranted) and payload.record.supersedes == record.record_id:
            return True
    return False


def first_heard(record: ConsentRecord, events: Sequence[Event]) -> datetime:
    """Return when the hub first heard of the record: it was not given later."""
    return min(
        e.meta.recorded_at
        for e in events
        if isinstance(e.payload, ConsentGranted) and e.payload.record.record_id == record.record_id
    )


def reaches(
    record: ConsentRecord, start: datetime, stays: Sequence[Stay], asked: Asked, rules: Rules
) -> bool:
    """A standing consent ends by its own date, any other with the first stay it met."""
    if record.scope is Scope.STANDING:
        most = record.given_at + rules.policy.standing_max_days * DAYS
        return record.expires_at is not None and record.expires_at <= most
    met = next((s for s in stays if s.ended is None or start < s.ended), None)
    if met is None or met is not stays[-1]:
        return False
    if met.ended is None:
        return True
    grace = rules.policy.release_grace_days * DAYS
    return asked.purpose is Purpose.RELEASE_NOTICE and asked.until < met.ended + grace


def agreed(
    category: Category, valid: Sequence[ConsentRecord], child: Child, asked: Asked, rules: Rules
) -> bool:
    """Look for the word of each person that the category is about, among who permitted it."""
    rule = rules.policy.categories[category]
    permitting = [r for r in valid if category in r.categories]
    said = {g.capacity for r in permitting for g in r.grantors}
    return bool(permitting) and all(
        subject in rule.norms or spoke_for(subject, said, child, asked) for subject in rule.about
    )


def spoke_for(subject: Subject, said: set[Capacity], child: Child, asked: Asked) -> bool:
    """Return whether somebody entitled spoke for this person."""
    if subject is not Subject.CHILD:
        return (Capacity.OWN_DATA if subject is Subject.PARENT else Capacity.CARER) in said
    old_enough = child.birth_date is not None and years(child.birth_date, asked.now.date()) >= 15
    if said & {Capacity.GUARDIAN, Capacity.COURT} or (Capacity.MINOR in said and old_enough):
        return True
    parent, other = Capacity.CUSTODIAL_PARENT in said, Capacity.OTHER_PARENT in said
    return {
        Custody.SOLE: parent,
        Custody.JOINT: parent and other,
        Custody.OTHER_ALONE: other,
        Custody.RESTING: other,
    }.get(child.custody, False)
