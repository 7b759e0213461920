"""The permit: may this leave, at this instant? Allowed with its consents, or every reason against.

Deny by default: a permit is allowed only if nothing speaks against it, at the beginning and at the
end of the time in which the disclosure may happen. The same checks answer when a referral is made,
when it is sent, and at every retry and replay.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

from hub.domain.consent import Category, Purpose
from hub.domain.entitlement import Denial, Voices
from hub.domain.grounds import Grounds, Inquiry, weigh
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.domain.case import Case
    from hub.domain.policy import Rules


class Permit(Value, frozen=True, kw_only=True):
    """The answer: `reasons` is empty exactly if allowed; `consents` are the records it rests on."""

    reasons: tuple[Denial, ...]
    consents: tuple[str, ...]
    policy: str

    @property
    def allowed(self) -> bool:
        """True if nothing speaks against the disclosure."""
        return not self.reasons


class Question(Value, frozen=True, kw_only=True):
    """What is to be disclosed: about which child and stay, for what, to whom, which categories."""

    child: ChildKey
    episode_id: UUID
    purpose: Purpose
    recipient: RecipientId
    categories: tuple[Category, ...]


class SendLike(Protocol):
    """What the permit must know of an outgoing message: a `Send`, or its row in the outbox."""

    @property
    def child(self) -> ChildKey:
        """Which child it is about."""

    @property
    def episode_id(self) -> UUID:
        """Which stay it is about."""

    @property
    def purpose(self) -> Purpose:
        """What it is for."""

    @property
    def recipient(self) -> RecipientId:
        """Who gets it."""

    @property
    def categories(self) -> tuple[Category, ...]:
        """What it carries."""

    @property
    def referral_id(self) -> UUID:
        """Which referral it belongs to."""

    @property
    def generation(self) -> int:
        """Which generation of it."""


class Target(NamedTuple):
    """What a message would be about and for, before it is known what it may carry."""

    child: ChildKey
    episode_id: UUID
    purpose: Purpose
    recipient: RecipientId


def permit(
    case: Case,
    question: Question,
    rules: Rules,
    now: datetime,
    until: datetime,
    *,
    held: bool = False,
    stale: bool = False,
) -> Permit:
    """Return whether `question` may be disclosed at every instant from `now` to `until`.

    `held`: input about the person could not be understood and waits for an operator. `stale`: it
    is not known that all consents up to a short while ago were decided.
    """
    about = Target(question.child, question.episode_id, question.purpose, question.recipient)
    inquiry = _inquiry(case, about, rules, now, until)
    grounds = weigh(inquiry)
    if held:
        grounds.against.add(Denial.UNRESOLVED_INPUT)
    if stale:
        grounds.against.add(Denial.CONSENT_VIEW_STALE)
    return _answer(inquiry, grounds, question.categories, _voices(inquiry, grounds))


def propose(
    case: Case, about: Target, rules: Rules, now: datetime
) -> tuple[Permit, tuple[Category, ...]]:
    """Return what a message may carry at `now`, and whether it may leave with that.

    It carries all categories that the purpose requires, and of the optional ones those that are
    permitted and that the recipient's connector can carry.
    """
    inquiry = _inquiry(case, about, rules, now, now)
    grounds = weigh(inquiry)
    rule = rules.policy.purposes.get(about.purpose)
    target = rules.directory.recipients.get(about.recipient)
    if rule is None or target is None:
        bare = (Category.IMPRISONMENT,)
        return _answer(inquiry, grounds, bare, _voices(inquiry, grounds)), ()
    voices = _voices(inquiry, grounds)
    optional = (
        category
        for category in rule.optional
        if voices is not None and category in target.categories and voices.missing(category) is None
    )
    carried = (*rule.required, *optional)
    return _answer(inquiry, grounds, rule.required, voices), carried


def permit_for_send(
    case: Case,
    send: SendLike,
    rules: Rules,
    now: datetime,
    until: datetime,
    *,
    held: bool = False,
    stale: bool = False,
) -> Permit:
    """Return whether a message of the outbox may be disclosed from `now` to `until`.

    The referral must still be open in the case: what the core took back meanwhile never leaves.
    """
    question = Question(
        child=send.child,
        episode_id=send.episode_id,
        purpose=send.purpose,
        recipient=send.recipient,
        categories=send.categories,
    )
    answer = permit(case, question, rules, now, until, held=held, stale=stale)
    standing = any(
        r.referral_id == send.referral_id and r.generation == send.generation and r.open
        for r in case.referrals
    )
    if standing:
        return answer
    return Permit(
        reasons=tuple(sorted({*answer.reasons, Denial.REFERRAL_ENDED})),
        consents=answer.consents,
        policy=answer.policy,
    )


def _inquiry(case: Case, about: Target, rules: Rules, now: datetime, until: datetime) -> Inquiry:
    return Inquiry(
        case,
        about.child,
        case.child(about.child),
        case.episode(about.episode_id),
        about.purpose,
        about.recipient,
        rules,
        now,
        until,
    )


def _voices(inquiry: Inquiry, grounds: Grounds) -> Voices | None:
    """Return who agreed; None without a child or any valid consent: that is said already."""
    if inquiry.child is None or not grounds.valid:
        return None
    return Voices(grounds.valid, inquiry.child, inquiry.rules.policy, inquiry.now)


def _answer(
    inquiry: Inquiry, grounds: Grounds, carried: Sequence[Category], voices: Voices | None
) -> Permit:
    against = grounds.against
    if voices is not None:
        against.update([r for c in carried if (r := voices.missing(c)) is not None])
    if Category.IMPRISONMENT not in carried:
        against.add(Denial.IMPRISONMENT_NOT_PERMITTED)
    return Permit(
        reasons=tuple(sorted(against)),
        consents=tuple(sorted([c.record.record_id for c in grounds.valid])),
        policy=inquiry.rules.policy.version,
    )
