"""Tasks that should stand, timers to be woken by, and when a stay has no further consequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hub.domain.case import Timer, TimerKind
from hub.domain.children import (
    ADULT_AGE,
    CarerState,
    Child,
    Restriction,
    SafetyAnswerKind,
    View,
    age_on,
)
from hub.domain.consent import starts_at
from hub.domain.decision import FactKind
from hub.domain.entitlement import Denial
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.tasks import Task, TaskKind
from hub.domain.upkeep import task_id
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.domain.case import Case, Episode
    from hub.domain.follow import Followed
    from hub.domain.policy import Rules

DERIVED = frozenset(
    {
        TaskKind.CHILD_ALONE,
        TaskKind.CHILDREN_UNNAMED,
        TaskKind.BIRTH_DATE_UNKNOWN,
        TaskKind.CONTACT_RESTRICTED,
        TaskKind.SAFETY_CONCERN,
        TaskKind.CHILD_OBJECTS,
        TaskKind.NO_RECIPIENT,
        TaskKind.CORRECTIONS_UNSETTLED,
        TaskKind.DISCLOSED_AFTER_WITHDRAWAL,
    }
)
"""Tasks that stand exactly while the facts ask for them; all others until a person resolves them."""


def settle_tasks(followed: Followed, rules: Rules, now: datetime) -> None:
    """Open and close tasks until they are what the facts ask for."""
    case = followed.case
    wanted = {
        task_id(case.person, kind, subject): (kind, subject)
        for kind, subject in _wanted(case, rules)
    }
    kept: list[Task] = []
    before = {t.task_id: t for t in case.tasks}
    for task in case.tasks:
        if task.kind in DERIVED and task.task_id not in wanted:
            followed.note(FactKind.TASK_CLOSED, task.task_id, (task.kind.value,))
        else:
            kept.append(_escalated(followed, task, now))
    for new_id, (kind, subject) in wanted.items():
        if new_id not in before and new_id not in case.resolved:
            kept.append(
                Task(
                    task_id=new_id,
                    kind=kind,
                    subject=subject,
                    since=now,
                    due=_due(kind, rules, now),
                )
            )
    followed.case = changed(case, tasks=tuple(kept))


def _wanted(case: Case, rules: Rules) -> Iterator[tuple[TaskKind, str]]:
    current = case.current
    if current is not None and current.running:
        minors = [c for c in case.children if _concerns(c, current)]
        if not minors and (case.child_count or 0) > 0 and not case.lookups:
            yield TaskKind.CHILDREN_UNNAMED, str(current.episode_id)
        for child in minors:
            yield from _wanted_for_child(child, current, rules)
        for withheld in case.withheld:
            if withheld.reasons == (Denial.NO_RECIPIENT.value,):
                yield TaskKind.NO_RECIPIENT, f"{current.episode_id}/{withheld.child}"
        limit = rules.policy.settle_limit_factor * rules.policy.settle
        if current.settle_until >= current.first_received_at + limit > current.first_received_at:
            yield TaskKind.CORRECTIONS_UNSETTLED, str(current.episode_id)
    for referral in case.referrals:
        at = referral.first_intent_at
        if at is not None and any(
            c.withdrawal is not None and c.withdrawal.declared_at < at
            for c in case.consents
            if c.record.record_id in referral.consents
        ):
            yield (
                TaskKind.DISCLOSED_AFTER_WITHDRAWAL,
                f"{referral.referral_id}/{referral.generation}",
            )


def _wanted_for_child(
    child: Child, episode: Episode, rules: Rules
) -> Iterator[tuple[TaskKind, str]]:
    subject = f"{episode.episode_id}/{child.child}"
    if not child.lives_in_prison and (
        child.carer is None or child.carer.state is not CarerState.KNOWN
    ):
        yield TaskKind.CHILD_ALONE, subject
    if child.birth_date is None and child.expected_date is None:
        yield TaskKind.BIRTH_DATE_UNKNOWN, subject
    if any(r is not Restriction.CHILD_VETTING for r in child.restrictions):
        yield TaskKind.CONTACT_RESTRICTED, subject
    if child.safety is not None and child.safety.kind is SafetyAnswerKind.CONCERN:
        yield TaskKind.SAFETY_CONCERN, subject
    if (
        child.view is not None
        and child.view.view is View.OBJECTS
        and child.birth_date is not None
        and age_on(child.birth_date, child.view.asked_at.date()) < rules.policy.child_objection_age
    ):
        yield TaskKind.CHILD_OBJECTS, subject


def _concerns(child: Child, episode: Episode) -> bool:
    """A child that is not removed and was not of age when the stay began."""
    return not child.removed and (
        child.birth_date is None or age_on(child.birth_date, episode.admitted_at.date()) < ADULT_AGE
    )


def _due(kind: TaskKind, rules: Rules, now: datetime) -> datetime | None:
    if kind is TaskKind.CHILD_ALONE:
        return now + timedelta(minutes=rules.policy.child_alone_escalation_minutes)
    return None


def _escalated(followed: Followed, task: Task, now: datetime) -> Task:
    """A task that nobody took up in time is escalated once."""
    if task.due is None or task.escalated or now < task.due:
        return task
    followed.note(FactKind.TASK_ESCALATED, task.task_id, (task.kind.value,))
    return changed(task, escalated=True)


def settle_timers(followed: Followed, rules: Rules, now: datetime) -> None:
    """Set the timers that the case needs. An unchanged timer keeps its id and generation."""
    case = followed.case
    timers: list[Timer] = []
    for kind, subject, due in _instants(case, rules, now):
        if due > now:
            timer_id = mint(HUB_NAMESPACE, "timer", case.person, kind.value, subject)
            # The due second is the generation: a timer that moves gets another one, and the same
            # instant asked for twice is the same event.
            timers.append(Timer(timer_id=timer_id, kind=kind, due=due, generation=_second(due)))
    followed.case = changed(
        case, timers=tuple(sorted(timers, key=lambda t: (t.due, str(t.timer_id))))
    )


def _second(instant: datetime) -> int:
    return int(instant.timestamp())


def _instants(case: Case, rules: Rules, now: datetime) -> Iterator[tuple[TimerKind, str, datetime]]:
    policy = rules.policy
    for episode in case.episodes:
        subject = str(episode.episode_id)
        if episode.void:
            continue
        if episode.running:
            yield TimerKind.SETTLE, subject, episode.settle_until
        elif episode.ended_at is not None and episode.end_received_at is not None:
            yield TimerKind.SETTLE, f"{subject}/end", episode.end_received_at + policy.settle
            over = _over_at(episode, rules)
            yield TimerKind.RELEASE_GRACE_ENDS, subject, over
    if not case.episodes:
        return
    for consent in case.consents:
        record = consent.record
        if consent.withdrawal is None and consent.superseded_by is None:
            yield TimerKind.CONSENT_STARTS, record.record_id, starts_at(record)
            if record.expires_at is not None:
                yield TimerKind.CONSENT_EXPIRES, record.record_id, record.expires_at
    current = case.current
    if current is not None and current.running:
        minors = [c for c in case.children if _concerns(c, current)]
        for child in minors:
            if child.safety is not None:
                days = timedelta(days=policy.safety_answer_max_age_days)
                yield TimerKind.SAFETY_EXPIRES, child.child, child.safety.answered_at + days
        if any(c.birth_date is not None for c in minors):
            # Coarse on purpose: an exact due time would tell a birthday (rule 7).
            yield TimerKind.COMING_OF_AGE, "", _next_month(now)
    for lookup in case.lookups:
        wait = timedelta(minutes=policy.lookup_answer_minutes)
        yield TimerKind.LOOKUP_OVERDUE, str(lookup.lookup_id), lookup.asked_at + wait
    for task in case.tasks:
        if task.due is not None and not task.escalated:
            yield TimerKind.TASK_ESCALATES, str(task.task_id), task.due


def _next_month(now: datetime) -> datetime:
    year, month = (now.year + 1, 1) if now.month == 12 else (now.year, now.month + 1)  # noqa: PLR2004  December
    return datetime(year, month, 1, tzinfo=UTC)


def _over_at(episode: Episode, rules: Rules) -> datetime:
    """Return when a stay that ended has no further consequence of its own."""
    grace = timedelta(days=rules.policy.release_grace_days)
    received = episode.end_received_at or episode.first_received_at
    return max((episode.ended_at or received) + grace, received + rules.policy.settle)


def is_over(case: Case, episode: Episode, rules: Rules, now: datetime) -> bool:
    """True if a stay can be put away: ended beyond its grace, or void, with nothing left to do."""
    if any(r.episode_id == episode.episode_id and r.open for r in case.referrals):
        # A recipient may still answer or be told; answers and recalls need the referral at hand.
        later = case.current is not None and case.current.admitted_at > episode.admitted_at
        if not later or episode.void:
            return False
    if episode.void:
        return now >= episode.settle_until
    return episode.ended_at is not None and now >= _over_at(episode, rules)
