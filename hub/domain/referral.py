"""Referrals: one offer of help for one child at one recipient, and how it may change.

Two status fields are never mixed: `transport` says how far the message got, `business` what the
recipient's people said. Allowed changes of each stand in one table.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.domain.consent import Category, Purpose
from hub.domain.ids import ChildKey, RecipientId, mint
from hub.domain.values import Value


class Operation(StrEnum):
    """What one message to a recipient does."""

    UNKNOWN = "unknown"
    REFER = "refer"
    UPDATE = "update"
    RELEASE_NOTICE = "release-notice"
    RETRACT = "retract"


class Transport(StrEnum):
    """How far the referral got on its way."""

    UNKNOWN = "unknown"
    READY = "ready"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    TECHNICALLY_ACCEPTED = "technically-accepted"
    TECHNICALLY_REJECTED = "technically-rejected"


class Business(StrEnum):
    """What the recipient's people said. `NONE` until the first answer."""

    UNKNOWN = "unknown"
    NONE = "none"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    FORWARDED = "forwarded"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    CLOSED_NO_CONTACT = "closed-no-contact"


class RetractionKind(StrEnum):
    """`WITHDRAWN`: no further use on this basis. `WRONG`: correct or delete."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    WRONG = "wrong"


_B = Business
BUSINESS_STEPS: dict[Business, frozenset[Business]] = {
    _B.NONE: frozenset({_B.ACKNOWLEDGED, _B.ACCEPTED, _B.DECLINED, _B.FORWARDED}),
    _B.ACKNOWLEDGED: frozenset({_B.ACCEPTED, _B.DECLINED, _B.FORWARDED}),
    _B.ACCEPTED: frozenset({_B.IN_PROGRESS, _B.COMPLETED, _B.CLOSED_NO_CONTACT, _B.FORWARDED}),
    _B.IN_PROGRESS: frozenset({_B.COMPLETED, _B.CLOSED_NO_CONTACT, _B.FORWARDED}),
    _B.DECLINED: frozenset(),
    _B.FORWARDED: frozenset(),
    _B.COMPLETED: frozenset(),
    _B.CLOSED_NO_CONTACT: frozenset(),
}
"""Which answer may follow which. An answer equal to the present one is a repetition and ignored."""

ENDED: frozenset[Business] = frozenset(
    {_B.DECLINED, _B.FORWARDED, _B.COMPLETED, _B.CLOSED_NO_CONTACT}
)
"""Answers after which the referral is closed; help offered anew is a new generation."""

HELPING: frozenset[Business] = frozenset({_B.ACCEPTED, _B.IN_PROGRESS})
"""Answers after which the recipient is at work, and so is told of the release."""


class Retraction(Value, frozen=True, kw_only=True):
    """That a referral was taken back: which kind, why (a reason code), when."""

    kind: RetractionKind
    reason: str
    at: datetime


class Referral(Value, frozen=True, kw_only=True):
    """One referral. At most one per child x episode x recipient x purpose is open (P2).

    `content_version` counts its messages with content, the release notice among them.
    `last_intent_at` is when the latest of them was about to leave; `consents` is what the referral
    rests on, `notice_consents` what its release notice does.
    """

    referral_id: UUID
    child: ChildKey
    episode_id: UUID
    recipient: RecipientId
    purpose: Purpose
    generation: int
    content_version: int
    content_hash: str
    categories: tuple[Category, ...]
    consents: tuple[str, ...]
    made_ready_at: datetime
    transport: Transport = Transport.READY
    business: Business = Business.NONE
    first_intent_at: datetime | None = None
    last_intent_at: datetime | None = None
    notice_consents: tuple[str, ...] = ()
    retraction: Retraction | None = None
    release_notice: bool = False
    provisional: bool = False
    decline_code: str | None = None

    @property
    def open(self) -> bool:
        """True while the recipient may act on it: neither taken back nor closed by an answer."""
        return self.retraction is None and self.business not in ENDED


def comes_before(earlier: Business, later: Business) -> bool:
    """Return whether `earlier` is an answer on the way to `later`, so that it merely came late."""
    steps = BUSINESS_STEPS.get(earlier, frozenset())
    return later in steps or any(comes_before(step, later) for step in steps)


def referral_id(
    episode_id: UUID, child: ChildKey, recipient: RecipientId, purpose: Purpose
) -> UUID:
    """Return the id that this offer of help has, in every generation and on every replay."""
    return mint(episode_id, "referral", child, recipient, purpose.value)


def idempotency_id(
    referral: UUID, generation: int, operation: Operation, content_version: int
) -> UUID:
    """Return the id a recipient sees on every attempt of one message (P2): it never changes."""
    return mint(referral, generation, operation.value, content_version)
