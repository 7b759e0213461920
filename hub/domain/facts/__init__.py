"""How each kind of event changes what is known of a person. No consequences are drawn here.

Each function takes a case and a payload and returns the case with the new fact in it, or the reason
why the event changed nothing. What must follow from the facts is for `follow` to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hub.domain.case import Case
from hub.domain.decision import Ignored
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
from hub.domain.facts import answers, children, consents, custody
from hub.domain.policy import Rules
from hub.domain.values import Value

LEARN: dict[type[Value], Callable[[Case, Any, Meta, Rules], Case | Ignored]] = {
    MovementRecorded: custody.movement,
    BookingDeleted: custody.booking_deleted,
    Reassessed: custody.reassessed,
    ChildRecorded: children.child_recorded,
    ChildChanged: children.child_changed,
    ChildRemoved: children.child_removed,
    ChildCountRecorded: children.child_counted,
    SafetyAnswered: children.safety_answered,
    LookupAnswered: children.lookup_answered,
    LookupFailed: children.lookup_failed,
    ConsentGranted: consents.consent_granted,
    ConsentWithdrawn: consents.consent_withdrawn,
    ConsentSuperseded: consents.consent_superseded,
    ConsentAsked: consents.consent_asked,
    FreezeSet: consents.freeze_set,
    FreezeLifted: consents.freeze_lifted,
    TimerDue: answers.timer_due,
    TaskResolved: answers.task_resolved,
    Acknowledged: answers.acknowledged,
    DeliveryNoted: answers.delivery_noted,
}
"""Which function takes in which payload; events about two persons are in `identity`."""
