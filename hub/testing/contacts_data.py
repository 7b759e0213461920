"""What the example contacts API knows, and its answers in the shape of the real one.

Shapes follow the open code of hmpps-personal-relationships-api and hmpps-prisoner-search: null
fields are left out, some texts say more than is needed. The people are whoever the file invents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

Json: TypeAlias = dict[str, Any]


class ExampleRestriction(Struct, frozen=True, kw_only=True):
    """A restriction: its code, its days, and whether it holds for the contact towards anybody."""

    type: str
    start: date | None = None
    expiry: date | None = None
    everywhere: bool = False


class ExampleAddress(Struct, frozen=True, kw_only=True):
    """A contact's address."""

    property: str | None = None
    street: str | None = None
    area: str | None = None
    city: str | None = None
    postcode: str | None = None


class ExampleContact(Struct, frozen=True, kw_only=True):
    """One relationship of a prisoner; two with the same `contact_id` are one person."""

    contact_id: int
    relationship: str
    given_name: str
    family_name: str
    birth_date: date | None = None
    deceased: date | None = None
    active: bool = True
    address: ExampleAddress | None = None
    restrictions: tuple[ExampleRestriction, ...] = ()


class ExamplePrisoner(Struct, frozen=True, kw_only=True):
    """One prisoner; `number_of_children` is the text that staff wrote, None if they never did."""

    number: str
    booking: str
    status: str = "ACTIVE IN"
    prison: str = "MDI"
    number_of_children: str | None = None
    contacts: tuple[ExampleContact, ...] = ()
    restrictions: tuple[ExampleRestriction, ...] = ()


class ExamplePeople(Struct, frozen=True, kw_only=True):
    """A data file: `{"prisoners": [...]}`."""

    prisoners: tuple[ExamplePrisoner, ...]


class Answers:
    """The answers about a set of prisoners. Relationship ids count up over all of them."""

    def __init__(self, prisoners: Iterable[ExamplePrisoner]) -> None:
        self.prisoners = {prisoner.number: prisoner for prisoner in prisoners}
        self._relationships: dict[int, tuple[ExamplePrisoner, ExampleContact]] = dict(
            enumerate(
                ((p, contact) for p in self.prisoners.values() for contact in p.contacts), 9_000_001
            )
        )

    def contacts(self, number: str) -> list[Json]:
        """Return the rows of a prisoner's contacts, by relationship id."""
        return [
            _row(relationship_id, prisoner, contact)
            for relationship_id, (prisoner, contact) in self._relationships.items()
            if prisoner.number == number
        ]

    def restrictions(self, relationship_ids: Iterable[int]) -> list[Json]:
        """Return the restrictions of relationships; ids that do not exist are missing."""
        found = []
        for wanted in relationship_ids:
            if wanted not in self._relationships:
                continue
            _, contact = self._relationships[wanted]
            own = [_restriction(r) for r in contact.restrictions if not r.everywhere]
            anywhere = [_restriction(r) for r in contact.restrictions if r.everywhere]
            found.append(
                {
                    "prisonerContactId": wanted,
                    "prisonerContactRestrictions": own,
                    "globalContactRestrictions": anywhere,
                }
            )
        return found

    def towards_all(self, number: str) -> list[Json]:
        """Return a prisoner's restrictions towards every contact."""
        prisoner = self.prisoners.get(number)
        return [_restriction(r) for r in prisoner.restrictions] if prisoner else []

    def count(self, number: str) -> Json | None:
        """Return the recorded number of children, or None; an empty text is a cleared one."""
        prisoner = self.prisoners.get(number)
        if prisoner is None or prisoner.number_of_children is None:
            return None
        text = prisoner.number_of_children
        return {"id": 1, "active": True} | ({"numberOfChildren": text} if text else {})

    def state(self, number: str) -> Json | None:
        """Return a prisoner as prisoner search shows one."""
        prisoner = self.prisoners.get(number)
        if prisoner is None:
            return None
        return {
            "prisonerNumber": prisoner.number,
            "bookingId": prisoner.booking,
            "status": prisoner.status,
            "prisonId": prisoner.prison,
        }


def read_people(file: Path) -> tuple[ExamplePrisoner, ...]:
    """Return the prisoners of a data file. Raises `msgspec.ValidationError` naming the field."""
    return msgspec.json.decode(file.read_bytes(), type=ExamplePeople).prisoners


def _row(relationship_id: int, prisoner: ExamplePrisoner, contact: ExampleContact) -> Json:
    """Return one row of the contacts list."""
    row: Json = {
        "prisonerContactId": relationship_id,
        "contactId": contact.contact_id,
        "prisonerNumber": prisoner.number,
        "firstName": contact.given_name,
        "lastName": contact.family_name,
        "relationshipTypeCode": "S",
        "relationshipTypeDescription": "Social",
        "relationshipToPrisonerCode": contact.relationship,
        "relationshipToPrisonerDescription": "",
        "isApprovedVisitor": False,
        "isNextOfKin": False,
        "isEmergencyContact": False,
        "isRelationshipActive": contact.active,
        "currentTerm": True,
        "isStaff": False,
        "restrictionSummary": _summary(contact.restrictions),
        "dateOfBirth": contact.birth_date,
        "deceasedDate": contact.deceased,
    }
    if contact.address is not None:
        address = contact.address
        row |= {
            "property": address.property,
            "street": address.street,
            "area": address.area,
            "cityDescription": address.city,
            "postcode": address.postcode,
            "noFixedAddress": False,
        }
    return _stated(row)


def _summary(restrictions: Sequence[ExampleRestriction]) -> Json:
    """Return the summary of a row: not expired counts as active, also before its start."""
    today = datetime.now(UTC).date()
    active = [r for r in restrictions if r.expiry is None or r.expiry >= today]
    return {
        "active": [{"restrictionType": r.type, "restrictionTypeDescription": ""} for r in active],
        "totalActive": len(active),
        "totalExpired": len(restrictions) - len(active),
    }


def _restriction(restriction: ExampleRestriction) -> Json:
    """Return one restriction."""
    return _stated(
        {
            "restrictionType": restriction.type,
            "restrictionTypeDescription": "",
            "startDate": restriction.start,
            "expiryDate": restriction.expiry,
        }
    )


def _stated(row: Json) -> Json:
    """Return a record without its nulls, dates as text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
        if value is not None
    }
