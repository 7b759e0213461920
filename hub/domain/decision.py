"""What a decision is: new cases, and everything that must follow from them.

The shell writes all of it in one transaction and delivers afterwards. Nothing in here has happened
yet when `decide` returns.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.domain.case import Case, ClosedEpisode
from hub.domain.consent import Category, Purpose
from hub.domain.content import Content
from hub.domain.events import PersonNumber
from hub.domain.ids import ChildKey, PersonKey, RecipientId
from hub.domain.referral import Operation, RetractionKind
from hub.domain.values import Value


class Ignored(StrEnum):
    """Why an event rightly changed nothing."""

    ALREADY_KNOWN = "already-known"
    OUTDATED_TIMER = "outdated-timer"
    NOT_IN_CUSTODY = "not-in-custody"
    UNKNOWN_REFERRAL = "unknown-referral"
    NOT_ALLOWED_NOW = "not-allowed-now"
    UNKNOWN_TASK = "unknown-task"
    UNKNOWN_LOOKUP = "unknown-lookup"
    NOTHING_TO_LIFT = "nothing-to-lift"
    ADMINISTRATIVE = "administrative"
    DUPLICATE = "duplicate"
    ERASED = "erased"


class Send(Value, frozen=True, kw_only=True):
    """One message to one recipient, ready to leave once a permit holds at the instant of sending.

    `order_key` (recipient and referral) keeps messages of one referral in order (P5);
    `idempotency_id` never changes over attempts, restarts and replays (P2), and is the send's id
    as well. A retraction carries no content (P3).
    """

    send_id: UUID
    referral_id: UUID
    operation: Operation
    generation: int
    content_version: int
    person: PersonKey
    child: ChildKey
    episode_id: UUID
    recipient: RecipientId
    purpose: Purpose
    idempotency_id: UUID
    order_key: str
    ready_at: datetime
    categories: tuple[Category, ...] = ()
    content: Content | None = None
    retraction: RetractionKind | None = None
    retraction_reason: str | None = None
    expires_at: datetime | None = None


class LookupWanted(Value, frozen=True, kw_only=True):
    """A question to the prison's systems about one person. `number` is identifying: seal it."""

    lookup_id: UUID
    person: PersonKey
    number: PersonNumber
    asked_at: datetime


class FactKind(StrEnum):
    """What a line of the decision log states."""

    UNKNOWN = "unknown"
    EVENT_APPLIED = "event-applied"
    EVENT_IGNORED = "event-ignored"
    REFERRAL_READY = "referral-ready"
    REFERRAL_UPDATED = "referral-updated"
    REFERRAL_RETRACTED = "referral-retracted"
    REFERRAL_CLOSED = "referral-closed"
    NOTICE_READY = "notice-ready"
    WITHHELD = "withheld"
    TASK_OPENED = "task-opened"
    TASK_CLOSED = "task-closed"
    TASK_ESCALATED = "task-escalated"
    LOOKUP_ASKED = "lookup-asked"
    PERMIT_DENIED = "permit-denied"
    DISCLOSURE_INTENT = "disclosure-intent"
    DISCLOSURE_RESULT = "disclosure-result"
    SEND_CANCELLED = "send-cancelled"
    DEAD_LETTERED = "dead-lettered"
    LETTER_DISCARDED = "letter-discarded"
    LETTER_REPLAYED = "letter-replayed"
    RESUMED = "resumed"
    DELIVERY_STOPPED = "delivery-stopped"
    DELIVERY_STARTED = "delivery-started"
    POSITIONS_SET = "positions-set"


class Fact(Value, frozen=True, kw_only=True):
    """One line of the decision log: ids, states and codes only, never personal data."""

    kind: FactKind
    subject: str
    reasons: tuple[str, ...] = ()
    refs: dict[str, str] = {}


class Decision(Value, frozen=True, kw_only=True):
    """The answer of `decide`. `ignored` is None when the event was applied.

    `timers`, `tasks`, `lookups` and `withheld` of the new cases are complete: the store replaces
    what it held for those persons. `sends`, `lookups` and `facts` are what came new. `closed` goes
    to the archive, `reopened` names stays that came back from it.
    """

    cases: tuple[Case, ...]
    ignored: Ignored | None = None
    sends: tuple[Send, ...] = ()
    lookups: tuple[LookupWanted, ...] = ()
    facts: tuple[Fact, ...] = ()
    closed: tuple[tuple[PersonKey, ClosedEpisode], ...] = ()
    reopened: tuple[UUID, ...] = ()
