"""Events about two persons: merges, identity links and bookings that move between numbers.

The number that survives takes over everything by union; the removed one stays an alias, so that a
late event under it still finds the case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.case import Case
from hub.domain.decision import Ignored
from hub.domain.episode import episodes_from
from hub.domain.events import BookingMoved, IdentityLinked, Meta, PersonsMerged
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, replace_child
from hub.domain.values import changed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from hub.domain.case import Episode
    from hub.domain.ids import PersonKey
    from hub.domain.movements import Movement
    from hub.domain.policy import Rules
    from hub.domain.referral import Referral

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
    movements = _union(case.movements, other.movements)
    before = _with_referrals_first((*case.episodes, *other.episodes), case, other)
    episodes, _ = episodes_from(movements, before, rules.policy)
    united = changed(
        case,
        aliases=tuple(sorted({*case.aliases, *other.aliases, other.person})),
        movements=movements,
        episodes=episodes,
        child_count=case.child_count if case.child_count is not None else other.child_count,
        consents=tuple(
            sorted(
                {c.record.record_id: c for c in (*other.consents, *case.consents)}.values(),
                key=lambda c: c.record.record_id,
            )
        ),
        withdrawn_all=max(
            (w for w in (case.withdrawn_all, other.withdrawn_all) if w is not None),
            key=lambda w: w.declared_at,
            default=None,
        ),
        ask=max(
            (a for a in (case.ask, other.ask) if a is not None), key=lambda a: a.at, default=None
        ),
        freeze=case.freeze or other.freeze,
        referrals=_repointed((*case.referrals, *other.referrals), before, episodes),
        tasks=(*case.tasks, *other.tasks),
        resolved=(*case.resolved, *other.resolved),
        lookups=(*case.lookups, *other.lookups),
    )
    for child in other.children:
        if united.child(child.child) is None:
            united = replace_child(united, child)
    return united


def _union(ours: tuple[Movement, ...], theirs: tuple[Movement, ...]) -> tuple[Movement, ...]:
    return tuple({m.movement_id: m for m in (*ours, *theirs)}.values())


def _with_referrals_first(
    episodes: tuple[Episode, ...], case: Case, other: Case
) -> tuple[Episode, ...]:
    """The stay with the referral made ready first keeps its id when two become one (rule 8)."""
    made: dict[UUID, datetime] = {}
    for referral in (*case.referrals, *other.referrals):
        at = made.get(referral.episode_id, referral.made_ready_at)
        made[referral.episode_id] = min(at, referral.made_ready_at)
    with_referral = sorted(
        (e for e in episodes if e.episode_id in made), key=lambda e: made[e.episode_id]
    )
    return (*with_referral, *(e for e in episodes if e.episode_id not in made))


def _repointed(
    referrals: tuple[Referral, ...], before: tuple[Episode, ...], after: tuple[Episode, ...]
) -> tuple[Referral, ...]:
    """Point referrals of a stay that was absorbed to the stay that absorbed it."""
    alive = {e.episode_id for e in after}
    old = {e.episode_id: e for e in before}
    result = []
    for referral in referrals:
        lost = old.get(referral.episode_id)
        if lost is not None and referral.episode_id not in alive:
            home = next((e for e in after if not e.void and _covers(e, lost)), None)
            if home is not None:
                result.append(changed(referral, episode_id=home.episode_id))
                continue
        result.append(referral)
    return tuple(result)


def _covers(episode: Episode, lost: Episode) -> bool:
    return episode.admitted_at <= lost.admitted_at and (
        episode.ended_at is None or lost.admitted_at <= episode.ended_at
    )


def _move_booking(
    case: Case, other: Case, payload: BookingMoved, meta: Meta, rules: Rules
) -> tuple[Case, Case]:
    moved = next((e for e in other.episodes if e.booking == payload.booking and not e.void), None)
    if moved is None:
        return open_task(case, TaskKind.IDENTITY_UNMATCHED, str(meta.event_id), meta), other
    inside = tuple(
        m
        for m in other.movements
        if moved.admitted_at <= m.occurred_at
        and (moved.ended_at is None or m.occurred_at <= moved.ended_at)
    )
    left = tuple(m for m in other.movements if m not in inside)
    rest = tuple(e for e in other.episodes if e is not moved)
    remaining, _ = episodes_from(left, rest, rules.policy)
    movements = _union(case.movements, inside)
    before = (*case.episodes, moved)
    episodes, _ = episodes_from(movements, before, rules.policy)
    theirs = tuple(r for r in other.referrals if r.episode_id == moved.episode_id)
    receiving = changed(
        case,
        number=case.number or payload.person,
        movements=movements,
        episodes=episodes,
        referrals=_repointed((*case.referrals, *theirs), before, episodes),
    )
    for child in other.children:
        if receiving.child(child.child) is None and any(r.child == child.child for r in theirs):
            receiving = replace_child(receiving, child)
    giving = changed(
        other,
        movements=left,
        episodes=remaining,
        referrals=tuple(r for r in other.referrals if r not in theirs),
    )
    return receiving, giving
