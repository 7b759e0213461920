"""Movements: what a prison system reports about one person's stay, and what each kind does to it.

Codes of a source (NOMIS reason codes, XJustiz codes) never reach the core: each source maps them to
a `MovementKind` by a table of its own. The table `EFFECT` below is all the core knows about kinds.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.domain.ids import SourceId
from hub.domain.values import Value


class MovementKind(StrEnum):
    """What happened, in words that no source system owns."""

    UNKNOWN = "unknown"
    ADMISSION = "admission"
    RECALL_TO_CUSTODY = "recall-to-custody"
    TRANSFER_IN = "transfer-in"
    TRANSFER_OUT = "transfer-out"
    COURT_OUT = "court-out"
    COURT_RETURN = "court-return"
    ABSENCE_OUT = "temporary-absence-out"
    ABSENCE_RETURN = "temporary-absence-return"
    RELEASE = "release"
    HOSPITAL = "hospital"
    DEATH = "death"
    ESCAPE = "escape"
    DEPORTATION = "deportation"
    STATUS_CHANGE = "status-change"


class Effect(StrEnum):
    """What a movement does to the stay it falls in."""

    OPENS = "opens"
    STAYS = "stays"
    CLOSES = "closes"


class Ending(StrEnum):
    """How a stay ended; each has its own notice rule."""

    UNKNOWN = "unknown"
    RELEASED = "released"
    HOSPITAL = "hospital"
    DIED = "died"
    ESCAPED = "escaped"
    DEPORTED = "deported"


EFFECT: dict[MovementKind, Effect] = {
    MovementKind.ADMISSION: Effect.OPENS,
    MovementKind.RECALL_TO_CUSTODY: Effect.OPENS,
    MovementKind.TRANSFER_IN: Effect.STAYS,
    MovementKind.TRANSFER_OUT: Effect.STAYS,
    MovementKind.COURT_OUT: Effect.STAYS,
    MovementKind.COURT_RETURN: Effect.STAYS,
    MovementKind.ABSENCE_OUT: Effect.STAYS,
    MovementKind.ABSENCE_RETURN: Effect.STAYS,
    MovementKind.STATUS_CHANGE: Effect.STAYS,
    MovementKind.RELEASE: Effect.CLOSES,
    MovementKind.HOSPITAL: Effect.CLOSES,
    MovementKind.DEATH: Effect.CLOSES,
    MovementKind.ESCAPE: Effect.CLOSES,
    MovementKind.DEPORTATION: Effect.CLOSES,
}
"""Kinds that are not in this table (`UNKNOWN`) are never applied: they become a task."""

ENDING: dict[MovementKind, Ending] = {
    MovementKind.RELEASE: Ending.RELEASED,
    MovementKind.HOSPITAL: Ending.HOSPITAL,
    MovementKind.DEATH: Ending.DIED,
    MovementKind.ESCAPE: Ending.ESCAPED,
    MovementKind.DEPORTATION: Ending.DEPORTED,
}


class Movement(Value, frozen=True, kw_only=True):
    """One movement as the hub knows it: the report, when it was received, and from whom.

    `reason_code` is the source's own code, read only to see whether a later report adds or changes
    it. A report without one may still turn out to be a death or an administrative merge, so it
    waits longer (see `episode.settled_at`). `held_s` is how many seconds the source itself already
    waited before it published.
    """

    movement_id: UUID
    kind: MovementKind
    occurred_at: datetime
    received_at: datetime
    source: SourceId
    location: str | None = None
    reason_code: str | None = None
    held_s: int = 0

    @property
    def effect(self) -> Effect | None:
        """What this movement does to a stay; None for a kind that is never applied."""
        return EFFECT.get(self.kind)

    @property
    def order(self) -> tuple[datetime, UUID]:
        """Sort key: when it happened; the id decides between movements of the same instant."""
        return (self.occurred_at, self.movement_id)
