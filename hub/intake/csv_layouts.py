"""The layouts of CSV files, as data: each column, what it fills, whether it must be there.

Lists inside a cell are separated by `|`. Flags are `yes` or `no`. Times carry a zone. A header may
leave out what is not required; a cell left empty means not stated. Where the absence of everything
can be stated, the cell says `none`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class CsvKind(StrEnum):
    """Which file it is."""

    CONSENTS = "consents"
    SAFETY = "safety"
    CHILDREN = "children"


class Cell(StrEnum):
    """How the text of a cell is read."""

    TEXT = "text"
    FLAG = "flag"
    LIST = "list"
    LIST_OR_NONE = "list-or-none"
    CHILDREN = "children"
    GRANTORS = "grantors"


class Column(NamedTuple):
    """One column: its name, the dotted path of the form's field it fills, how its cell is read."""

    name: str
    path: str
    cell: Cell = Cell.TEXT
    required: bool = False


class Layout(NamedTuple):
    """One kind of file: the record type of its rows, its columns, the one that tells when."""

    record_type: str
    columns: tuple[Column, ...]
    occurred_at: str


CHILD_NAMESPACE: Final = "child_namespace"
"""Column with the register of contact ids; without it they come from the person's register."""

OCCURRED_AT: Final = "(occurred_at)"
"""Path of a column that is no field of the form but tells when it happened."""

_PERSON: Final = (
    Column("person_namespace", "person.namespace", required=True),
    Column("person_number", "person.number", required=True),
    Column(CHILD_NAMESPACE, CHILD_NAMESPACE),
)
_CHILD: Final = Column("child_contact_id", "child.contact_id", required=True)

LAYOUTS: Final[dict[CsvKind, Layout]] = {
    CsvKind.CONSENTS: Layout(
        record_type="consent.granted",
        occurred_at="given_at",
        columns=(
            *_PERSON,
            Column("record_id", "record.record_id", required=True),
            Column("given_at", "record.given_at", required=True),
            Column("purposes", "record.purposes", Cell.LIST, required=True),
            Column("categories", "record.categories", Cell.LIST, required=True),
            # capacity@time, or the capacity alone if it consented at `given_at`
            Column("grantors", "record.grantors", Cell.GRANTORS, required=True),
            Column("children", "record.children", Cell.CHILDREN),
            Column("all_children", "record.all_children", Cell.FLAG),
            Column("scope", "record.scope"),
            Column("recipient", "record.recipient"),
            Column("recipient_class", "record.recipient_class"),
            Column("effective_from", "record.effective_from"),
            Column("expires_at", "record.expires_at"),
            Column("secrecy_release", "record.secrecy_release", Cell.FLAG),
            Column("lawful_basis", "record.lawful_basis"),
            Column("controller", "record.controller"),
            Column("notice", "record.notice"),
            Column("notice_version", "record.notice_version"),
            Column("notice_language", "record.notice_language"),
            Column("text_hash", "record.text_hash"),
            Column("interpreter", "record.interpreter", Cell.FLAG),
            Column("collection_method", "record.collection_method"),
            Column("evidence_hash", "record.evidence_hash"),
            Column("evidence_place", "record.evidence_place"),
            Column("help_requested", "record.help_requested", Cell.LIST),
            Column("supersedes", "record.supersedes"),
        ),
    ),
    CsvKind.SAFETY: Layout(
        record_type="safety.answered",
        occurred_at="answered_at",
        columns=(
            *_PERSON,
            _CHILD,
            Column("answer", "kind", required=True),
            Column("answered_at", "answered_at", required=True),
            Column("role", "role", required=True),
        ),
    ),
    CsvKind.CHILDREN: Layout(
        record_type="children.recorded",
        occurred_at="stated_at",
        columns=(
            *_PERSON,
            _CHILD,
            Column("stated_at", OCCURRED_AT, required=True),
            Column("relationship", "relationship"),
            Column("given_name", "given_name"),
            Column("family_name", "family_name"),
            Column("birth_date", "birth_date"),
            Column("expected_date", "expected_date"),
            Column("language", "language"),
            Column("area", "address.area"),
            Column("address_lines", "address.lines", Cell.LIST),
            Column("postcode", "address.postcode"),
            Column("city", "address.city"),
            Column("address_protected", "address.protected", Cell.FLAG),
            Column("lives_in_prison", "lives_in_prison", Cell.FLAG),
            Column("restrictions", "restrictions", Cell.LIST_OR_NONE),
            Column("carer_state", "carer.state"),
            Column("carer_name", "carer.name"),
            Column("carer_contact", "carer.contact"),
            Column("carer_safe_times", "carer.safe_times"),
            Column("carer_no_letter", "carer.no_letter", Cell.FLAG),
            Column("carer_knows", "carer.knows", Cell.FLAG),
            Column("carer_stated_by", "carer.stated_by"),
            Column("custody", "custody"),
            Column("custody_source", "custody_source"),
            Column("told", "told"),
        ),
    ),
}
