"""What comes back: timers, tasks done by people, answers of recipients, notes of delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.case import Case, TimerKind
from hub.domain.decision import Ignored
from hub.domain.events import DeliveryStage
from hub.domain.referral import (
    BUSINESS_STEPS,
    Business,
    Operation,
    Referral,
    Transport,
    comes_before,
)
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, replace_referral
from hub.domain.values import changed

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.events import Acknowledged, DeliveryNoted, Meta, TaskResolved, TimerDue
    from hub.domain.policy import Rules

_TRANSPORT_ORDER = list(Transport)
_FAILED = frozenset({DeliveryStage.REJECTED, DeliveryStage.EXHAUSTED})


def timer_due(case: Case, payload: TimerDue, meta: Meta, _: Rules) -> Case | Ignored:
    """Wake up. A timer of an outdated generation is ignored."""
    timer = next(
        (
            t
            for t in case.timers
            if t.timer_id == payload.timer_id and t.generation == payload.generation
        ),
        None,
    )
    if timer is None:
        return Ignored.OUTDATED_TIMER
    result = changed(case, timers=tuple(t for t in case.timers if t is not timer))
    if timer.kind is TimerKind.LOOKUP_OVERDUE:
        for lookup in case.lookups:
            result = open_task(result, TaskKind.LOOKUP_FAILED, str(lookup.lookup_id), meta)
        result = changed(result, lookups=())
    return result


def task_resolved(case: Case, payload: TaskResolved, _: Meta, __: Rules) -> Case | Ignored:
    """Close a task for good: the same question is not asked again."""
    if not any(t.task_id == payload.task_id for t in case.tasks):
        return Ignored.UNKNOWN_TASK
    return changed(
        case,
        tasks=tuple(t for t in case.tasks if t.task_id != payload.task_id),
        resolved=(*case.resolved, payload.task_id),
    )


def acknowledged(case: Case, payload: Acknowledged, meta: Meta, _: Rules) -> Case | Ignored:
    """Take over an answer that may follow the present one; any other is a question to a person."""
    referral = _generation(case, payload.referral_id, payload.generation)
    if referral is None or referral.recipient != payload.recipient:
        return Ignored.UNKNOWN_REFERRAL
    if referral.first_intent_at is None and referral.transport is Transport.READY:
        # Nobody can answer what never left.
        return Ignored.UNKNOWN_REFERRAL
    if referral.business is payload.status or comes_before(payload.status, referral.business):
        return Ignored.ALREADY_KNOWN
    if payload.status not in BUSINESS_STEPS[referral.business]:
        subject = f"{referral.referral_id}/{payload.status.value}"
        return open_task(case, TaskKind.ACKNOWLEDGEMENT_UNMATCHED, subject, meta)
    result = replace_referral(
        case, changed(referral, business=payload.status, decline_code=payload.code)
    )
    if payload.status is Business.DECLINED:
        result = open_task(result, TaskKind.DECLINED_BY_RECIPIENT, str(referral.referral_id), meta)
    return result


def delivery_noted(case: Case, payload: DeliveryNoted, meta: Meta, _: Rules) -> Case | Ignored:
    """Note how far a message got. Notes may arrive in any order; the furthest state counts."""
    referral = _generation(case, payload.referral_id, payload.generation)
    if referral is None:
        return Ignored.UNKNOWN_REFERRAL
    result = replace_referral(case, _noted(referral, payload))
    if payload.stage in _FAILED:
        subject = f"{referral.referral_id}/{payload.operation.value}"
        result = open_task(result, TaskKind.DELIVERY_FAILED, subject, meta)
    return result if result != case else Ignored.ALREADY_KNOWN


def _generation(case: Case, referral_id: UUID, generation: int) -> Referral | None:
    return next(
        (r for r in case.referrals if r.referral_id == referral_id and r.generation == generation),
        None,
    )


def _noted(referral: Referral, payload: DeliveryNoted) -> Referral:
    """A retraction discloses nothing, and only the referral and its updates move the transport."""
    if payload.operation is Operation.RETRACT:
        return referral
    if payload.stage is DeliveryStage.INTENT:
        referral = changed(
            referral,
            first_intent_at=min(payload.at, referral.first_intent_at or payload.at),
            last_intent_at=max(payload.at, referral.last_intent_at or payload.at),
        )
    if payload.operation is Operation.RELEASE_NOTICE:
        return referral
    if payload.stage is DeliveryStage.INTENT:
        state = Transport.DISPATCHED
    elif payload.stage is DeliveryStage.DELIVERED:
        state = Transport.DELIVERED
    elif payload.stage in _FAILED:
        state = Transport.TECHNICALLY_REJECTED
    else:
        return referral
    if _TRANSPORT_ORDER.index(state) > _TRANSPORT_ORDER.index(referral.transport):
        return changed(referral, transport=state)
    return referral
