"""One event and the cases it is about in; new cases and all that must follow out.

`cases_needed` names the cases, `needs_history` says whether closed stays must be loaded too, and
`decide` decides. All three are pure; the same arguments give the same decision, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.decision import Decision, Fact, FactKind, Ignored
from hub.domain.episode import SAME_END
from hub.domain.events import BookingMoved, Event, IdentityLinked, MovementRecorded, PersonsMerged
from hub.domain.facts import LEARN
from hub.domain.follow import follow
from hub.domain.identity import learn_pair, other_person
from hub.domain.referral import ENDED
from hub.domain.upkeep import refold
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from hub.domain.case import Case, ClosedEpisode
    from hub.domain.ids import PersonKey
    from hub.domain.policy import Rules
    from hub.domain.tasks import Task

_PAIRS = (PersonsMerged, IdentityLinked, BookingMoved)


def cases_needed(event: Event) -> tuple[PersonKey, ...]:
    """Return the keys of the persons an event is about: one, or two for merges, links and moves.

    The caller resolves aliases and hands in the surviving case under the key asked for.
    """
    payload = event.payload
    if isinstance(payload, _PAIRS):
        return (event.meta.person, other_person(payload))
    return (event.meta.person,)


def needs_history(case: Case, event: Event) -> bool:
    """Return whether the event may reach back into a stay that was put away."""
    return (
        case.closed_until is not None
        and isinstance(event.payload, MovementRecorded)
        and event.meta.occurred_at <= case.closed_until + SAME_END
    )


def decide(
    cases: Mapping[PersonKey, Case],
    event: Event,
    rules: Rules,
    now: datetime,
    history: Sequence[ClosedEpisode] = (),
) -> Decision:
    """Return what `event` changes and all that follows from it at `now`.

    `cases` holds the case for every key of `cases_needed(event)`, `history` the closed stays of the
    first of them if `needs_history` asked for them. Raises nothing for any well-typed event.
    """
    case = cases[event.meta.person]
    payload = event.payload
    if isinstance(payload, _PAIRS):
        other = cases[other_person(payload)]
        pair = learn_pair(case, other, payload, event.meta, rules)
        if isinstance(pair, Ignored):
            return _ignored(pair, event)
        return _decided((case, other), pair, event, rules, max(now, case.last_now, other.last_now))
    known = _with_history(case, history, rules) if history else case
    learnt = LEARN[type(payload)](known, payload, event.meta, rules)
    if isinstance(learnt, Ignored):
        return _ignored(learnt, event)
    decision = _decided((known,), (learnt,), event, rules, max(now, case.last_now))
    if not history:
        return decision
    put_away = {closed.episode.episode_id for _, closed in decision.closed}
    back = (c.episode.episode_id for c in history)
    return changed(decision, reopened=tuple(i for i in back if i not in put_away))


def _ignored(reason: Ignored, event: Event) -> Decision:
    fact = Fact(
        kind=FactKind.EVENT_IGNORED, subject=str(event.meta.event_id), reasons=(reason.value,)
    )
    return Decision(cases=(), ignored=reason, facts=(fact,))


def _decided(
    before: Sequence[Case], learnt: Sequence[Case], event: Event, rules: Rules, now: datetime
) -> Decision:
    """Draw the consequences for each case that is no alias, and put everything together."""
    followed = [follow(case, rules, now) for case in learnt if case.alias_of is None]
    done = {f.case.person: f.case for f in followed}
    cases = tuple(
        changed(done.get(case.person, case), version=case.version + 1, last_now=now)
        for case in learnt
    )
    applied = Fact(
        kind=FactKind.EVENT_APPLIED,
        subject=str(event.meta.event_id),
        refs={"type": event.meta.type},
    )
    return Decision(
        cases=cases,
        sends=tuple([s for f in followed for s in f.sends]),
        lookups=tuple([x for f in followed for x in f.lookups]),
        facts=(
            applied,
            *(fact for f in followed for fact in f.facts),
            *_closed_referrals(before, learnt),
            *_changed_tasks(before, cases),
        ),
        closed=tuple([(f.case.person, closed) for f in followed for closed in f.closed]),
    )


def _closed_referrals(before: Sequence[Case], learnt: Sequence[Case]) -> Iterator[Fact]:
    """Tell of each referral that an answer closed."""
    if all(b.referrals is a.referrals for b, a in zip(before, learnt, strict=True)):
        return
    known = {(r.referral_id, r.generation): r.business for c in before for r in c.referrals}
    for referral in (r for case in learnt for r in case.referrals):
        was = known.get((referral.referral_id, referral.generation))
        if was is not referral.business and referral.business in ENDED:
            yield Fact(
                kind=FactKind.REFERRAL_CLOSED,
                subject=str(referral.referral_id),
                reasons=(referral.business.value,),
                refs={"generation": str(referral.generation), "recipient": referral.recipient},
            )


def _changed_tasks(before: Sequence[Case], after: Sequence[Case]) -> Iterator[Fact]:
    """Tell of each task that was opened, and of each that is not needed any more."""
    if all(b.tasks is a.tasks for b, a in zip(before, after, strict=True)):
        return
    old = {t.task_id: t for case in before for t in case.tasks}
    new = {t.task_id: t for case in after for t in case.tasks}
    resolved = {task_id for case in after for task_id in case.resolved}
    for task_id, task in old.items():
        if task_id not in new and task_id not in resolved:
            yield _task_fact(FactKind.TASK_CLOSED, task)
    for task_id, task in new.items():
        if task_id not in old:
            yield _task_fact(FactKind.TASK_OPENED, task)


def _task_fact(kind: FactKind, task: Task) -> Fact:
    return Fact(kind=kind, subject=str(task.task_id), reasons=(task.kind.value,))


def _with_history(case: Case, history: Sequence[ClosedEpisode], rules: Rules) -> Case:
    """Bring closed stays back, so that a late movement is folded in where it belongs."""
    movements = {m.movement_id: m for c in history for m in c.movements}
    movements.update({m.movement_id: m for m in case.movements})
    referrals = {(r.referral_id, r.generation): r for c in history for r in c.referrals}
    referrals.update({(r.referral_id, r.generation): r for r in case.referrals})
    whole = changed(
        case,
        episodes=(*(c.episode for c in history), *case.episodes),
        referrals=tuple(referrals.values()),
        closed_until=None,
    )
    return refold(whole, movements.values(), rules.policy)
