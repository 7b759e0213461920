"""Thirty invented people, every value about them unmistakable wherever it turns up again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

PEOPLE = 30
_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiou"


class Canary(NamedTuple):
    """An invented parent with one child. Each field is found by its value alone."""

    nth: int
    number: str
    parent: str
    contact: int
    given: str
    family: str
    born: date
    street: str
    city: str
    postcode: str
    phone: str
    carer: str
    told: str
    consent: str
    evidence: str
    note: str

    @property
    def number_forms(self) -> tuple[str, ...]:
        """The prisoner number as people write it."""
        return (self.number, f"{self.number[0]} {self.number[1:5]} {self.number[5:]}")

    @property
    def birth_forms(self) -> tuple[str, ...]:
        """The date of birth as systems write it, week dates included (ISO 8601)."""
        year, week, day = self.born.isocalendar()
        return (
            self.born.isoformat(),
            f"{self.born:%d.%m.%Y}",
            f"{self.born:%d/%m/%Y}",
            f"{year}-W{week:02}-{day}",
            f"{year}W{week:02}{day}",
        )

    @property
    def values(self) -> tuple[str, ...]:
        """Everything that must be found nowhere in clear."""
        return (
            *self.number_forms,
            *self.birth_forms,
            self.parent,
            str(self.contact),
            self.given,
            self.family,
            self.street,
            self.city,
            self.postcode,
            self.phone,
            self.phone.replace(" ", ""),
            self.carer,
            self.told,
            self.consent,
            self.evidence,
            self.note,
        )


def canaries() -> tuple[Canary, ...]:
    """Return the thirty, always the same."""
    chance = Random(30)
    return tuple(_canary(nth, chance) for nth in range(PEOPLE))


def _canary(nth: int, chance: Random) -> Canary:
    def word(syllables: int = 5) -> str:
        return "".join(
            chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables)
        )

    def digits(count: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(count))

    # Letters beyond F: a number must not turn up inside the hex digits of a random id.
    number = f"{chance.choice('QVXYZ')}{digits(4)}{chance.choice('KQVX')}{chance.choice('JWYZ')}"
    return Canary(
        nth=nth,
        number=number,
        parent=f"Käte {word()}",
        contact=int(f"7{digits(8)}3"),
        given=word().title(),
        family=f"Öz{word()}",
        born=date(2010 + nth % 14, 1 + chance.randrange(12), 13 + chance.randrange(15)),
        street=f"{word().title()}weg {digits(3)}",
        city=word().title(),
        postcode=f"ZQ{digits(6)}",
        phone=f"+49 {digits(3)} {digits(7)}",
        carer=f"Tante {word().title()}",
        told=f"weiß seit {word()}, daß {word()}",
        consent=f"E-{number}/{digits(4)}",
        evidence=f"Schrank {word()}",
        note=f"Notiz {word(6)}",
    )


def contacts_file(file: Path, people: tuple[Canary, ...]) -> None:
    """Write what the prison's contacts system knows of them."""
    prisoners: list[dict[str, Any]] = [
        {
            "number": canary.number,
            "booking": f"88{canary.nth:05}",
            "prison": "MUS",
            "contacts": [
                {
                    "contact_id": canary.contact,
                    "relationship": "DAU",
                    "given_name": canary.given,
                    "family_name": canary.family,
                    "birth_date": canary.born.isoformat(),
                    "address": {
                        "street": canary.street,
                        "city": canary.city,
                        "postcode": canary.postcode,
                    },
                }
            ],
        }
        for canary in people
    ]
    file.write_text(json.dumps({"prisoners": prisoners}), encoding="utf-8")


def all_values(people: tuple[Canary, ...]) -> Iterator[str]:
    """Yield every value of every canary."""
    for canary in people:
        yield from canary.values
