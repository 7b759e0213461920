"""The mapping tables of HMPPS events: event types, and movement reasons to movement kinds.

Everything the publisher may say stands here as data. Sources: the published AsyncAPI schemas of
hmpps-domain-events (event types, reasons) and the open code of its consumers (NOMIS codes).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from hub.domain.movements import MovementKind


class Family(StrEnum):
    """Who reports: A comes late and names the NOMIS code, B comes within seconds without it."""

    A = "prison-offender-events"
    B = "prisoner-offender-search"


class Direction(StrEnum):
    """Into custody or out of it, as the event type says."""

    RECEIVED = "received"
    RELEASED = "released"


class Handler(StrEnum):
    """How an event type is read."""

    MOVEMENT = "movement"
    MERGED = "merged"
    BOOKING_MOVED = "booking-moved"
    BOOKING_DELETED = "booking-deleted"
    CHILDREN_CHANGED = "children-changed"


class Rule(NamedTuple):
    """What one event type means to the hub."""

    handler: Handler
    family: Family | None = None
    direction: Direction | None = None


NO_MOVEMENT: Final = "not-a-movement"
LEGACY: Final = "legacy-offender-event"
UNKNOWN_TYPE: Final = "unknown-event-type"
ADMINISTRATIVE: Final = "administrative"
NO_PRISONER: Final = "no-prisoner-named"
"""Reason codes of messages that rightly become no event."""

_A, _B = Family.A, Family.B
_IN, _OUT = Direction.RECEIVED, Direction.RELEASED
_CHILDREN = Rule(Handler.CHILDREN_CHANGED)

EVENT_TYPES: Final[dict[str, Rule]] = {
    "prison-offender-events.prisoner.received": Rule(Handler.MOVEMENT, _A, _IN),
    "prison-offender-events.prisoner.released": Rule(Handler.MOVEMENT, _A, _OUT),
    "prisoner-offender-search.prisoner.received": Rule(Handler.MOVEMENT, _B, _IN),
    "prisoner-offender-search.prisoner.released": Rule(Handler.MOVEMENT, _B, _OUT),
    "prison-offender-events.prisoner.merged": Rule(Handler.MERGED),
    "prison-offender-events.prisoner.booking.moved": Rule(Handler.BOOKING_MOVED),
    "prison-offender-events.prisoner.booking.deleted": Rule(Handler.BOOKING_DELETED),
    "prison-offender-events.prisoner.contact-added": _CHILDREN,
    "prison-offender-events.prisoner.contact-approved": _CHILDREN,
    "prison-offender-events.prisoner.contact-removed": _CHILDREN,
    "prison-offender-events.prisoner.contact-unapproved": _CHILDREN,
    "prison-offender-events.prisoner.person-restriction.upserted": _CHILDREN,
    "prison-offender-events.prisoner.person-restriction.deleted": _CHILDREN,
    "prison-offender-events.prisoner.restriction.changed": _CHILDREN,
    "prison-offender-events.visitor.restriction.upserted": _CHILDREN,
    "prison-offender-events.visitor.restriction.deleted": _CHILDREN,
}
"""Event types with a meaning, by their whole name."""

CHILDREN_PREFIXES: Final = (
    "contacts-api.prisoner-contact.",
    "contacts-api.prisoner-contact-restriction.",
    "contacts-api.contact.",
    "contacts-api.contact-address.",
    "contacts-api.contact-restriction.",
    "personal-relationships-api.number-of-children.",
    "personal-relationships-api.prisoner-restriction.",
)
"""Types (before created, updated, deleted) after which the recorded children are asked for anew."""

KNOWN_PREFIXES: Final = (
    "prison-offender-events.",
    "prisoner-offender-search.",
    "contacts-api.",
    "personal-relationships-api.",
    "restricted-patients.",
    "external-movements.",
    "probation-case.",
    "person.",
)
"""Publishers whose other events are known not to concern the hub."""


class Movement(NamedTuple):
    """A row of the movement table: None matches anything, kind None is administrative."""

    family: Family | None
    direction: Direction
    reason: str
    code: str | None
    kind: MovementKind | None


_K = MovementKind

RELEASE_CODES: Final = frozenset(
    {"AR", "BD", "CE", "CR", "D1", "D2", "D3", "D4", "ECSL", "FR1", "FR2"}
    | {"HD", "HE", "HR", "HU", "NCS", "PD", "PX"}
)
"""NOMIS codes of an ordinary release that the publisher's open code names. The full list is not
public: what is missing becomes a task, never a guess."""

SPECIAL_CODES: Final[dict[str, MovementKind | None]] = {
    "DEC": _K.DEATH,
    "UAL": _K.ESCAPE,
    "UAL_ECL": _K.ESCAPE,
    "ESCP": _K.ESCAPE,
    "DD": _K.DEPORTATION,
    "DE": _K.DEPORTATION,
    "DL": _K.DEPORTATION,
    "HP": _K.HOSPITAL,
    "HO": _K.HOSPITAL,
    "HQ": _K.HOSPITAL,
    "MRG": None,
}
"""Codes under which something else than a release is reported as `released/RELEASED`."""

NO_CODE: Final = ""
"""Matches a report that names no code."""


def movement_table(release_codes: frozenset[str]) -> tuple[Movement, ...]:
    """Return the rows in order: the first that matches wins, none at all means unknown."""
    return (
        *(Movement(_A, _IN, "ADMISSION", c, _K.RECALL_TO_CUSTODY) for c in ("L", "B", "Y")),
        # What the code says besides does not matter here: every admission opens a stay.
        Movement(_A, _IN, "ADMISSION", None, _K.ADMISSION),
        Movement(_B, _IN, "NEW_ADMISSION", None, _K.ADMISSION),
        Movement(_B, _IN, "READMISSION", None, _K.ADMISSION),
        Movement(_B, _IN, "READMISSION_SWITCH_BOOKING", None, _K.ADMISSION),
        # In custody under a booking that a merge brought: the merge itself may be unknown here.
        Movement(_B, _IN, "POST_MERGE_ADMISSION", None, _K.ADMISSION),
        Movement(None, _IN, "TRANSFERRED", None, _K.TRANSFER_IN),
        Movement(None, _IN, "RETURN_FROM_COURT", None, _K.COURT_RETURN),
        Movement(None, _IN, "TEMPORARY_ABSENCE_RETURN", None, _K.ABSENCE_RETURN),
        *(Movement(None, _OUT, "RELEASED", c, kind) for c, kind in SPECIAL_CODES.items()),
        *(Movement(None, _OUT, "RELEASED", c, _K.RELEASE) for c in sorted(release_codes)),
        Movement(None, _OUT, "RELEASED", NO_CODE, _K.RELEASE),
        Movement(None, _OUT, "RELEASED_TO_HOSPITAL", None, _K.HOSPITAL),
        Movement(None, _OUT, "TRANSFERRED", None, _K.TRANSFER_OUT),
        Movement(None, _OUT, "SENT_TO_COURT", None, _K.COURT_OUT),
        Movement(None, _OUT, "TEMPORARY_ABSENCE_RELEASE", None, _K.ABSENCE_OUT),
    )
