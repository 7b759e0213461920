"""Policy and directory of the chaos runs: one office, both purposes, every optional category."""

from __future__ import annotations

from typing import Final

from hub.domain.consent import Category, Purpose, Subject
from hub.domain.directory import Directory, Prison, Recipient, RecipientKind
from hub.domain.ids import Namespace, RecipientId, TenantId
from hub.domain.policy import CategoryRule, Policy, PurposeRule, Rules, make_rules

TENANT: Final = TenantId("default")
REGISTER: Final = Namespace("EXAMPLE")
"""The register that issues the numbers of the invented people; it can be asked for children."""

OFFICES: Final = {"99001": RecipientId("office-north"), "99002": RecipientId("office-south")}
"""Area -> the office competent there. No Land has the number 99."""

NORM: Final = "an invented norm"
SAFETY_ROLE: Final = "social-service"

_ABOUT: Final = {
    Category.IMPRISONMENT: Subject.PARENT,
    Category.CHILD_IDENTITY: Subject.CHILD,
    Category.CHILD_BIRTH_DATE: Subject.CHILD,
    Category.CHILD_LANGUAGE: Subject.CHILD,
    Category.PLACE_OF_STAY: Subject.CHILD,
    Category.HELP_REQUESTED: Subject.PARENT,
    Category.RELEASE: Subject.PARENT,
}
CATEGORIES: Final = tuple(_ABOUT)


def policy() -> Policy:
    """Return a policy with every norm both purposes need."""
    return Policy(
        version="chaos-1",
        purposes={
            Purpose.FAMILY_SUPPORT: PurposeRule(
                consent_norm=NORM,
                transmission_norm=NORM,
                retraction_norm=NORM,
                required=(Category.IMPRISONMENT, Category.CHILD_IDENTITY, Category.PLACE_OF_STAY),
                optional=(
                    Category.CHILD_BIRTH_DATE,
                    Category.CHILD_LANGUAGE,
                    Category.HELP_REQUESTED,
                ),
            ),
            Purpose.RELEASE_NOTICE: PurposeRule(
                consent_norm=NORM,
                transmission_norm=NORM,
                retraction_norm=NORM,
                required=(Category.IMPRISONMENT, Category.CHILD_IDENTITY, Category.RELEASE),
            ),
        },
        categories={category: CategoryRule(about=(whom,)) for category, whom in _ABOUT.items()},
        safety_roles=(SAFETY_ROLE,),
    )


def directory() -> Directory:
    """Return a directory of two offices with one inbox."""
    return Directory(
        version="chaos-1",
        recipients={
            office: Recipient(
                recipient=office,
                name=office,
                kind=RecipientKind.YOUTH_OFFICE,
                areas=(area,),
                purposes=(Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE),
                connector="webhook",
                endpoint="inbox",
                categories=CATEGORIES,
            )
            for area, office in OFFICES.items()
        },
        prisons={"EXP": Prison(name="Example prison", contact="Example social service")},
    )


def rules() -> Rules:
    """Return the rules that every decision of a run is taken under."""
    return make_rules(policy(), directory(), (REGISTER,))
