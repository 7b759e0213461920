"""Small changes to a case that several parts of the core make: replace one child, referral or task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.tasks import Task, TaskKind
from hub.domain.values import changed

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.case import Case
    from hub.domain.children import Child
    from hub.domain.events import Meta
    from hub.domain.referral import Referral


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


def task_id(person: str, kind: TaskKind, subject: str) -> UUID:
    """Return the id of the task of this kind about `subject`; the same question has one id."""
    return mint(HUB_NAMESPACE, "task", person, kind.value, subject)


def open_task(case: Case, kind: TaskKind, subject: str, meta: Meta) -> Case:
    """Return the case with a task that stays until a person resolves it."""
    new = task_id(case.person, kind, subject)
    if new in case.resolved or any(t.task_id == new for t in case.tasks):
        return case
    task = Task(task_id=new, kind=kind, subject=subject, since=meta.recorded_at)
    return changed(case, tasks=(*case.tasks, task))
