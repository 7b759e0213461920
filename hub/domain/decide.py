"""One event and the cases it is about in; new cases and all that must follow out.

`cases_needed` names the cases, `needs_history` says whether closed stays must be loaded too, and
`decide` decides. All three are pure; the same arguments give the same decision, byte for byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.decision import Decision, Fact, FactKind, Ignored
from hub.domain.episode import episodes_from
from hub.domain.events import BookingMoved, Event, IdentityLinked, MovementRecorded, PersonsMerged
from hub.domain.facts import LEARN
from hub.domain.follow import Followed, follow
from hub.domain.identity import learn_pair, other_person
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hub.domain.case import Case, ClosedEpisode
    from hub.domain.ids import PersonKey
    from hub.domain.policy import Rules

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
    """True if the event reaches back into a stay that was put away."""
    return (
        isinstance(event.payload, MovementRecorded)
        and case.closed_until is not None
        and event.meta.occurred_at <= case.closed_until
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
    now = max(now, case.last_now)
    payload = event.payload
    if isinstance(payload, _PAIRS):
        pair = learn_pair(case, cases[other_person(payload)], payload, event.meta, rules)
        if isinstance(pair, Ignored):
            return _ignored(pair, event)
        return _decided([c for c in pair if c.alias_of is None], event, rules, now, pair)
    reopened = tuple(c.episode.episode_id for c in history)
    if history:
        case = _with_history(case, history, rules)
    learnt = LEARN[type(payload)](case, payload, event.meta, rules)
    if isinstance(learnt, Ignored):
        return _ignored(learnt, event)
    decision = _decided([learnt], event, rules, now, (learnt,))
    put_away = {closed.episode.episode_id for _, closed in decision.closed}
    return changed(decision, reopened=tuple(i for i in reopened if i not in put_away))


def _ignored(reason: Ignored, event: Event) -> Decision:
    fact = Fact(
        kind=FactKind.EVENT_IGNORED, subject=str(event.meta.event_id), reasons=(reason.value,)
    )
    return Decision(cases=(), ignored=reason, facts=(fact,))


def _decided(
    live: Sequence[Case], event: Event, rules: Rules, now: datetime, touched: Sequence[Case]
) -> Decision:
    """Draw the consequences for each live case and put everything together."""
    followed = [follow(case, rules, now) for case in live]
    done = {f.case.person: f.case for f in followed}
    cases = tuple(
        changed(done.get(case.person, case), version=case.version + 1, last_now=now)
        for case in touched
    )
    applied = Fact(
        kind=FactKind.EVENT_APPLIED,
        subject=str(event.meta.event_id),
        refs={"type": event.meta.type},
    )
    opened = [_tasks_opened(f, case) for f, case in zip(followed, live, strict=True)]
    return Decision(
        cases=cases,
        sends=tuple(s for f in followed for s in f.sends),
        lookups=tuple(x for f in followed for x in f.lookups),
        facts=(
            applied,
            *(fact for f in followed for fact in f.facts),
            *(fact for facts in opened for fact in facts),
        ),
        closed=tuple((f.case.person, closed) for f in followed for closed in f.closed),
    )


def _tasks_opened(followed: Followed, learnt: Case) -> list[Fact]:
    before = {t.task_id for t in learnt.tasks}
    return [
        Fact(kind=FactKind.TASK_OPENED, subject=str(t.task_id), reasons=(t.kind.value,))
        for t in followed.case.tasks
        if t.task_id not in before
    ]


def _with_history(case: Case, history: Sequence[ClosedEpisode], rules: Rules) -> Case:
    """Bring closed stays back, so that a late movement is folded in where it belongs."""
    movements = {m.movement_id: m for c in history for m in c.movements}
    movements.update({m.movement_id: m for m in case.movements})
    known = (*(c.episode for c in history), *case.episodes)
    episodes, _ = episodes_from(movements.values(), known, rules.policy)
    referrals = {(r.referral_id, r.generation): r for c in history for r in c.referrals}
    referrals.update({(r.referral_id, r.generation): r for r in case.referrals})
    return changed(
        case,
        movements=tuple(movements.values()),
        episodes=episodes,
        referrals=tuple(referrals.values()),
        closed_until=None,
    )
