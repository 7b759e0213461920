"""Tasks that should stand, timers to be woken by, and when a stay has no further consequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from hub.domain.case import Timer, TimerKind
from hub.domain.children import (
    ADULT_AGE,
    CarerState,
    Child,
    Relationship,
    SafetyAnswerKind,
    View,
    age_on,
)
from hub.domain.consent import starts_at
from hub.domain.decision import FactKind
from hub.domain.entitlement import Denial
from hub.domain.grounds import contact_restricted
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.tasks import Task, TaskKind
from hub.domain.upkeep import task_id
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.domain.case import Case, Episode
    from hub.domain.follow import Followed
    from hub.domain.policy import Policy, Rules

DERIVED = frozenset(
    {
        TaskKind.CHILD_ALONE,
        TaskKind.CHILD_UNRECORDED,
        TaskKind.CHILDREN_UNNAMED,
        TaskKind.BIRTH_DATE_UNKNOWN,
        TaskKind.CONTACT_RESTRICTED,
        TaskKind.SAFETY_CONCERN,
        TaskKind.CHILD_OBJECTS,
        TaskKind.NO_RECIPIENT,
        TaskKind.MOVEMENT_UNMATCHED,
        TaskKind.CORRECTIONS_UNSETTLED,
        TaskKind.DISCLOSED_AFTER_WITHDRAWAL,
    }
)
"""Tasks that stand exactly while the facts ask for them; others until a person resolves them."""

_Instant: TypeAlias = tuple[TimerKind, str, datetime]
"""A kind of timer, what it is about, and when it is due."""


def settle_tasks(followed: Followed) -> None:
    """Open and close tasks until they are what the facts ask for."""
    case = followed.case
    wanted = {
        task_id(kind, subject): (kind, subject)
        for kind, subject in _wanted(case, followed.rules.policy)
    }
    kept = [
        _escalated(followed, task)
        for task in case.tasks
        if task.kind not in DERIVED or task.task_id in wanted
    ]
    standing = {t.task_id for t in kept}.union(case.resolved)
    kept += [
        Task(task_id=new, kind=kind, subject=subject, since=followed.now, due=_due(kind, followed))
        for new, (kind, subject) in wanted.items()
        if new not in standing
    ]
    if tuple(kept) != case.tasks:
        followed.case = changed(case, tasks=tuple(kept))


def _wanted(case: Case, policy: Policy) -> Iterator[tuple[TaskKind, str]]:
    current = case.current
    if current is not None and current.running:
        yield from _wanted_while_inside(case, current, policy)
    for child in case.children:
        if not child.removed and not case.recorded(child):
            yield TaskKind.CHILD_UNRECORDED, child.child
    for movement_id in case.unmatched:
        yield TaskKind.MOVEMENT_UNMATCHED, str(movement_id)
    if any(c.withdrawal is not None for c in case.consents):
        yield from _disclosed_after_withdrawal(case)


def _wanted_while_inside(
    case: Case, current: Episode, policy: Policy
) -> Iterator[tuple[TaskKind, str]]:
    minors = _minors(case, current)
    if not minors and (case.child_count or 0) > 0 and not case.lookups:
        yield TaskKind.CHILDREN_UNNAMED, str(current.episode_id)
    for child in minors:
        yield from _wanted_for_child(child, current, policy)
    for withheld in case.withheld:
        if withheld.reasons == (Denial.NO_RECIPIENT.value,):
            yield TaskKind.NO_RECIPIENT, f"{current.episode_id}/{withheld.child}"
    if current.unsettled:
        yield TaskKind.CORRECTIONS_UNSETTLED, str(current.episode_id)


def _minors(case: Case, current: Episode) -> list[Child]:
    return [c for c in case.children if case.recorded(c) and _concerns(c, current)]


def _disclosed_after_withdrawal(case: Case) -> Iterator[tuple[TaskKind, str]]:
    """The parent had said no already, but the word had not reached the hub yet: an incident."""
    said = {c.record.record_id: c.withdrawal for c in case.consents if c.withdrawal is not None}
    for referral in case.referrals:
        left = referral.last_intent_at
        used = (*referral.consents, *referral.notice_consents)
        if left is not None and any(said[r].declared_at < left for r in used if r in said):
            subject = f"{referral.referral_id}/{referral.generation}"
            yield TaskKind.DISCLOSED_AFTER_WITHDRAWAL, subject


def _wanted_for_child(
    child: Child, episode: Episode, policy: Policy
) -> Iterator[tuple[TaskKind, str]]:
    subject = f"{episode.episode_id}/{child.child}"
    if not (child.lives_in_prison or _cared_for(child)):
        yield TaskKind.CHILD_ALONE, subject
    if child.birth_date is None and child.expected_date is None:
        yield TaskKind.BIRTH_DATE_UNKNOWN, subject
    if contact_restricted(child):
        yield TaskKind.CONTACT_RESTRICTED, subject
    if child.safety is not None and child.safety.kind is SafetyAnswerKind.CONCERN:
        yield TaskKind.SAFETY_CONCERN, subject
    if (
        child.view is not None
        and child.view.view is View.OBJECTS
        and child.birth_date is not None
        and age_on(child.birth_date, child.view.asked_at.date()) < policy.child_objection_age
    ):
        yield TaskKind.CHILD_OBJECTS, subject


def _concerns(child: Child, episode: Episode) -> bool:
    """A child that is not removed and was not of age when the stay began."""
    return not child.removed and (
        child.birth_date is None or age_on(child.birth_date, episode.admitted_at.date()) < ADULT_AGE
    )


def _cared_for(child: Child) -> bool:
    """A child that is not born yet is nowhere alone."""
    unborn = child.relationship is Relationship.UNBORN and child.birth_date is None
    return unborn or (child.carer is not None and child.carer.state is CarerState.KNOWN)


def _due(kind: TaskKind, followed: Followed) -> datetime | None:
    if kind is TaskKind.CHILD_ALONE:
        minutes = followed.rules.policy.child_alone_escalation_minutes
        return followed.now + timedelta(minutes=minutes)
    return None


def _escalated(followed: Followed, task: Task) -> Task:
    """A task that nobody took up in time is escalated once."""
    if task.due is None or task.escalated or followed.now < task.due:
        return task
    followed.note(FactKind.TASK_ESCALATED, task.task_id, (task.kind.value,))
    return changed(task, escalated=True)


def settle_timers(followed: Followed) -> None:
    """Set the timers that the case needs. An unchanged timer keeps its id and generation."""
    case, now = followed.case, followed.now
    wanted = sorted(
        (due, kind, subject)
        for kind, subject, due in _instants(case, followed.rules.policy, now)
        if due > now
    )
    if [(due, kind) for due, kind, _ in wanted] == [(t.due, t.kind) for t in case.timers]:
        # Woken at the same instants for the same reasons: whose timer it was makes no difference.
        return
    timers = tuple(
        Timer(
            timer_id=mint(HUB_NAMESPACE, "timer", case.person, kind.value, subject),
            kind=kind,
            due=due,
            # The due second is the generation: a timer that moves gets another one, and the same
            # instant asked for twice is the same event.
            generation=_second(due),
        )
        for due, kind, subject in wanted
    )
    followed.case = changed(case, timers=timers)


def _second(instant: datetime) -> int:
    return int(instant.timestamp())


def _instants(case: Case, policy: Policy, now: datetime) -> Iterator[_Instant]:
    for episode in case.episodes:
        if not episode.void:
            yield from _instants_of_stay(episode, policy)
    if case.episodes:
        yield from _instants_of_consents(case)
    current = case.current
    if current is not None and current.running:
        yield from _instants_of_children(case, current, policy, now)
    for lookup in case.lookups:
        wait = timedelta(minutes=policy.lookup_answer_minutes)
        yield TimerKind.LOOKUP_OVERDUE, str(lookup.lookup_id), lookup.asked_at + wait
    for task in case.tasks:
        if task.due is not None and not task.escalated:
            yield TimerKind.TASK_ESCALATES, str(task.task_id), task.due


def _instants_of_stay(episode: Episode, policy: Policy) -> Iterator[_Instant]:
    subject = str(episode.episode_id)
    if episode.running:
        yield TimerKind.SETTLE, subject, episode.settle_until
    elif episode.end_settle_until is not None:
        yield TimerKind.SETTLE, f"{subject}/end", episode.end_settle_until
        yield TimerKind.RELEASE_GRACE_ENDS, subject, _over_at(episode, policy)


def _instants_of_consents(case: Case) -> Iterator[_Instant]:
    for consent in case.consents:
        record = consent.record
        if consent.known and consent.withdrawal is None and consent.superseded_by is None:
            yield TimerKind.CONSENT_STARTS, record.record_id, starts_at(record)
            if record.expires_at is not None:
                yield TimerKind.CONSENT_EXPIRES, record.record_id, record.expires_at


def _instants_of_children(
    case: Case, current: Episode, policy: Policy, now: datetime
) -> Iterator[_Instant]:
    minors = _minors(case, current)
    days = timedelta(days=policy.safety_answer_max_age_days)
    for child in minors:
        if child.safety is not None:
            yield TimerKind.SAFETY_EXPIRES, child.child, child.safety.answered_at + days
    if any(c.birth_date is not None for c in minors):
        # Coarse on purpose: an exact due time would tell a birthday (rule 7).
        yield TimerKind.COMING_OF_AGE, "", _next_month(now)


def _next_month(now: datetime) -> datetime:
    year, month = divmod(now.year * 12 + now.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _over_at(episode: Episode, policy: Policy) -> datetime:
    """Return when a stay that ended has no further consequence of its own."""
    ended = episode.ended_at or episode.admitted_at
    grace = timedelta(days=policy.release_grace_days)
    return max(ended + grace, episode.end_settle_until or ended)


def is_over(case: Case, episode: Episode, rules: Rules, now: datetime) -> bool:
    """True if a stay can be put away: ended beyond its grace, or void, with nothing left to do.

    A recipient may still answer an open referral or have to be told, so its stay remains.
    """
    if any(r.episode_id == episode.episode_id and r.open for r in case.referrals):
        return False
    if episode.void:
        # Kept for as long as a second report of it may come.
        grace = timedelta(days=rules.policy.release_grace_days)
        return now >= episode.first_received_at + grace
    return episode.ended_at is not None and now >= _over_at(episode, rules.policy)
