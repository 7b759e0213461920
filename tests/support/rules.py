"""The rules of an invented Land: one policy, two offices, one provider, one prison."""

from __future__ import annotations

from hub.domain.consent import Category, Purpose, Subject
from hub.domain.directory import Directory, Prison, Recipient, RecipientKind
from hub.domain.ids import Namespace, RecipientId
from hub.domain.policy import CategoryRule, Policy, PurposeRule, Rules, make_rules
from hub.domain.values import changed

OFFICE = RecipientId("office-musterstadt")
OTHER_OFFICE = RecipientId("office-nebenstadt")
PROVIDER = RecipientId("provider-musterstadt")
AREA = "99001001"
OTHER_AREA = "99002001"
NOWHERE = "88001001"
PRISON = "MSI"
"""The code of the invented prison whose contact the directory knows."""

REQUIRED = (Category.IMPRISONMENT, Category.CHILD_IDENTITY, Category.PLACE_OF_STAY)
OPTIONAL = (
    Category.CHILD_BIRTH_DATE,
    Category.CARER,
    Category.CARER_CONTACT,
    Category.HELP_REQUESTED,
    Category.PRISON_CONTACT,
)
NOTICE = (Category.IMPRISONMENT, Category.CHILD_IDENTITY, Category.RELEASE)
EVERYTHING = (*REQUIRED, *OPTIONAL, Category.RELEASE)

POLICY = Policy(
    version="policy-1",
    purposes={
        Purpose.FAMILY_SUPPORT: PurposeRule(
            consent_norm="invented norm 1",
            transmission_norm="invented norm 2",
            retraction_norm="invented norm 3",
            required=REQUIRED,
            optional=OPTIONAL,
        ),
        Purpose.RELEASE_NOTICE: PurposeRule(
            consent_norm="invented norm 1",
            transmission_norm="invented norm 2",
            retraction_norm="invented norm 3",
            required=NOTICE,
        ),
    },
    categories={
        Category.IMPRISONMENT: CategoryRule(about=(Subject.PARENT,)),
        Category.CHILD_IDENTITY: CategoryRule(about=(Subject.CHILD,)),
        Category.CHILD_BIRTH_DATE: CategoryRule(about=(Subject.CHILD,)),
        Category.PLACE_OF_STAY: CategoryRule(about=(Subject.CHILD,)),
        Category.CARER: CategoryRule(about=(Subject.CARER,), norms={Subject.CARER: "norm 4"}),
        Category.CARER_CONTACT: CategoryRule(about=(Subject.CARER,)),
        Category.HELP_REQUESTED: CategoryRule(about=(Subject.PARENT,)),
        Category.PRISON_CONTACT: CategoryRule(about=(Subject.PARENT,)),
        Category.RELEASE: CategoryRule(about=(Subject.PARENT,)),
    },
    safety_roles=("social-service", "duty-officer"),
)


def _recipient(name: RecipientId, kind: RecipientKind, *areas: str) -> Recipient:
    return Recipient(
        recipient=name,
        name=f"Invented {name}",
        kind=kind,
        areas=areas,
        purposes=(Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE),
        connector="webhook",
        endpoint="inbox",
        categories=EVERYTHING,
    )


DIRECTORY = Directory(
    version="directory-1",
    recipients={
        OFFICE: _recipient(OFFICE, RecipientKind.YOUTH_OFFICE, AREA[:5]),
        OTHER_OFFICE: _recipient(OTHER_OFFICE, RecipientKind.YOUTH_OFFICE, OTHER_AREA[:5]),
        PROVIDER: _recipient(PROVIDER, RecipientKind.FREE_PROVIDER, AREA[:5]),
    },
    prisons={PRISON: Prison(name="Invented prison", contact="social service", hours="9-12")},
)

LOOKUPS = (Namespace("NOMS"),)


def rules(*, lookups: bool = False, **policy: object) -> Rules:
    """Return the rules; `policy` replaces fields of the policy."""
    asked = LOOKUPS if lookups else ()
    return make_rules(changed(POLICY, **policy), DIRECTORY, asked)
