"""The directory of recipients and the choice of the competent one for a child.

Competence is looked up from the narrow to the wide: municipality (AGS, 8 digits), district (its
first 5), Land (its first 2), following SGB VIII § 86 in outline. Where the place of stay was not
verified, § 86d makes the office of the actual stay act provisionally: the safe first addressee.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TypeAlias

from hub.domain.consent import Category, Purpose
from hub.domain.ids import RecipientId
from hub.domain.values import Value

AREA_WIDTHS = (8, 5, 2)


class RecipientKind(StrEnum):
    """Public office or free provider; a consent may name such a class instead of one recipient."""

    UNKNOWN = "unknown"
    YOUTH_OFFICE = "youth-office"
    FREE_PROVIDER = "free-provider"


class Recipient(Value, frozen=True, kw_only=True):
    """One office or provider: where it is competent, for what, and what its connector can carry."""

    recipient: RecipientId
    name: str
    kind: RecipientKind
    areas: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    connector: str
    endpoint: str
    categories: tuple[Category, ...]
    language: str = "de"
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        """True if the entry is in force on `day` (both ends included)."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class Prison(Value, frozen=True, kw_only=True):
    """Whom a recipient may call at a prison, and when. Never a security contact."""

    name: str
    contact: str
    hours: str = ""


class Directory(Value, frozen=True, kw_only=True):
    """An immutable version of the list of recipients, and of the prisons' contact persons."""

    version: str
    recipients: dict[RecipientId, Recipient]
    prisons: dict[str, Prison] = {}


AreaIndex: TypeAlias = dict[str, tuple[Recipient, ...]]
"""Area key (AGS of 8, 5 or 2 digits) -> recipients in the order in which they are preferred."""


class Route(Value, frozen=True, kw_only=True):
    """The recipient found for a child, and whether it is the provisional one of § 86d."""

    recipient: Recipient
    provisional: bool


def index_areas(directory: Directory) -> AreaIndex:
    """Return the recipients by area: youth offices first, then by id, whatever the list's order."""
    found: dict[str, list[Recipient]] = {}
    for recipient in directory.recipients.values():
        for area in recipient.areas:
            found.setdefault(area, []).append(recipient)
    return {
        area: tuple(
            sorted(some, key=lambda r: (r.kind is not RecipientKind.YOUTH_OFFICE, r.recipient))
        )
        for area, some in found.items()
    }


def route(areas: AreaIndex, area: str | None, purpose: Purpose, day: date) -> Route | None:
    """Return the competent recipient for a child staying in `area` (AGS), or None.

    The narrowest area with a recipient in force for the purpose wins. The place of stay is what
    the parent said, so the office acts provisionally (§ 86d) until it confirms its competence.
    """
    for width in AREA_WIDTHS:
        if area and len(area) >= width:
            for recipient in areas.get(area[:width], ()):
                if purpose in recipient.purposes and recipient.valid_on(day):
                    return Route(recipient=recipient, provisional=True)
    return None
