"""How each kind of event changes what is known of a person. No consequences are drawn here.

Each function takes a case and a payload and returns the case with the new fact in it, or the reason
why the event changed nothing. What must follow from the facts is for `follow` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hub.domain.case import Case, Episode, Freeze, TimerKind
from hub.domain.children import Child, SafetyAnswer
from hub.domain.consent import Ask, AskState, Consent, ConsentRecord, Withdrawal
from hub.domain.decision import Ignored
from hub.domain.episode import episodes_from
from hub.domain.events import (
    Acknowledged,
    BookingDeleted,
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ChildRemoved,
    ConsentAsked,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    DeliveryNoted,
    DeliveryStage,
    FreezeLifted,
    FreezeSet,
    LookupAnswered,
    LookupFailed,
    Meta,
    MovementRecorded,
    Reassessed,
    SafetyAnswered,
    TaskResolved,
    TimerDue,
)
from hub.domain.movements import Movement, MovementKind
from hub.domain.referral import (
    BUSINESS_STEPS,
    Business,
    Operation,
    Referral,
    Transport,
)
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, replace_child, replace_referral
from hub.domain.values import Value, changed

if TYPE_CHECKING:
    from datetime import datetime

    from hub.domain.policy import Rules

Learnt = Case | Ignored
CHILDREN_CHANGED = "children-changed"
"""Cause of a reassessment that asks the prison's systems for the children once more."""


def movement(case: Case, payload: MovementRecorded, meta: Meta, rules: Rules) -> Learnt:
    """Add a movement and fold the stays anew."""
    if payload.kind is MovementKind.UNKNOWN:
        return open_task(case, TaskKind.MOVEMENT_UNMATCHED, str(meta.event_id), meta)
    new = Movement(
        movement_id=meta.event_id,
        kind=payload.kind,
        occurred_at=meta.occurred_at,
        received_at=meta.recorded_at,
        source=meta.source,
        location=payload.location,
        reason_known=payload.reason_code is not None,
        held_s=payload.held_s,
    )
    movements = (*case.movements, new)
    episodes, unmatched = episodes_from(movements, case.episodes, rules.policy)
    result = changed(
        case, number=case.number or payload.person, movements=movements, episodes=episodes
    )
    if new in unmatched:
        result = open_task(result, TaskKind.MOVEMENT_UNMATCHED, str(meta.event_id), meta)
    return result


def booking_deleted(case: Case, payload: BookingDeleted, meta: Meta, rules: Rules) -> Learnt:
    """Void the stay of this booking: it was entered in error."""
    found = next((e for e in case.episodes if e.booking == payload.booking and not e.void), None)
    if found is None:
        return open_task(case, TaskKind.IDENTITY_UNMATCHED, str(meta.event_id), meta)
    kept = tuple(m for m in case.movements if not _within(m, found))
    marked = tuple(changed(e, void=True) if e is found else e for e in case.episodes)
    episodes, _ = episodes_from(kept, marked, rules.policy)
    return changed(case, movements=kept, episodes=episodes)


def child_recorded(case: Case, payload: ChildRecorded, meta: Meta, _: Rules) -> Learnt:
    """Take over a register's record; what the consent desk stated about the child stays."""
    return _register(case, payload.child, meta)


def child_changed(case: Case, payload: ChildChanged, _: Meta, __: Rules) -> Learnt:
    """Take over the facts that were stated; a child not recorded yet is kept with these facts."""
    child = case.child(payload.child) or Child(child=payload.child)
    stated = {
        field: value
        for field in payload.__struct_fields__
        if field != "child" and (value := getattr(payload, field)) is not None
    }
    return replace_child(case, changed(child, **stated))


def child_removed(case: Case, payload: ChildRemoved, _: Meta, __: Rules) -> Learnt:
    """Mark a child as recorded in error."""
    child = case.child(payload.child) or Child(child=payload.child)
    return replace_child(case, changed(child, removed=True))


def child_counted(case: Case, payload: ChildCountRecorded, meta: Meta, _: Rules) -> Learnt:
    """Keep the number; an illegible one is a question to a person."""
    if not payload.legible:
        return open_task(case, TaskKind.DATA_QUALITY, "number-of-children", meta)
    return changed(case, child_count=payload.count)


def consent_granted(case: Case, payload: ConsentGranted, meta: Meta, _: Rules) -> Learnt:
    """Keep a record; one that names a predecessor supersedes it."""
    record = payload.record
    kept = [c for c in case.consents if c.record.record_id != record.record_id]
    same = next((c for c in case.consents if c.record.record_id == record.record_id), None)
    if same is not None:
        known = changed(same, record=record) if not same.record.purposes else same
        new = changed(known, recorded_at=min(same.recorded_at, meta.recorded_at))
    else:
        new = Consent(record=record, recorded_at=meta.recorded_at)
    everything = case.withdrawn_all
    if new.withdrawal is None and everything and record.given_at <= everything.declared_at:
        new = changed(new, withdrawal=everything)
    kept = [
        changed(c, superseded_by=record.record_id) if c.record.record_id == record.supersedes else c
        for c in kept
    ]
    consents = tuple(sorted([*kept, new], key=lambda c: c.record.record_id))
    return _asked(changed(case, consents=consents), AskState.GIVEN, record.given_at)


def consent_withdrawn(case: Case, payload: ConsentWithdrawn, meta: Meta, _: Rules) -> Learnt:
    """Mark one record, or every one given before the parent's word, as withdrawn for good."""
    word = Withdrawal(
        declared_at=payload.declared_at, channel=payload.channel, taken_by=payload.taken_by
    )
    if payload.record_id is not None and not any(
        c.record.record_id == payload.record_id for c in case.consents
    ):
        # The withdrawal overtook its record: remember it, so that the record arrives withdrawn.
        return changed(case, consents=(*case.consents, _withdrawn_in_advance(payload, word, meta)))
    consents = tuple(
        changed(c, withdrawal=word)
        if c.withdrawal is None
        and (
            c.record.record_id == payload.record_id
            if payload.record_id is not None
            else c.record.given_at <= payload.declared_at
        )
        else c
        for c in case.consents
    )
    result = changed(case, consents=consents)
    earlier = case.withdrawn_all
    if payload.record_id is None and (earlier is None or earlier.declared_at < word.declared_at):
        result = changed(result, withdrawn_all=word)
    return _asked(result, AskState.WITHDRAWN, payload.declared_at)


def consent_superseded(case: Case, payload: ConsentSuperseded, _: Meta, __: Rules) -> Learnt:
    """Mark a record as replaced."""
    consents = tuple(
        changed(c, superseded_by=payload.superseded_by)
        if c.record.record_id == payload.record_id
        else c
        for c in case.consents
    )
    return changed(case, consents=consents) if consents != case.consents else Ignored.ALREADY_KNOWN


def consent_asked(case: Case, payload: ConsentAsked, meta: Meta, _: Rules) -> Learnt:
    """Keep where the conversation about consent stands; the latest word counts."""
    result = _asked(case, payload.state, meta.occurred_at, payload.until)
    return result if result != case else Ignored.ALREADY_KNOWN


def safety_answered(case: Case, payload: SafetyAnswered, _: Meta, __: Rules) -> Learnt:
    """Keep the latest safety answer of a child."""
    child = case.child(payload.child) or Child(child=payload.child)
    if child.safety is not None and child.safety.answered_at > payload.answered_at:
        return Ignored.ALREADY_KNOWN
    answer = SafetyAnswer(kind=payload.kind, answered_at=payload.answered_at, role=payload.role)
    return replace_child(case, changed(child, safety=answer))


def freeze_set(case: Case, payload: FreezeSet, meta: Meta, _: Rules) -> Learnt:
    """Stop everything for this person."""
    if case.freeze is not None:
        return Ignored.ALREADY_KNOWN
    return changed(case, freeze=Freeze(set_at=meta.occurred_at, set_by=payload.set_by))


def freeze_lifted(case: Case, _: FreezeLifted, __: Meta, ___: Rules) -> Learnt:
    """Go on, on the parent's own word."""
    return changed(case, freeze=None) if case.freeze else Ignored.NOTHING_TO_LIFT


def lookup_answered(case: Case, payload: LookupAnswered, meta: Meta, _: Rules) -> Learnt:
    """Take over children, their count and the booking of the running stay."""
    if not any(x.lookup_id == payload.lookup_id for x in case.lookups):
        return Ignored.UNKNOWN_LOOKUP
    result = changed(
        case,
        lookups=tuple(x for x in case.lookups if x.lookup_id != payload.lookup_id),
        tasks=tuple(t for t in case.tasks if t.kind is not TaskKind.LOOKUP_FAILED),
        child_count=payload.count if payload.count is not None else case.child_count,
    )
    for child in payload.children:
        result = _register(result, child, meta)
    if not payload.count_legible:
        result = open_task(result, TaskKind.DATA_QUALITY, "number-of-children", meta)
    current = result.current
    if payload.booking is not None and current is not None and current.running:
        booked = changed(current, booking=payload.booking)
        result = changed(
            result, episodes=tuple(booked if e is current else e for e in result.episodes)
        )
    return result


def lookup_failed(case: Case, payload: LookupFailed, meta: Meta, _: Rules) -> Learnt:
    """No usable answer means unknown: a person must ask."""
    if not any(x.lookup_id == payload.lookup_id for x in case.lookups):
        return Ignored.UNKNOWN_LOOKUP
    rest = tuple(x for x in case.lookups if x.lookup_id != payload.lookup_id)
    return open_task(changed(case, lookups=rest), TaskKind.LOOKUP_FAILED, "children", meta)


def timer_due(case: Case, payload: TimerDue, meta: Meta, _: Rules) -> Learnt:
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
        result = open_task(changed(result, lookups=()), TaskKind.LOOKUP_FAILED, "children", meta)
    return result


def task_resolved(case: Case, payload: TaskResolved, _: Meta, __: Rules) -> Learnt:
    """Close a task for good: the same question is not asked again."""
    if not any(t.task_id == payload.task_id for t in case.tasks):
        return Ignored.UNKNOWN_TASK
    return changed(
        case,
        tasks=tuple(t for t in case.tasks if t.task_id != payload.task_id),
        resolved=(*case.resolved, payload.task_id),
    )


def acknowledged(case: Case, payload: Acknowledged, meta: Meta, _: Rules) -> Learnt:
    """Take over an answer that may follow the present one; any other is a question to a person."""
    referral = next(
        (
            r
            for r in case.referrals
            if r.referral_id == payload.referral_id
            and r.generation == payload.generation
            and r.recipient == payload.recipient
        ),
        None,
    )
    if referral is None or referral.first_intent_at is None:
        return Ignored.UNKNOWN_REFERRAL
    if referral.business is payload.status:
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


_TRANSPORT_ORDER = list(Transport)


def delivery_noted(case: Case, payload: DeliveryNoted, meta: Meta, _: Rules) -> Learnt:
    """Note how far a message got. Notes may arrive in any order; the furthest state counts."""
    referral = next(
        (
            r
            for r in case.referrals
            if r.referral_id == payload.referral_id and r.generation == payload.generation
        ),
        None,
    )
    if referral is None:
        return Ignored.UNKNOWN_REFERRAL
    new = _noted(referral, payload)
    result = replace_referral(case, new)
    if payload.stage in {DeliveryStage.REJECTED, DeliveryStage.EXHAUSTED}:
        subject = f"{referral.referral_id}/{payload.operation.value}"
        result = open_task(result, TaskKind.DELIVERY_FAILED, subject, meta)
    return result if result != case else Ignored.ALREADY_KNOWN


def reassessed(case: Case, payload: Reassessed, _: Meta, rules: Rules) -> Learnt:
    """Look again; if children changed at the source, ask for them once more."""
    current = case.current
    if payload.cause == CHILDREN_CHANGED and current is not None and current.running:
        asking = changed(current, ask_again=True)
        return changed(case, episodes=tuple(asking if e is current else e for e in case.episodes))
    episodes, _unmatched = episodes_from(case.movements, case.episodes, rules.policy)
    return changed(case, episodes=episodes)


LEARN: dict[type[Value], Callable[[Case, Any, Meta, Rules], Learnt]] = {
    MovementRecorded: movement,
    BookingDeleted: booking_deleted,
    ChildRecorded: child_recorded,
    ChildChanged: child_changed,
    ChildRemoved: child_removed,
    ChildCountRecorded: child_counted,
    ConsentGranted: consent_granted,
    ConsentWithdrawn: consent_withdrawn,
    ConsentSuperseded: consent_superseded,
    ConsentAsked: consent_asked,
    SafetyAnswered: safety_answered,
    FreezeSet: freeze_set,
    FreezeLifted: freeze_lifted,
    LookupAnswered: lookup_answered,
    LookupFailed: lookup_failed,
    TimerDue: timer_due,
    TaskResolved: task_resolved,
    Acknowledged: acknowledged,
    DeliveryNoted: delivery_noted,
    Reassessed: reassessed,
}
"""Which function takes in which payload; events about two persons are in `identity`."""


def _asked(case: Case, state: AskState, at: datetime, until: datetime | None = None) -> Case:
    """The latest word about consent counts, in whatever order words arrive."""
    if case.ask is not None and case.ask.at > at:
        return case
    return changed(case, ask=Ask(state=state, at=at, until=until))


def _within(movement: Movement, episode: Episode) -> bool:
    return episode.admitted_at <= movement.occurred_at and (
        episode.ended_at is None or movement.occurred_at <= episode.ended_at
    )


_DESK_FIELDS = ("carer", "custody", "custody_source", "told", "view", "safety", "lives_in_prison")


def _register(case: Case, child: Child, meta: Meta) -> Case:
    """A register's record replaces its earlier one, but not what other people stated since."""
    known = case.child(child.child)
    new = changed(child, recorded_at=meta.recorded_at)
    if known is not None:
        kept = {field: getattr(known, field) for field in _DESK_FIELDS}
        if known.address is not None and (known.address.protected or known.address.area):
            kept["address"] = known.address
        for field in ("given_name", "family_name", "birth_date", "expected_date", "language"):
            if getattr(new, field) is None:
                kept[field] = getattr(known, field)
        new = changed(new, **kept)
    return replace_child(case, new)


def _withdrawn_in_advance(payload: ConsentWithdrawn, word: Withdrawal, meta: Meta) -> Consent:
    record = ConsentRecord(
        record_id=payload.record_id or "",
        given_at=payload.declared_at,
        purposes=(),
        categories=(),
        grantors=(),
    )
    return Consent(record=record, recorded_at=meta.recorded_at, withdrawal=word)


def _noted(referral: Referral, payload: DeliveryNoted) -> Referral:
    """Only the referral itself and its updates move the transport status; a notice does not."""
    if payload.operation not in {Operation.REFER, Operation.UPDATE}:
        return referral
    if payload.stage is DeliveryStage.INTENT:
        first = referral.first_intent_at
        referral = changed(
            referral, first_intent_at=payload.at if first is None else min(first, payload.at)
        )
        state = Transport.DISPATCHED
    elif payload.stage is DeliveryStage.DELIVERED:
        state = Transport.DELIVERED
    elif payload.stage in {DeliveryStage.REJECTED, DeliveryStage.EXHAUSTED}:
        state = Transport.TECHNICALLY_REJECTED
    else:
        return referral
    if _TRANSPORT_ORDER.index(state) > _TRANSPORT_ORDER.index(referral.transport):
        return changed(referral, transport=state)
    return referral
