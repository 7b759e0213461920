"""What the contacts API and prisoner search answer, and what of it the hub takes over.

Only the fields that are used are named: the rest is never decoded. Shapes follow the open code of
hmpps-personal-relationships-api and hmpps-prisoner-search; null fields are left out there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from hub.domain.children import Address, Child, Relationship, Restriction
from hub.ports import SourceContext

Text = Annotated[str, Meta(max_length=240, pattern=r"^[^\x00]*$")]
Code = Annotated[str, Meta(max_length=40)]
Row = TypeVar("Row")

CHILD_CODES: Final[dict[str, Relationship]] = {
    "DAU": Relationship.CHILD,
    "SON": Relationship.CHILD,
    "SDAU": Relationship.STEPCHILD,
    "SSON": Relationship.STEPCHILD,
}
"""Relationship codes (what the contact is to the prisoner) that mean a child."""

RESTRICTIONS: Final[dict[str, Restriction]] = {
    "BAN": Restriction.CONTACT_BAN,
    "NONCON": Restriction.NON_CONTACT,
    "CHILD": Restriction.CHILD_VETTING,
}
"""Restriction codes that stop automation; the others (CCTV, CLOSED ...) are the prison's own."""

IN_CUSTODY: Final[dict[str, bool]] = {
    "ACTIVE IN": True,
    "ACTIVE OUT": True,
    "INACTIVE TRN": True,
    "INACTIVE OUT": False,
}
"""Status of prisoner search -> in custody: at court, on leave and in transit are inside a stay."""

HIGHEST_COUNT: Final = 99


class _Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """A record of an answer; unknown fields are skipped."""


class Page(_Answer, Generic[Row], frozen=True, kw_only=True):
    """One page of a list."""

    content: list[Row]
    page: PageInfo


class PageInfo(_Answer, frozen=True, kw_only=True):
    """Where a page stands in its list."""

    number: int
    total_pages: int
    total_elements: int


class Restricted(_Answer, frozen=True, kw_only=True):
    """A restriction, of whichever kind. Without expiry it lasts; one yet to start counts too."""

    restriction_type: Code
    expiry_date: date | None = None

    def stands(self, today: date) -> bool:
        """True until the end of its last day."""
        return self.expiry_date is None or self.expiry_date >= today


class Summary(_Answer, frozen=True, kw_only=True):
    """The restrictions of a contact row that the API itself counts as active."""

    active: list[Restricted] = []


class ContactRow(_Answer, frozen=True, kw_only=True):
    """One relationship of the prisoner to a contact."""

    prisoner_contact_id: int
    contact_id: int
    relationship_to_prisoner_code: Code
    is_relationship_active: bool
    restriction_summary: Summary
    first_name: Text
    last_name: Text
    date_of_birth: date | None = None
    deceased_date: date | None = None
    no_fixed_address: bool = False
    flat: Text | None = None
    property: Text | None = None
    street: Text | None = None
    area: Text | None = None
    city_description: Text | None = None
    postcode: Text | None = None


class ContactRestrictions(_Answer, frozen=True, kw_only=True):
    """The restrictions of one relationship, and the contact's global ones."""

    prisoner_contact_id: int
    prisoner_contact_restrictions: list[Restricted] = []
    global_contact_restrictions: list[Restricted] = []


class RestrictionsBatch(_Answer, frozen=True, kw_only=True):
    """The answer to a question about many relationships at once; unknown ids are missing."""

    prisoner_contact_restrictions: list[ContactRestrictions]


class NumberOfChildren(_Answer, frozen=True, kw_only=True):
    """The recorded count: absent when it was cleared, sometimes words instead of a number."""

    number_of_children: Text | None = None


class Prisoner(_Answer, frozen=True, kw_only=True):
    """The prisoner's present state."""

    booking_id: Annotated[str, Meta(max_length=40)] | None = None
    status: Code | None = None


class Token(Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint; `expires_in` counts seconds."""

    access_token: Annotated[str, Meta(min_length=1, max_length=20_000)]
    expires_in: int = 60


def counted(text: str | None) -> tuple[int | None, bool]:
    """Return the count and whether it was legible; words are never read as a number."""
    if text is None or not text.strip():
        return None, True
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and int(digits) <= HIGHEST_COUNT:
        return int(digits), True
    return None, False


def children_of(
    rows: Iterable[ContactRow],
    restricted: dict[int, frozenset[Restriction]],
    everywhere: frozenset[Restriction],
    context: SourceContext,
) -> tuple[Child, ...]:
    """Return each child once, with every restriction between it and the prisoner.

    A contact may appear in several rows. It is a child by its active child codes; its restrictions
    count from all its rows, also from inactive ones. A child who died is returned as removed, so
    that nothing about it is offered or stays open. `restricted` maps relationship ids to what the
    restrictions answer held, `everywhere` holds for all contacts of the prisoner.
    """
    by_contact: dict[int, list[ContactRow]] = {}
    for row in rows:
        by_contact.setdefault(row.contact_id, []).append(row)
    found = []
    for contact_id, mine in sorted(by_contact.items()):
        chosen = next((row for row in mine if is_child(row)), None)
        if chosen is None:
            continue
        key = context.child(str(contact_id))
        if any(row.deceased_date for row in mine):
            found.append(Child(child=key, removed=True))
            continue
        bans = everywhere.union(
            *(restricted.get(row.prisoner_contact_id, frozenset()) for row in mine),
            *(kinds(row.restriction_summary.active) for row in mine),
        )
        found.append(
            Child(
                child=key,
                relationship=CHILD_CODES[chosen.relationship_to_prisoner_code],
                given_name=chosen.first_name.strip() or None,
                family_name=chosen.last_name.strip() or None,
                birth_date=chosen.date_of_birth,
                address=_address(chosen),
                restrictions=tuple(sorted(bans)),
            )
        )
    return tuple(found)


def is_child(row: ContactRow) -> bool:
    """True for an active relationship with one of the child codes."""
    return row.is_relationship_active and row.relationship_to_prisoner_code in CHILD_CODES


def kinds(restrictions: Iterable[Restricted]) -> frozenset[Restriction]:
    """Return the restrictions among these that stop automation."""
    return frozenset(
        RESTRICTIONS[each.restriction_type]
        for each in restrictions
        if each.restriction_type in RESTRICTIONS
    )


def _address(row: ContactRow) -> Address | None:
    """Return the address of a row. The API knows neither municipality key nor protection."""
    if row.no_fixed_address:
        return None
    house = " ".join(part for part in (row.property, row.street) if part)
    lines = tuple(part for part in (row.flat, house, row.area) if part)
    if not (lines or row.postcode or row.city_description):
        return None
    return Address(lines=lines, postcode=row.postcode, city=row.city_description)


def decoder(kind: type[Row]) -> msgspec.json.Decoder[Row]:
    """Return a decoder that checks types and lengths."""
    return msgspec.json.Decoder(kind)
