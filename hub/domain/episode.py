"""From movements to stays: one pass over what was reported, in the order in which it happened.

Reports may come late, twice, or from two sources, so stays are never edited step by step: they are
folded anew from the movements, and keep the ids they were given once (rule 8 of the spine).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hub.domain.case import Episode
from hub.domain.ids import mint
from hub.domain.movements import ENDING, Effect, Movement, MovementKind
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hub.domain.policy import Policy

_ARRIVALS = frozenset(
    {
        MovementKind.ADMISSION,
        MovementKind.RECALL_TO_CUSTODY,
        MovementKind.TRANSFER_IN,
        MovementKind.COURT_RETURN,
        MovementKind.ABSENCE_RETURN,
    }
)


class _Stay:
    """A stay while it is being folded."""

    def __init__(self, opening: Movement) -> None:
        self.openings = [opening]
        self.location = opening.location
        self.closing: Movement | None = None
        self.end_received_at: datetime | None = None

    def reopen(self, opening: Movement) -> None:
        """A release and a new admission within the settle window are one uninterrupted stay."""
        self.closing = None
        self.end_received_at = None
        self.location = opening.location or self.location

    def report_again(self, movement: Movement) -> None:
        """A second report of the admission adds what the first did not say."""
        self.openings.append(movement)
        self.location = self.location or movement.location

    def close(self, movement: Movement) -> None:
        """The first report of an end counts, unless a later one names the reason it lacked."""
        if self.closing is None:
            self.closing = movement
            self.end_received_at = movement.received_at
        elif movement.reason_known and not self.closing.reason_known:
            self.closing = changed(
                self.closing, kind=movement.kind, reason_known=True, held_s=movement.held_s
            )


def fold(movements: Iterable[Movement], policy: Policy) -> tuple[list[_Stay], list[Movement]]:
    """Return the stays that the movements tell of, oldest first, and the movements that fit none."""
    stays: list[_Stay] = []
    unmatched: list[Movement] = []
    for movement in sorted(movements, key=lambda m: m.order):
        stay = stays[-1] if stays else None
        if movement.effect is Effect.OPENS:
            if stay is None:
                stays.append(_Stay(movement))
            elif stay.closing is None:
                stay.report_again(movement)
            elif movement.occurred_at - stay.closing.occurred_at <= policy.settle:
                stay.reopen(movement)
            else:
                stays.append(_Stay(movement))
        elif movement.effect is Effect.CLOSES and stay is not None:
            stay.close(movement)
        elif movement.effect is Effect.STAYS and stay is not None and stay.closing is None:
            if movement.kind in _ARRIVALS and movement.location:
                stay.location = movement.location
        else:
            unmatched.append(movement)
    return stays, unmatched


def settle_until(openings: Sequence[Movement], policy: Policy) -> datetime:
    """Return until when nothing may leave about an admission.

    The window starts when the hub first received the report. A report that adds the reason code is
    a correction and starts it anew, to at most `settle_limit_factor` times its length in all; a
    mere second report does not. What the source itself already waited is taken off.
    """
    first = min(openings, key=lambda m: (m.received_at, m.order))
    reasoned = [m for m in openings if m.reason_known]
    if reasoned:
        deciding = min(reasoned, key=lambda m: (m.received_at, m.order))
        window = policy.settle
    else:
        deciding = first
        window = policy.settle_without_reason
    remainder = max(timedelta(0), window - timedelta(seconds=deciding.held_s))
    limit = first.received_at + policy.settle_limit_factor * policy.settle
    return min(deciding.received_at + remainder, max(limit, first.received_at))


def episodes_from(
    movements: Iterable[Movement], known: Sequence[Episode], policy: Policy
) -> tuple[tuple[Episode, ...], list[Movement]]:
    """Return the stays with their lasting ids, and the movements that fit none.

    A stay keeps the id of the known one that it overlaps (the earliest, if late movements joined
    two). Stays entered in error are kept as they are.
    """
    stays, unmatched = fold(movements, policy)
    void = [e for e in known if e.void]
    free = [e for e in known if not e.void]
    found: list[Episode] = []
    for stay in stays:
        started = stay.openings[0].occurred_at
        ended = stay.closing.occurred_at if stay.closing is not None else None
        same = next((e for e in free if _overlap(e, started, ended)), None)
        if same is not None:
            free.remove(same)
        found.append(
            Episode(
                episode_id=same.episode_id if same else _new_id(stay.openings[0]),
                admitted_at=started,
                first_received_at=min(m.received_at for m in stay.openings),
                settle_until=settle_until(stay.openings, policy),
                location=stay.location,
                ended_at=ended,
                ending=ENDING[stay.closing.kind] if stay.closing is not None else None,
                end_received_at=stay.end_received_at,
                booking=same.booking if same else None,
                children_asked=same.children_asked if same else 0,
                ask_again=same.ask_again if same else False,
            )
        )
    return tuple(sorted([*void, *found], key=lambda e: e.admitted_at)), unmatched


def _new_id(opening: Movement) -> UUID:
    return mint(opening.movement_id, "episode")


def _overlap(known: Episode, started: datetime, ended: datetime | None) -> bool:
    """True if a known stay and the interval share an instant; touching ends count."""
    return (ended is None or known.admitted_at <= ended) and (
        known.ended_at is None or started <= known.ended_at
    )
