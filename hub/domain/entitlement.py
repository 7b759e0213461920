"""Entitlement: for each person the data are about, somebody entitled must have agreed.

A category may be about parent, child and carer at once; each must be covered by a grantor entitled
for that person, or by a norm the policy names. Who may consent for a child follows custody
(BGB §§ 1629, 1674, 1678; SGB I § 36 for capacity).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from hub.domain.children import Child, Custody, age_on
from hub.domain.consent import Capacity, Category, Consent, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hub.domain.policy import Policy


class Denial(StrEnum):
    """Every reason against a disclosure: the fixed vocabulary of permits."""

    UNKNOWN = "unknown"
    BIRTH_DATE_UNKNOWN = "birth-date-unknown"
    CATEGORY_NOT_PERMITTED = "category-not-permitted"
    CHILD_NOT_COVERED = "child-not-covered"
    CHILD_OBJECTS = "child-objects"
    CHILD_OF_AGE = "child-of-age"
    CHILD_REMOVED = "child-removed"
    CHILD_UNKNOWN = "child-unknown"
    CO_CONSENT_MISSING = "co-consent-missing"
    CONSENT_CONTESTED = "consent-contested"
    CONSENT_DECLINED = "consent-declined"
    CONSENT_EXPIRED = "consent-expired"
    CONSENT_NOT_YET = "consent-not-yet-effective"
    CONSENT_SUPERSEDED = "consent-superseded"
    CONSENT_VIEW_STALE = "consent-view-stale"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CONTACT_RESTRICTED = "contact-restricted"
    CUSTODY_UNKNOWN = "custody-unknown"
    EPISODE_VOID = "entered-in-error"
    FROZEN = "frozen"
    GRANTOR_NOT_ENTITLED = "grantor-not-entitled"
    IMPRISONMENT_NOT_PERMITTED = "imprisonment-not-permitted"
    LIVES_IN_PRISON = "lives-in-prison"
    NO_CONSENT = "no-consent"
    NO_LEGAL_BASIS = "no-legal-basis"
    NO_RECIPIENT = "no-recipient"
    NOT_IN_CUSTODY = "not-in-custody"
    NOT_SETTLED = "settle-window-open"
    PURPOSE_NOT_COVERED = "purpose-not-covered"
    RECIPIENT_NOT_COVERED = "recipient-not-covered"
    RECIPIENT_NOT_IN_FORCE = "recipient-not-in-force"
    REFERRAL_ENDED = "referral-ended"
    SAFETY_CHECK_MISSING = "safety-check-missing"
    SAFETY_CONCERN = "safety-concern"
    SCOPE_ENDED = "scope-ended"
    SECRECY_RELEASE_MISSING = "secrecy-release-missing"
    STILL_IN_CUSTODY = "still-in-custody"
    UNRESOLVED_INPUT = "unresolved-input"


_SUBJECTS = tuple(Subject)


class Voices:
    """Who agreed to what for one child, among valid consents; asked once for each category."""

    def __init__(
        self, consents: Sequence[Consent], child: Child, policy: Policy, now: datetime
    ) -> None:
        self._consents = consents
        self._child = child
        self._policy = policy
        self._now = now
        self._heard: dict[tuple[str, ...], dict[Subject, Denial | None]] = {}

    def missing(self, category: Category) -> Denial | None:
        """Return why `category` may not be carried, or None if it may."""
        rule = self._policy.categories.get(category)
        holding = [c for c in self._consents if category in c.record.categories]
        if rule is None or not rule.about or not holding:
            if category is Category.IMPRISONMENT:
                return Denial.IMPRISONMENT_NOT_PERMITTED
            return Denial.CATEGORY_NOT_PERMITTED
        answers = self._answers(holding)
        for subject in rule.about:
            missing = answers[subject]
            if missing is not None and subject not in rule.norms:
                return missing
        return None

    def _answers(self, holding: Sequence[Consent]) -> dict[Subject, Denial | None]:
        """Return for whom nobody entitled spoke; many categories rest on the same records."""
        names = tuple([c.record.record_id for c in holding])
        known = self._heard.get(names)
        if known is None:
            known = self._heard[names] = self._listen(holding)
        return known

    def _listen(self, holding: Sequence[Consent]) -> dict[Subject, Denial | None]:
        if any(_ordered(c, self._policy, self._now) for c in holding):
            return dict.fromkeys(_SUBJECTS)
        said = {g.capacity for c in holding for g in c.record.grantors if g.given_at <= self._now}
        return {
            subject: _not_entitled(subject, said, self._child, self._policy, self._now)
            for subject in _SUBJECTS
        }


def _ordered(consent: Consent, policy: Policy, now: datetime) -> bool:
    """An order releases without consent only under a norm that the policy names."""
    order = consent.record.override
    return order is not None and order.norm in policy.override_norms and order.ordered_at <= now


def _not_entitled(
    subject: Subject, capacities: set[Capacity], child: Child, policy: Policy, now: datetime
) -> Denial | None:
    if subject is Subject.PARENT:
        return None if Capacity.OWN_DATA in capacities else Denial.GRANTOR_NOT_ENTITLED
    if subject is Subject.CARER:
        return None if Capacity.CARER in capacities else Denial.GRANTOR_NOT_ENTITLED
    if subject is Subject.CHILD:
        return _not_entitled_for_child(capacities, child, policy, now)
    return Denial.GRANTOR_NOT_ENTITLED


def _not_entitled_for_child(
    capacities: set[Capacity], child: Child, policy: Policy, now: datetime
) -> Denial | None:
    if capacities & {Capacity.GUARDIAN, Capacity.COURT}:
        return None
    if (
        Capacity.MINOR in capacities
        and child.birth_date is not None
        and age_on(child.birth_date, now.date()) >= policy.minor_consent_age
    ):
        return None
    return _not_entitled_by_custody(capacities, child.custody)


_ASKED: dict[Custody, frozenset[Capacity]] = {
    Custody.SOLE: frozenset({Capacity.CUSTODIAL_PARENT}),
    Custody.JOINT: frozenset({Capacity.CUSTODIAL_PARENT, Capacity.OTHER_PARENT}),
    Custody.OTHER_ALONE: frozenset({Capacity.OTHER_PARENT}),
    Custody.RESTING: frozenset({Capacity.OTHER_PARENT}),
}
"""Whose word a child's data need: custody as seen from the imprisoned parent."""


def _not_entitled_by_custody(capacities: set[Capacity], custody: Custody) -> Denial | None:
    if custody is Custody.UNKNOWN:
        return Denial.CUSTODY_UNKNOWN
    asked = _ASKED.get(custody)
    if asked is None or asked.isdisjoint(capacities):
        return Denial.GRANTOR_NOT_ENTITLED
    return None if asked <= capacities else Denial.CO_CONSENT_MISSING
