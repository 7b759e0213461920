"""The people of the story. All are invented, and their numbers belong to nobody (Z....ZZ)."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

NAMESPACE: Final = "NOMS"
"""The register that issues the numbers of this story."""


class Kid(NamedTuple):
    """A child as the prison's contacts system holds it: `contact` is the system's own id."""

    contact: int
    given: str
    family: str
    born: date
    code: str


class Parent(NamedTuple):
    """An imprisoned parent; `recorded_count`: the number of children that staff entered."""

    number: str
    name: str
    kids: tuple[Kid, ...] = ()
    recorded_count: str | None = None

    @property
    def kid(self) -> Kid:
        """The first child."""
        return self.kids[0]

    @property
    def booking(self) -> str:
        """The id of the present booking in the prison system."""
        return f"99{self.number[1:5]}"


def _kid(contact: int, given: str, family: str, born: str, code: str) -> Kid:
    return Kid(contact, given, family, date.fromisoformat(born), code)


MARIA = Parent(
    "Z0001ZZ",
    "Maria Muster",
    (
        _kid(90000101, "Mia", "Muster", "2017-05-14", "DAU"),
        _kid(90000102, "Max", "Muster", "2020-09-03", "SON"),
    ),
    recorded_count="2",
)
TOM = Parent("Z0002ZZ", "Tom Tausch", (_kid(90000201, "Tina", "Tausch", "2016-02-29", "DAU"),))
INES = Parent("Z0003ZZ", "Ines Irrtum", (_kid(90000301, "Ida", "Irrtum", "2019-07-21", "DAU"),))
DORA = Parent("Z0004ZZ", "Dora Doppel", (_kid(90000401, "Dario", "Doppel", "2018-11-11", "SON"),))
LARS = Parent("Z0005ZZ", "Lars Später", (_kid(90000501, "Lena", "Später", "2015-03-30", "DAU"),))
WILMA = Parent("Z0006ZZ", "Wilma Wider", (_kid(90000601, "Willi", "Wider", "2014-08-08", "SON"),))
FRITZ = Parent("Z0007ZZ", "Fritz Frost", (_kid(90000701, "Frida", "Frost", "2021-01-06", "DAU"),))
NINA = Parent("Z0008ZZ", "Nina Nein", (_kid(90000801, "Noah", "Nein", "2013-10-02", "SON"),))
ALMA = Parent("Z0009ZZ", "Alma Allein", (_kid(90000901, "Anton", "Allein", "2019-12-24", "SON"),))
SVEN = Parent("Z0010ZZ", "Sven Schweig", (_kid(90001001, "Svea", "Schweig", "2016-06-16", "DAU"),))
PETRA = Parent("Z0011ZZ", "Petra Panne", (_kid(90001101, "Paul", "Panne", "2017-04-01", "SON"),))
KARL = Parent("Z0012ZZ", "Karl Kinderlos")
ZORA = Parent("Z0013ZZ", "Zora Zahl", recorded_count="2")

CAST: Final = (
    MARIA,
    TOM,
    INES,
    DORA,
    LARS,
    WILMA,
    FRITZ,
    NINA,
    ALMA,
    SVEN,
    PETRA,
    KARL,
    ZORA,
)
