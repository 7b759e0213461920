"""The canonical events: everything that can change a case, one type per kind of fact.

An event is an envelope (`Meta`, travels in clear, holds pseudonyms only) and a payload (travels
sealed). The payload's class decides what happened; `RECORD_TYPES` names each on the wire.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from hub.domain.children import (
    Address,
    Carer,
    Child,
    ChildView,
    Custody,
    Relationship,
    SafetyAnswerKind,
)
from hub.domain.consent import AskState, ConsentRecord
from hub.domain.ids import (
    ChildKey,
    DataKeyId,
    Namespace,
    PersonKey,
    RecipientId,
    SourceId,
    TenantId,
)
from hub.domain.movements import MovementKind
from hub.domain.referral import Business, Operation
from hub.domain.values import Value


class Meta(Value, frozen=True, kw_only=True):
    """The envelope. `occurred_at` is the source's word, `recorded_at` the hub's own stamp (UTC)."""

    event_id: UUID
    type: str
    tenant: TenantId
    source: SourceId
    namespace: Namespace
    occurred_at: datetime
    recorded_at: datetime
    person: PersonKey
    data_key: DataKeyId
    causation_id: UUID | None = None
    correlation_id: UUID | None = None


class PersonNumber(Value, frozen=True, kw_only=True):
    """The number a register issued for a person. Identifying: only ever sealed."""

    namespace: Namespace
    number: str


class MovementRecorded(Value, frozen=True, kw_only=True):
    """A prison system reported a movement of the person."""

    kind: MovementKind
    person: PersonNumber
    location: str | None = None
    reason_code: str | None = None
    held_s: int = 0


class PersonsMerged(Value, frozen=True, kw_only=True):
    """Two numbers are one person; `meta.person` survives, `removed` becomes an alias."""

    survivor: PersonNumber
    removed_number: PersonNumber
    removed: PersonKey
    booking: str | None = None


class BookingMoved(Value, frozen=True, kw_only=True):
    """A stay recorded under `moved_from` belongs to `meta.person`."""

    person: PersonNumber
    from_number: PersonNumber
    moved_from: PersonKey
    booking: str
    started_at: datetime | None = None


class BookingDeleted(Value, frozen=True, kw_only=True):
    """A stay was entered in error and removed at the source."""

    person: PersonNumber
    booking: str


class IdentityLinked(Value, frozen=True, kw_only=True):
    """A register stated that two numbers of different namespaces are one person."""

    person: PersonNumber
    other_number: PersonNumber
    other: PersonKey


class ChildRecorded(Value, frozen=True, kw_only=True):
    """A register holds this child of the person; the record replaces the register's earlier one."""

    child: Child


class ChildChanged(Value, frozen=True, kw_only=True):
    """Somebody entitled stated facts about a child. A field left out stays as it was."""

    child: ChildKey
    relationship: Relationship | None = None
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    expected_date: date | None = None
    language: str | None = None
    address: Address | None = None
    lives_in_prison: bool | None = None
    carer: Carer | None = None
    custody: Custody | None = None
    custody_source: str | None = None
    told: str | None = None
    view: ChildView | None = None


class ChildRemoved(Value, frozen=True, kw_only=True):
    """The child was recorded in error for this person."""

    child: ChildKey
    reason: str


class ChildCountRecorded(Value, frozen=True, kw_only=True):
    """The register knows only how many children there are; None when the count was cleared."""

    count: int | None = None
    legible: bool = True


class ConsentGranted(Value, frozen=True, kw_only=True):
    """A consent record was made."""

    record: ConsentRecord


class ConsentWithdrawn(Value, frozen=True, kw_only=True):
    """The parent took back one record, or all of them when `record_id` is None."""

    declared_at: datetime
    channel: str
    taken_by: str
    record_id: str | None = None


class ConsentSuperseded(Value, frozen=True, kw_only=True):
    """A record was replaced by another."""

    record_id: str
    superseded_by: str


class ConsentAsked(Value, frozen=True, kw_only=True):
    """The conversation about consent reached a state without a record, a refusal for example."""

    state: AskState
    until: datetime | None = None
    taken_by: str = ""


class SafetyAnswered(Value, frozen=True, kw_only=True):
    """A named role answered the safety question for a child."""

    child: ChildKey
    kind: SafetyAnswerKind
    answered_at: datetime
    role: str


class FreezeSet(Value, frozen=True, kw_only=True):
    """An officer stopped everything for this person, without having to give a reason."""

    set_by: str


class FreezeLifted(Value, frozen=True, kw_only=True):
    """The parent's own word lifted the freeze; who took it down and through which channel."""

    taken_by: str
    channel: str


class LookupAnswered(Value, frozen=True, kw_only=True):
    """The prison's systems answered a look-up: children, their count, the current booking."""

    lookup_id: UUID
    children: tuple[Child, ...] = ()
    count: int | None = None
    count_legible: bool = True
    booking: str | None = None
    in_custody: bool | None = None


class LookupFailed(Value, frozen=True, kw_only=True):
    """A look-up got no usable answer. That means unknown, never "no children"."""

    lookup_id: UUID
    reason: str


class TimerDue(Value, frozen=True, kw_only=True):
    """An instant that the case waited for has come."""

    timer_id: UUID
    generation: int


class TaskResolved(Value, frozen=True, kw_only=True):
    """A person did what a task asked for."""

    task_id: UUID
    resolution: str
    resolved_by: str


class Acknowledged(Value, frozen=True, kw_only=True):
    """A recipient's people answered. No free text: a decline carries a code."""

    referral_id: UUID
    generation: int
    recipient: RecipientId
    status: Business
    code: str | None = None


class DeliveryStage(StrEnum):
    """Which moment of a delivery the hub notes on the case."""

    UNKNOWN = "unknown"
    INTENT = "intent"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


class DeliveryNoted(Value, frozen=True, kw_only=True):
    """Delivery tells the case of its first intent and its final result for one message."""

    referral_id: UUID
    generation: int
    operation: Operation
    content_version: int
    stage: DeliveryStage
    at: datetime
    receipt: str | None = None


class Reassessed(Value, frozen=True, kw_only=True):
    """Policy, directory or a hold changed: look at the case again."""

    cause: str


Payload: TypeAlias = (
    MovementRecorded
    | PersonsMerged
    | BookingMoved
    | BookingDeleted
    | IdentityLinked
    | ChildRecorded
    | ChildChanged
    | ChildRemoved
    | ChildCountRecorded
    | ConsentGranted
    | ConsentWithdrawn
    | ConsentSuperseded
    | ConsentAsked
    | SafetyAnswered
    | FreezeSet
    | FreezeLifted
    | LookupAnswered
    | LookupFailed
    | TimerDue
    | TaskResolved
    | Acknowledged
    | DeliveryNoted
    | Reassessed
)

RECORD_TYPES: dict[str, type[Value]] = {
    "movements.recorded": MovementRecorded,
    "identity.merged": PersonsMerged,
    "identity.booking-moved": BookingMoved,
    "identity.booking-deleted": BookingDeleted,
    "identity.linked": IdentityLinked,
    "children.recorded": ChildRecorded,
    "children.changed": ChildChanged,
    "children.removed": ChildRemoved,
    "children.counted": ChildCountRecorded,
    "consent.granted": ConsentGranted,
    "consent.withdrawn": ConsentWithdrawn,
    "consent.superseded": ConsentSuperseded,
    "consent.asked": ConsentAsked,
    "safety.answered": SafetyAnswered,
    "safety.freeze-set": FreezeSet,
    "safety.freeze-lifted": FreezeLifted,
    "lookups.answered": LookupAnswered,
    "lookups.failed": LookupFailed,
    "timers.due": TimerDue,
    "tasks.resolved": TaskResolved,
    "acknowledgements.received": Acknowledged,
    "deliveries.noted": DeliveryNoted,
    "cases.reassessed": Reassessed,
}
"""Name on the wire -> payload class. The part before the dot is the schema's context."""

TYPE_NAMES: dict[type[Value], str] = {cls: name for name, cls in RECORD_TYPES.items()}


class Event(Value, frozen=True, kw_only=True):
    """One canonical event."""

    meta: Meta
    payload: Payload


class Draft(Value, frozen=True, kw_only=True):
    """An event as a source hands it in; the appender adds `recorded_at` and the data key."""

    event_id: UUID
    tenant: TenantId
    source: SourceId
    namespace: Namespace
    person: PersonKey
    occurred_at: datetime
    payload: Payload
    causation_id: UUID | None = None
    correlation_id: UUID | None = None

    @property
    def type(self) -> str:
        """The record type's name on the wire."""
        return TYPE_NAMES[type(self.payload)]
