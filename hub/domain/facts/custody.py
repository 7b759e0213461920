"""What movements, deleted bookings and reassessments change: the stays of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.case import Case
from hub.domain.decision import Ignored
from hub.domain.movements import Effect, Movement
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, refold, replace_episode
from hub.domain.values import changed

if TYPE_CHECKING:
    from hub.domain.case import Episode
    from hub.domain.events import BookingDeleted, Meta, MovementRecorded, Reassessed
    from hub.domain.policy import Policy, Rules

CHILDREN_CHANGED = "children-changed"
"""Cause of a reassessment that asks the prison's systems for the children once more."""


def movement(case: Case, payload: MovementRecorded, meta: Meta, rules: Rules) -> Case | Ignored:
    """Add a movement and fold the stays anew."""
    if any(m.movement_id == meta.event_id for m in case.movements):
        return Ignored.ALREADY_KNOWN
    new = Movement(
        movement_id=meta.event_id,
        kind=payload.kind,
        occurred_at=meta.occurred_at,
        received_at=meta.recorded_at,
        source=meta.source,
        location=payload.location,
        reason_code=payload.reason_code,
        held_s=payload.held_s,
    )
    if _of_deleted_booking(case, new, rules.policy):
        return open_task(case, TaskKind.IDENTITY_UNMATCHED, str(meta.event_id), meta)
    known = case if case.number is not None else changed(case, number=payload.person)
    return refold(known, (*case.movements, new), rules.policy)


def _of_deleted_booking(case: Case, new: Movement, policy: Policy) -> bool:
    """True if an admission may be a late report of one that was deleted as entered in error.

    It may as well be the corrected entry; nothing tells, so a person has to look.
    """
    return new.effect is Effect.OPENS and any(
        e.void and abs(new.occurred_at - e.admitted_at) <= policy.settle for e in case.episodes
    )


def booking_deleted(case: Case, payload: BookingDeleted, meta: Meta, rules: Rules) -> Case:
    """Void the stay of this booking: it was entered in error."""
    found = next((e for e in case.episodes if e.booking == payload.booking and not e.void), None)
    if found is None:
        return open_task(case, TaskKind.IDENTITY_UNMATCHED, str(meta.event_id), meta)
    kept = [m for m in case.movements if not within(m, found)]
    return refold(replace_episode(case, found, changed(found, void=True)), kept, rules.policy)


def within(move: Movement, episode: Episode) -> bool:
    """Return whether a movement happened during a stay."""
    return episode.admitted_at <= move.occurred_at and (
        episode.ended_at is None or move.occurred_at <= episode.ended_at
    )


def reassessed(case: Case, payload: Reassessed, _: Meta, rules: Rules) -> Case:
    """Look again; if children changed at the source, ask for them once more."""
    current = case.current
    if payload.cause == CHILDREN_CHANGED and current is not None and current.running:
        return replace_episode(case, current, changed(current, ask_again=True))
    return refold(case, case.movements, rules.policy)
