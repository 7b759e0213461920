"""Small changes to a case that several parts make: one child, referral or task; stays anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.episode import episodes_from
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.tasks import Task, TaskKind
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from hub.domain.case import Case, Episode
    from hub.domain.children import Child
    from hub.domain.events import Meta
    from hub.domain.movements import Movement
    from hub.domain.policy import Policy
    from hub.domain.referral import Referral


def said_at(meta: Meta) -> datetime:
    """Return when something was said: never later than the hub heard of it.

    A sender's clock that runs ahead must not let its word outrank what is said afterwards.
    """
    return min(meta.occurred_at, meta.recorded_at)


def replace_child(case: Case, child: Child) -> Case:
    """Return the case with this record of the child; children stay sorted by key."""
    others = [c for c in case.children if c.child != child.child]
    return changed(case, children=tuple(sorted([*others, child], key=lambda c: c.child)))


def replace_referral(case: Case, referral: Referral) -> Case:
    """Return the case with this state of the referral's generation, in place or at the end."""
    same = (referral.referral_id, referral.generation)
    if any((r.referral_id, r.generation) == same for r in case.referrals):
        return changed(
            case,
            referrals=tuple(
                referral if (r.referral_id, r.generation) == same else r for r in case.referrals
            ),
        )
    return changed(case, referrals=(*case.referrals, referral))


def replace_episode(case: Case, old: Episode, new: Episode) -> Case:
    """Return the case with `new` in the place of `old`."""
    return changed(case, episodes=tuple(new if e is old else e for e in case.episodes))


def refold(case: Case, movements: Iterable[Movement], policy: Policy) -> Case:
    """Return the case with its stays told anew from `movements`.

    Where late movements join two stays, the one with the referral made ready first survives, and
    the referrals of the other become its own (rule 8).
    """
    kept = tuple(movements)
    episodes, unmatched = episodes_from(kept, _offered_first(case), policy)
    homes = {alias: e.episode_id for e in episodes for alias in e.aliases}
    referrals = case.referrals
    if any(r.episode_id in homes for r in referrals):
        referrals = tuple(
            changed(r, episode_id=homes[r.episode_id]) if r.episode_id in homes else r
            for r in referrals
        )
    return changed(
        case, movements=kept, unmatched=unmatched, episodes=episodes, referrals=referrals
    )


def _offered_first(case: Case) -> Sequence[Episode]:
    if len(case.episodes) < 2 or not case.referrals:  # noqa: PLR2004  no two, no order
        return case.episodes
    made: dict[UUID, datetime] = {}
    for referral in case.referrals:
        at = made.get(referral.episode_id, referral.made_ready_at)
        made[referral.episode_id] = min(at, referral.made_ready_at)
    return sorted(
        case.episodes,
        key=lambda e: (e.episode_id not in made, made.get(e.episode_id, e.admitted_at)),
    )


def task_id(kind: TaskKind, subject: str) -> UUID:
    """Return the id of the task of this kind about `subject`; the same question has one id.

    A subject belongs to one person, so that a merge leaves the ids of tasks as they are.
    """
    return mint(HUB_NAMESPACE, "task", kind.value, subject)


def open_task(case: Case, kind: TaskKind, subject: str, meta: Meta) -> Case:
    """Return the case with a task that stays until a person resolves it."""
    new = task_id(kind, subject)
    if new in case.resolved or any(t.task_id == new for t in case.tasks):
        return case
    task = Task(task_id=new, kind=kind, subject=subject, since=meta.recorded_at)
    return changed(case, tasks=(*case.tasks, task))
