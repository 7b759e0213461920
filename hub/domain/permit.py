"""The permit: may this leave, at this instant? Allowed with its consents, or every reason against.

Deny by default: a permit is allowed only if nothing speaks against it, at the beginning and at the
end of the time in which the disclosure may happen. The same function answers when a referral is
made, when it is sent, and at every retry and replay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from hub.domain.children import ADULT_AGE, Child, Restriction, SafetyAnswerKind, View, age_on
from hub.domain.consent import AskState, Category, Consent, Purpose, Scope, starts_at
from hub.domain.entitlement import Denial, uncovered
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.values import Value

if TYPE_CHECKING:
    from hub.domain.case import Case, Episode
    from hub.domain.policy import Rules

__all__ = [
    "ENDING",
    "Denial",
    "Permit",
    "Question",
    "permit",
    "permit_for_send",
    "permitted_categories",
]


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


class EndKind(StrEnum):
    """What a reason means for a referral that already exists."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    WRONG = "wrong"
    LAPSED = "lapsed"


ENDING: dict[Denial, EndKind] = {
    Denial.CONSENT_WITHDRAWN: EndKind.WITHDRAWN,
    Denial.CONSENT_SUPERSEDED: EndKind.WITHDRAWN,
    Denial.EPISODE_VOID: EndKind.WRONG,
    Denial.CHILD_REMOVED: EndKind.WRONG,
    Denial.CONSENT_EXPIRED: EndKind.LAPSED,
    Denial.SCOPE_ENDED: EndKind.LAPSED,
    Denial.NOT_IN_CUSTODY: EndKind.LAPSED,
    Denial.CHILD_OF_AGE: EndKind.LAPSED,
}
"""Reasons that end a referral. All others only suspend it: what waits is tried again."""


class _Reasons:
    """Collects reasons once each, in the order found."""

    def __init__(self) -> None:
        self.found: dict[Denial, None] = {}

    def add(self, *reasons: Denial) -> None:
        for reason in reasons:
            self.found[reason] = None


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
    against = _Reasons()
    if held:
        against.add(Denial.UNRESOLVED_INPUT)
    if stale:
        against.add(Denial.CONSENT_VIEW_STALE)
    if case.freeze is not None:
        against.add(Denial.FROZEN)
    episode = next((e for e in case.episodes if e.episode_id == question.episode_id), None)
    _about_episode(against, episode, question.purpose, rules, now, until)
    child = case.child(question.child)
    _about_child(against, child, question.purpose, rules, now, until)
    _about_recipient(against, question, rules, now)
    valid = _valid_consents(against, case, question, episode, rules, now, until)
    if child is not None and valid:
        for category in question.categories:
            missing = uncovered(category, valid, child, rules.policy, now)
            if missing is not None:
                against.add(missing)
    if Category.IMPRISONMENT not in question.categories:
        against.add(Denial.IMPRISONMENT_NOT_PERMITTED)
    return Permit(
        reasons=tuple(sorted(against.found)),
        consents=tuple(sorted(c.record.record_id for c in valid)),
        policy=rules.policy.version,
    )


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


def permitted_categories(
    case: Case,
    child: Child,
    episode: Episode,
    purpose: Purpose,
    recipient: RecipientId,
    rules: Rules,
    now: datetime,
) -> tuple[Category, ...]:
    """Return what a referral may carry: all required categories, and the optional ones permitted.

    Whether the required ones are permitted too is for `permit` to say.
    """
    rule = rules.policy.purposes.get(purpose)
    target = rules.directory.recipients.get(recipient)
    if rule is None or target is None:
        return ()
    question = Question(
        child=child.child,
        episode_id=episode.episode_id,
        purpose=purpose,
        recipient=recipient,
        categories=(),
    )
    valid = _valid_consents(_Reasons(), case, question, episode, rules, now, now)
    optional = (
        category
        for category in rule.optional
        if category in target.categories
        and valid
        and uncovered(category, valid, child, rules.policy, now) is None
    )
    return (*rule.required, *optional)


def _about_episode(
    against: _Reasons,
    episode: Episode | None,
    purpose: Purpose,
    rules: Rules,
    now: datetime,
    until: datetime,
) -> None:
    if episode is None or episode.void:
        against.add(Denial.EPISODE_VOID)
    elif purpose is Purpose.RELEASE_NOTICE:
        if episode.ended_at is None or episode.end_received_at is None:
            against.add(Denial.STILL_IN_CUSTODY)
        elif now < episode.end_received_at + rules.policy.settle:
            against.add(Denial.NOT_SETTLED)
        elif until >= episode.ended_at + timedelta(days=rules.policy.release_grace_days):
            against.add(Denial.SCOPE_ENDED)
    elif episode.ended_at is not None:
        against.add(Denial.NOT_IN_CUSTODY)
    elif now < episode.settle_until:
        against.add(Denial.NOT_SETTLED)


def _about_child(
    against: _Reasons,
    child: Child | None,
    purpose: Purpose,
    rules: Rules,
    now: datetime,
    until: datetime,
) -> None:
    if child is None:
        against.add(Denial.CHILD_UNKNOWN)
        return
    policy = rules.policy
    if child.removed:
        against.add(Denial.CHILD_REMOVED)
    if child.birth_date is None and child.expected_date is None:
        against.add(Denial.BIRTH_DATE_UNKNOWN)
    age = age_on(child.birth_date, until.date()) if child.birth_date is not None else 0
    if age >= ADULT_AGE:
        against.add(Denial.CHILD_OF_AGE)
    if child.lives_in_prison:
        against.add(Denial.LIVES_IN_PRISON)
    if any(r is not Restriction.CHILD_VETTING for r in child.restrictions):
        against.add(Denial.CONTACT_RESTRICTED)
    if (
        child.view is not None
        and child.view.view is View.OBJECTS
        and age >= policy.child_objection_age
    ):
        against.add(Denial.CHILD_OBJECTS)
    answer = child.safety
    days = (
        policy.release_safety_max_age_days
        if purpose is Purpose.RELEASE_NOTICE
        else policy.safety_answer_max_age_days
    )
    if answer is not None and answer.kind is SafetyAnswerKind.CONCERN:
        against.add(Denial.SAFETY_CONCERN)
    elif (
        answer is None
        or answer.kind is not SafetyAnswerKind.CLEAR
        or answer.answered_at + timedelta(days=days) <= until
        or (policy.safety_roles and answer.role not in policy.safety_roles)
    ):
        against.add(Denial.SAFETY_CHECK_MISSING)


def _about_recipient(against: _Reasons, question: Question, rules: Rules, now: datetime) -> None:
    rule = rules.policy.purposes.get(question.purpose)
    if rule is None or rule.consent_norm is None or rule.transmission_norm is None:
        against.add(Denial.NO_LEGAL_BASIS)
    target = rules.directory.recipients.get(question.recipient)
    if target is None or not target.valid_on(now.date()) or question.purpose not in target.purposes:
        against.add(Denial.RECIPIENT_NOT_IN_FORCE)


def _valid_consents(
    against: _Reasons,
    case: Case,
    question: Question,
    episode: Episode | None,
    rules: Rules,
    now: datetime,
    until: datetime,
) -> list[Consent]:
    """Return the consents that hold; if none does, add why not each of them."""
    valid: list[Consent] = []
    failures: list[tuple[Denial, ...]] = []
    for consent in case.consents:
        problems = _problems(consent, question, episode, rules, now, until)
        if problems:
            failures.append(problems)
        else:
            valid.append(consent)
    if not valid:
        for problems in failures:
            against.add(*problems)
        if not failures:
            declined = case.ask is not None and case.ask.state is AskState.DECLINED
            against.add(Denial.CONSENT_DECLINED if declined else Denial.NO_CONSENT)
    return valid


def _problems(
    consent: Consent,
    question: Question,
    episode: Episode | None,
    rules: Rules,
    now: datetime,
    until: datetime,
) -> tuple[Denial, ...]:
    record = consent.record
    checks = (
        (consent.withdrawal is not None, Denial.CONSENT_WITHDRAWN),
        (consent.superseded_by is not None, Denial.CONSENT_SUPERSEDED),
        (starts_at(record) > now, Denial.CONSENT_NOT_YET),
        (record.expires_at is not None and record.expires_at <= until, Denial.CONSENT_EXPIRED),
        (question.purpose not in record.purposes, Denial.PURPOSE_NOT_COVERED),
        (
            not record.all_children and question.child not in record.children,
            Denial.CHILD_NOT_COVERED,
        ),
        (not _names_recipient(consent, question.recipient, rules), Denial.RECIPIENT_NOT_COVERED),
        (
            rules.policy.secrecy_release_required and not record.secrecy_release,
            Denial.SECRECY_RELEASE_MISSING,
        ),
        (_scope_over(consent, question.purpose, episode, rules, until), Denial.SCOPE_ENDED),
    )
    return tuple(reason for failed, reason in checks if failed)


def _names_recipient(consent: Consent, recipient: RecipientId, rules: Rules) -> bool:
    """A consent names one recipient or a class of them; neither named covers nobody."""
    record = consent.record
    if record.recipient is not None:
        return record.recipient == recipient
    target = rules.directory.recipients.get(recipient)
    return target is not None and record.recipient_class == target.kind.value


def _scope_over(
    consent: Consent, purpose: Purpose, episode: Episode | None, rules: Rules, until: datetime
) -> bool:
    """A standing consent needs an expiry within the policy's maximum. An episode one ends with the
    first stay that was running or began after it was given, release notices a little later.
    """
    record = consent.record
    if record.scope is Scope.STANDING:
        limit = record.given_at + timedelta(days=rules.policy.standing_max_days)
        return record.expires_at is None or record.expires_at > limit
    if record.scope is not Scope.EPISODE or episode is None:
        return True
    if consent.episode_id is not None and consent.episode_id != episode.episode_id:
        return True
    if episode.ended_at is None:
        return False
    if purpose is Purpose.RELEASE_NOTICE:
        return until >= episode.ended_at + timedelta(days=rules.policy.release_grace_days)
    return True
