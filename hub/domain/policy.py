"""The policy: what a Land or ministry decides by law, as data; and the rules one decision uses.

Nothing here is read from a clock or a file: the shell loads an immutable version and hands it in.
Every decision records the version it was taken under.
"""

from __future__ import annotations

from datetime import timedelta

from hub.domain.consent import Category, Purpose, Subject
from hub.domain.directory import AreaIndex, Directory, index_areas
from hub.domain.ids import Namespace
from hub.domain.movements import Ending
from hub.domain.values import Value


class PurposeRule(Value, frozen=True, kw_only=True):
    """What one purpose needs: the norms that permit it, and what its content consists of.

    `consent_norm` permits obtaining consent, `transmission_norm` sending; either missing denies
    with `no-legal-basis`. `required` categories must be permitted or nothing leaves; `optional`
    ones are carried when permitted.
    """

    consent_norm: str | None = None
    transmission_norm: str | None = None
    retraction_norm: str | None = None
    required: tuple[Category, ...] = ()
    optional: tuple[Category, ...] = ()


class CategoryRule(Value, frozen=True, kw_only=True):
    """Whom a category is about, and the norm that covers a person who did not consent, if any."""

    about: tuple[Subject, ...]
    norms: dict[Subject, str] = {}


class Policy(Value, frozen=True, kw_only=True):
    """One immutable version of the policy. Durations are in the unit that the field name says.

    `override_norms` are the norms under which an order may stand in for the word of those whom the
    data are about; an override that names any other norm counts for nothing.
    """

    version: str
    purposes: dict[Purpose, PurposeRule]
    categories: dict[Category, CategoryRule]
    settle_minutes: int = 45
    settle_minutes_without_reason: int = 60
    settle_limit_factor: int = 4
    release_grace_days: int = 14
    safety_answer_max_age_days: int = 90
    safety_roles: tuple[str, ...] = ()
    child_objection_age: int = 14
    minor_consent_age: int = 15
    standing_max_days: int = 365
    lookup_answer_minutes: int = 30
    child_alone_escalation_minutes: int = 60
    secrecy_release_required: bool = False
    override_norms: tuple[str, ...] = ()
    recall_on_expiry: bool = False
    release_safety_max_age_days: int = 14
    notice_endings: tuple[Ending, ...] = (Ending.RELEASED,)

    @property
    def settle(self) -> timedelta:
        """How long an admission must stand uncorrected before a referral may be made."""
        return timedelta(minutes=self.settle_minutes)

    @property
    def settle_without_reason(self) -> timedelta:
        """The same for a report that names no reason code."""
        return timedelta(minutes=self.settle_minutes_without_reason)


class Rules(Value, frozen=True, kw_only=True):
    """All that a decision may depend on besides case and event; make it with `make_rules`."""

    policy: Policy
    directory: Directory
    areas: AreaIndex
    lookup_namespaces: tuple[Namespace, ...] = ()
    """Registers for which children can be looked up."""


def make_rules(
    policy: Policy, directory: Directory, lookup_namespaces: tuple[Namespace, ...] = ()
) -> Rules:
    """Return the rules of these versions, with the directory indexed by area."""
    return Rules(
        policy=policy,
        directory=directory,
        areas=index_areas(directory),
        lookup_namespaces=lookup_namespaces,
    )
