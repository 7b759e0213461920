"""Events about two persons: merges, identity links and bookings that move between numbers.

The number that survives takes over everything by union; the removed one stays an alias, so that a
late event under it still finds the case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.case import Case
from hub.domain.decision import Ignored
from hub.domain.events import BookingMoved, IdentityLinked, Meta, PersonsMerged
from hub.domain.facts.children import unite_children
from hub.domain.facts.consents import unite_consents
from hub.domain.facts.custody import within
from hub.domain.referral import Transport
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, refold, replace_child
from hub.domain.values import changed

if TYPE_CHECKING:
    from hub.domain.ids import PersonKey
    from hub.domain.policy import Rules

PairPayload = PersonsMerged | IdentityLinked | BookingMoved


def other_person(payload: PairPayload) -> PersonKey:
    """Return the second person an event is about."""
    if isinstance(payload, PersonsMerged):
        return payload.removed
    if isinstance(payload, IdentityLinked):
        return payload.other
    return payload.moved_from


def learn_pair(
    case: Case, other: Case, payload: PairPayload, meta: Meta, rules: Rules
) -> tuple[Case, Case] | Ignored:
    """Return both cases after an event about two persons."""
    if case.person == other.person:
        return Ignored.ALREADY_KNOWN
    if isinstance(payload, BookingMoved):
        return _move_booking(case, other, payload, meta, rules)
    number = payload.survivor if isinstance(payload, PersonsMerged) else payload.person
    survivor = _unite(changed(case, number=case.number or number), other, rules)
    alias = Case(
        tenant=other.tenant,
        person=other.person,
        version=other.version,
        last_now=other.last_now,
        alias_of=case.person,
    )
    return survivor, alias


def _unite(case: Case, other: Case, rules: Rules) -> Case:
    put_away = [at for at in (case.closed_until, other.closed_until) if at is not None]
    both = changed(
        unite_children(unite_consents(case, other), other),
        aliases=tuple(sorted({*case.aliases, *other.aliases, other.person})),
        closed_until=max(put_away, default=None),
        episodes=(*case.episodes, *other.episodes),
        referrals=(*case.referrals, *other.referrals),
        tasks=tuple({t.task_id: t for t in (*other.tasks, *case.tasks)}.values()),
        resolved=tuple(dict.fromkeys((*case.resolved, *other.resolved))),
        lookups=tuple({x.lookup_id: x for x in (*case.lookups, *other.lookups)}.values()),
    )
    movements = {m.movement_id: m for m in (*case.movements, *other.movements)}
    return refold(both, movements.values(), rules.policy)


def _move_booking(
    case: Case, other: Case, payload: BookingMoved, meta: Meta, rules: Rules
) -> tuple[Case, Case]:
    moved = next((e for e in other.episodes if e.booking == payload.booking and not e.void), None)
    if moved is None:
        return open_task(case, TaskKind.IDENTITY_UNMATCHED, str(meta.event_id), meta), other
    inside = [m for m in other.movements if within(m, moved)]
    # What never left is taken back under the number it was made for, and made anew here if consent
    # allows; what may have left comes along, so that nobody is sent a second referral.
    theirs = tuple(
        r
        for r in other.referrals
        if r.episode_id == moved.episode_id
        and not (r.transport is Transport.READY and r.retraction is None)
    )
    receiving = changed(
        case,
        number=case.number or payload.person,
        episodes=(*case.episodes, moved),
        referrals=(*case.referrals, *theirs),
    )
    movements = {m.movement_id: m for m in (*case.movements, *inside)}
    receiving = refold(receiving, movements.values(), rules.policy)
    for child in other.children:
        if receiving.child(child.child) is None and any(r.child == child.child for r in theirs):
            stated = receiving.stated | {child.child: other.stated.get(child.child, {})}
            receiving = replace_child(changed(receiving, stated=stated), child)
    giving = changed(
        other,
        episodes=tuple(e for e in other.episodes if e is not moved),
        referrals=tuple(r for r in other.referrals if r not in theirs),
    )
    left = [m for m in other.movements if m not in inside]
    return receiving, refold(giving, left, rules.policy)
