"""Recorded children: who they are, where they stay, who cares for them, what is known of safety.

A child is keyed by the contact's own id in the register that issued it (relationship ids change
with merges and bookings). Restrictions come from the prison; carers, custody, place of stay and the
child's view come from the consent desk, because prison contact codes say only what a contact is to
the prisoner.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from hub.domain.ids import ChildKey
from hub.domain.values import Value

ADULT_AGE = 18


class Relationship(StrEnum):
    """What the child is to the imprisoned parent."""

    UNKNOWN = "unknown"
    CHILD = "child"
    STEPCHILD = "stepchild"
    FOSTER_CHILD = "foster-child"
    ADOPTED_CHILD = "adopted-child"
    UNBORN = "unborn"
    OTHER_MINOR = "other-minor"


class Restriction(StrEnum):
    """A restriction of contact that stops automation: a person decides."""

    UNKNOWN = "unknown"
    CONTACT_BAN = "contact-ban"
    NON_CONTACT = "non-contact"
    CHILD_VETTING = "child-vetting"
    PARENT_IS_OFFENDER = "parent-is-offender"


class Custody(StrEnum):
    """Parental custody as seen from the imprisoned parent (BGB §§ 1626, 1629, 1674, 1678)."""

    UNKNOWN = "unknown"
    SOLE = "sole"
    JOINT = "joint"
    OTHER_ALONE = "other-alone"
    RESTING = "resting"
    NONE = "none"


class CarerState(StrEnum):
    """Whether anybody looks after the child while the parent is away."""

    UNKNOWN = "unknown"
    KNOWN = "known"
    NONE = "none"


class SafetyAnswerKind(StrEnum):
    """Whether no contact ban, protection order or violence against child or carer is known."""

    UNKNOWN = "unknown"
    CLEAR = "clear"
    CONCERN = "concern"


class View(StrEnum):
    """The child's own view of the referral."""

    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"
    AGREES = "agrees"
    OBJECTS = "objects"


class Address(Value, frozen=True, kw_only=True):
    """Where a child stays. `area` is the municipality key (AGS, 8 digits) used for routing only."""

    area: str | None = None
    lines: tuple[str, ...] = ()
    postcode: str | None = None
    city: str | None = None
    protected: bool = False


class Carer(Value, frozen=True, kw_only=True):
    """Who looks after the child, as the parent stated it, and how to reach them safely."""

    state: CarerState = CarerState.UNKNOWN
    name: str | None = None
    contact: str | None = None
    safe_times: str | None = None
    no_letter: bool = False
    knows: bool | None = None
    stated_by: str | None = None


class SafetyAnswer(Value, frozen=True, kw_only=True):
    """One dated safety answer by a named role. Its reasons are never stored here nor sent."""

    kind: SafetyAnswerKind
    answered_at: datetime
    role: str


class ChildView(Value, frozen=True, kw_only=True):
    """Whether the child was asked, when, by which role, and what it said."""

    view: View
    asked_at: datetime
    asked_by: str


class Child(Value, frozen=True, kw_only=True):
    """One recorded child of the person. `None` means not stated, never "no"."""

    child: ChildKey
    relationship: Relationship = Relationship.CHILD
    given_name: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    expected_date: date | None = None
    language: str | None = None
    address: Address | None = None
    lives_in_prison: bool = False
    restrictions: tuple[Restriction, ...] | None = None
    carer: Carer | None = None
    custody: Custody = Custody.UNKNOWN
    custody_source: str | None = None
    told: str | None = None
    view: ChildView | None = None
    safety: SafetyAnswer | None = None
    recorded_at: datetime | None = None
    removed: bool = False


def age_on(birth_date: date, day: date) -> int:
    """Return the completed years of age on `day` (BGB § 187(2): the birthday itself counts)."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (0 if had_birthday else 1)


def birthday(birth_date: date, age: int) -> date:
    """Return the day on which `age` is reached; 29 February is reached on 1 March."""
    try:
        return birth_date.replace(year=birth_date.year + age)
    except ValueError:
        return date(birth_date.year + age, 3, 1)
