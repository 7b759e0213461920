"""What speaks against a disclosure: stay, child, recipient and law, and each record of consent.

Every check adds its reason and goes on: a denial always names all that would have to change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from hub.domain.children import (
    ADULT_AGE,
    Child,
    Restriction,
    SafetyAnswer,
    SafetyAnswerKind,
    View,
    age_on,
)
from hub.domain.consent import Ask, AskState, Consent, ConsentRecord, Purpose, Scope, starts_at
from hub.domain.entitlement import Denial

if TYPE_CHECKING:
    from hub.domain.case import Case, Episode
    from hub.domain.ids import ChildKey, RecipientId
    from hub.domain.policy import Rules


class Inquiry(NamedTuple):
    """What is asked: about which child and stay, for what, to whom, and from when until when."""

    case: Case
    child_key: ChildKey
    child: Child | None
    episode: Episode | None
    purpose: Purpose
    recipient: RecipientId
    rules: Rules
    now: datetime
    until: datetime


class Grounds(NamedTuple):
    """The reasons found, and the consents that hold."""

    against: set[Denial]
    valid: list[Consent]


def weigh(inquiry: Inquiry) -> Grounds:
    """Return all that speaks against the disclosure, whatever it carries."""
    against: set[Denial] = set()
    if inquiry.case.freeze is not None:
        against.add(Denial.FROZEN)
    _about_episode(against, inquiry)
    if inquiry.child is None:
        against.add(Denial.CHILD_UNKNOWN)
    else:
        _about_child(against, inquiry.child, inquiry)
    _about_recipient(against, inquiry)
    return Grounds(against, _valid_consents(against, inquiry))


def _about_episode(against: set[Denial], inquiry: Inquiry) -> None:
    episode, now = inquiry.episode, inquiry.now
    if episode is None or episode.void:
        against.add(Denial.EPISODE_VOID)
    elif inquiry.purpose is Purpose.RELEASE_NOTICE:
        if episode.ended_at is None or episode.end_settle_until is None:
            against.add(Denial.STILL_IN_CUSTODY)
        elif now < episode.end_settle_until:
            against.add(Denial.NOT_SETTLED)
        elif inquiry.until >= _grace_over(episode.ended_at, inquiry.rules):
            against.add(Denial.SCOPE_ENDED)
    elif episode.ended_at is not None:
        against.add(Denial.NOT_IN_CUSTODY)
    elif now < episode.settle_until:
        against.add(Denial.NOT_SETTLED)


def _about_child(against: set[Denial], child: Child, inquiry: Inquiry) -> None:
    policy = inquiry.rules.policy
    if child.removed:
        against.add(Denial.CHILD_REMOVED)
    if child.birth_date is None and child.expected_date is None:
        against.add(Denial.BIRTH_DATE_UNKNOWN)
    age = 0 if child.birth_date is None else age_on(child.birth_date, inquiry.until.date())
    if age >= ADULT_AGE:
        against.add(Denial.CHILD_OF_AGE)
    if child.lives_in_prison:
        against.add(Denial.LIVES_IN_PRISON)
    if contact_restricted(child):
        against.add(Denial.CONTACT_RESTRICTED)
    view = child.view
    if view is not None and view.view is View.OBJECTS and age >= policy.child_objection_age:
        against.add(Denial.CHILD_OBJECTS)
    missing = _about_safety(child.safety, inquiry)
    if missing is not None:
        against.add(missing)


def contact_restricted(child: Child) -> bool:
    """Return whether a restriction stops automation; vetting of visits alone does not."""
    return any(r is not Restriction.CHILD_VETTING for r in child.restrictions or ())


def _about_safety(answer: SafetyAnswer | None, inquiry: Inquiry) -> Denial | None:
    """A missing restriction is not safety: a fresh answer by a role that may give it is needed."""
    policy = inquiry.rules.policy
    if answer is None:
        return Denial.SAFETY_CHECK_MISSING
    if answer.kind is SafetyAnswerKind.CONCERN:
        return Denial.SAFETY_CONCERN
    days = policy.safety_answer_max_age_days
    if inquiry.purpose is Purpose.RELEASE_NOTICE:
        days = policy.release_safety_max_age_days
    good = (
        answer.kind is SafetyAnswerKind.CLEAR
        and inquiry.until < answer.answered_at + timedelta(days=days)
        and (not policy.safety_roles or answer.role in policy.safety_roles)
    )
    return None if good else Denial.SAFETY_CHECK_MISSING


def _about_recipient(against: set[Denial], inquiry: Inquiry) -> None:
    purpose = inquiry.purpose
    rule = inquiry.rules.policy.purposes.get(purpose)
    if rule is None or rule.consent_norm is None or rule.transmission_norm is None:
        against.add(Denial.NO_LEGAL_BASIS)
    target = inquiry.rules.directory.recipients.get(inquiry.recipient)
    if (
        target is None
        or purpose not in target.purposes
        or not target.valid_on(inquiry.now.date())
        or not target.valid_on(inquiry.until.date())
    ):
        against.add(Denial.RECIPIENT_NOT_IN_FORCE)


def _valid_consents(against: set[Denial], inquiry: Inquiry) -> list[Consent]:
    """Return the consents that hold; if none does, add why not each of them."""
    valid: list[Consent] = []
    failures: set[Denial] = set()
    for consent in inquiry.case.consents:
        problems = _problems(consent, inquiry)
        if problems:
            failures.update(problems)
        else:
            valid.append(consent)
    if not valid:
        against.update(failures or {_silence(inquiry.case.ask, inquiry.now)})
    return valid


def _silence(ask: Ask | None, now: datetime) -> Denial:
    """Without any record: refused or never asked. A refusal is respected until its date."""
    if ask is None or ask.state is not AskState.DECLINED:
        return Denial.NO_CONSENT
    over = ask.until is not None and ask.until <= now
    return Denial.NO_CONSENT if over else Denial.CONSENT_DECLINED


def _problems(consent: Consent, inquiry: Inquiry) -> list[Denial]:
    """A record about something else says nothing more; one about this says all that is wrong."""
    if not consent.known or consent.contested:
        return _endings(consent)
    return _not_about(consent.record, inquiry) or [
        *_endings(consent),
        *_not_in_force(consent.record, inquiry),
    ]


def _not_about(record: ConsentRecord, inquiry: Inquiry) -> list[Denial]:
    found: list[Denial] = []
    if inquiry.purpose not in record.purposes:
        found.append(Denial.PURPOSE_NOT_COVERED)
    if not record.all_children and inquiry.child_key not in record.children:
        found.append(Denial.CHILD_NOT_COVERED)
    return found


def _endings(consent: Consent) -> list[Denial]:
    found: list[Denial] = []
    if consent.withdrawal is not None:
        found.append(Denial.CONSENT_WITHDRAWN)
    if consent.superseded_by is not None:
        found.append(Denial.CONSENT_SUPERSEDED)
    if consent.contested:
        found.append(Denial.CONSENT_CONTESTED)
    return found


def _not_in_force(record: ConsentRecord, inquiry: Inquiry) -> list[Denial]:
    found: list[Denial] = []
    if starts_at(record) > inquiry.now:
        found.append(Denial.CONSENT_NOT_YET)
    if expired(record, inquiry.until):
        found.append(Denial.CONSENT_EXPIRED)
    if not _names_recipient(record, inquiry):
        found.append(Denial.RECIPIENT_NOT_COVERED)
    if inquiry.rules.policy.secrecy_release_required and not record.secrecy_release:
        found.append(Denial.SECRECY_RELEASE_MISSING)
    if _scope_over(record, inquiry):
        found.append(Denial.SCOPE_ENDED)
    return found


def expired(record: ConsentRecord, at: datetime) -> bool:
    """Return whether a record's own time is over at `at`."""
    return record.expires_at is not None and record.expires_at <= at


def _names_recipient(record: ConsentRecord, inquiry: Inquiry) -> bool:
    """A consent names one recipient or a class of them; neither named covers nobody."""
    if record.recipient is not None:
        return record.recipient == inquiry.recipient
    target = inquiry.rules.directory.recipients.get(inquiry.recipient)
    return target is not None and record.recipient_class == target.kind.value


def _scope_over(record: ConsentRecord, inquiry: Inquiry) -> bool:
    """Return whether a consent's scope does not reach the stay at the instant asked about.

    A standing consent needs an expiry within the policy's maximum. An episode one ends with the
    first stay that was running when it took effect or began later, release notices a little later.
    """
    if record.scope is Scope.STANDING:
        limit = record.given_at + timedelta(days=inquiry.rules.policy.standing_max_days)
        return record.expires_at is None or record.expires_at > limit
    episode = inquiry.episode
    if record.scope is not Scope.EPISODE or episode is None:
        return True
    if _stay_of(record, inquiry.case) is not episode:
        return True
    if episode.ended_at is None:
        return False
    return inquiry.purpose is not Purpose.RELEASE_NOTICE or inquiry.until >= _grace_over(
        episode.ended_at, inquiry.rules
    )


def _stay_of(record: ConsentRecord, case: Case) -> Episode | None:
    """Return the first stay that was running when the record took effect, or began later.

    None also if that stay was put away: what a record permitted then is over.
    """
    start = starts_at(record)
    if case.closed_until is not None and start < case.closed_until:
        return None
    for episode in case.episodes:
        if not episode.void and (episode.ended_at is None or start < episode.ended_at):
            return episode
    return None


def _grace_over(ended_at: datetime, rules: Rules) -> datetime:
    return ended_at + timedelta(days=rules.policy.release_grace_days)
