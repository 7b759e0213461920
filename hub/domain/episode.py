"""From movements to stays: one pass over what was reported, in the order in which it happened.

Reports may come late, twice, or from two sources, so stays are never edited step by step: they are
folded anew from the movements, and keep the ids they were given once (rule 8 of the spine).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hub.domain.case import Episode
from hub.domain.ids import SourceId, mint
from hub.domain.movements import ENDING, Effect, Ending, Movement, MovementKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hub.domain.policy import Policy

SAME_END = timedelta(days=1)
"""Two reports of an end no further apart than this are one; sources may know the day only."""

_ARRIVALS = frozenset(
    {
        MovementKind.ADMISSION,
        MovementKind.RECALL_TO_CUSTODY,
        MovementKind.TRANSFER_IN,
        MovementKind.COURT_RETURN,
        MovementKind.ABSENCE_RETURN,
    }
)

_GRAVEST_FIRST = (
    Ending.DIED,
    Ending.DEPORTED,
    Ending.ESCAPED,
    Ending.HOSPITAL,
    Ending.RELEASED,
)
"""Where two reports of one end differ, the graver counts: a notice of release must be certain."""


class Stay:
    """A stay while it is being folded: the reports of its admission, of its end, and all others."""

    def __init__(self, opening: Movement) -> None:
        self.openings = [opening]
        self.closings: list[Movement] = []
        self.movements = [opening]
        self.location = opening.location

    @property
    def admitted_at(self) -> datetime:
        """When the stay began."""
        return self.openings[0].occurred_at

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, by the earliest of the reports."""
        return self.closings[0].occurred_at if self.closings else None

    def open_again(self, movement: Movement, policy: Policy) -> bool:
        """Take in another admission: a second report, or a return within the settle window."""
        ended = self.ended_at
        if ended is None:
            self.openings.append(movement)
            self.location = self.location or movement.location
        elif movement.occurred_at - ended <= policy.settle:
            self.closings.clear()
            self.location = movement.location or self.location
        else:
            return False
        return True

    def close(self, movement: Movement) -> bool:
        """Take in a report of the end; false if the stay ended long before."""
        ended = self.ended_at
        if ended is not None and movement.occurred_at - ended > SAME_END:
            return False
        self.closings.append(movement)
        return True

    def pass_through(self, movement: Movement) -> bool:
        """Take in a transfer, court trip or absence; false if the stay has ended."""
        if self.closings:
            return False
        if movement.kind in _ARRIVALS and movement.location:
            self.location = movement.location
        return True


def fold(movements: Iterable[Movement], policy: Policy) -> tuple[list[Stay], list[Movement]]:
    """Return the stays that the movements tell of, oldest first, and what fits none of them."""
    stays: list[Stay] = []
    unmatched: list[Movement] = []
    for movement in sorted(movements, key=lambda m: m.order):
        effect = movement.effect
        stay = stays[-1] if stays else None
        if effect is Effect.OPENS:
            if stay is None or not stay.open_again(movement, policy):
                stays.append(Stay(movement))
                continue
        elif (
            stay is None
            or effect is None
            or not (stay.close if effect is Effect.CLOSES else stay.pass_through)(movement)
        ):
            unmatched.append(movement)
            continue
        stay.movements.append(movement)
    return stays, unmatched


def settled_at(reports: Sequence[Movement], policy: Policy) -> tuple[datetime, bool]:
    """Return until when nothing may leave about an admission or an end, and if that was cut short.

    The window starts when the hub first received a report. A report that adds a reason code, or
    changes the one its source gave, is a correction and starts it anew, to at most
    `settle_limit_factor` times its length in all; a mere second report does not. What the source
    itself already waited is taken off.
    """
    received = sorted(reports, key=lambda m: (m.received_at, m.movement_id))
    first = received[0].received_at
    limit = first + max(policy.settle_limit_factor * policy.settle, policy.settle_without_reason)
    until = first + _wait(received[0], policy)
    said: dict[SourceId, str] = {}
    for report in received:
        if report.received_at > limit:
            break
        code = report.reason_code
        if code is not None and (not said or said.get(report.source, code) != code):
            until = report.received_at + _wait(report, policy)
        if code is not None:
            said[report.source] = code
    return min(until, limit), until > limit


def _wait(report: Movement, policy: Policy) -> timedelta:
    window = policy.settle_without_reason if report.reason_code is None else policy.settle
    return max(timedelta(0), window - timedelta(seconds=report.held_s))


def episodes_from(
    movements: Iterable[Movement], known: Sequence[Episode], policy: Policy
) -> tuple[tuple[Episode, ...], tuple[UUID, ...]]:
    """Return the stays with their lasting ids, and the ids of movements that fit none.

    A stay keeps the id of the known one that began with one of its admissions, or that it overlaps.
    Where late movements joined several, the first in the order of `known` survives and the others
    become its aliases. Stays entered in error are kept as they are.
    """
    stays, unmatched = fold(movements, policy)
    found = [e for e in known if e.void]
    claims = _claims(stays, [e for e in known if not e.void])
    taken = {same[0].episode_id for same in claims if same}
    found += [_episode(stay, same, taken, policy) for stay, same in zip(stays, claims, strict=True)]
    return tuple(sorted(found, key=lambda e: e.admitted_at)), tuple(
        m.movement_id for m in unmatched
    )


def _claims(stays: Sequence[Stay], known: Sequence[Episode]) -> list[list[Episode]]:
    """Return for each stay the known ones that it is, in the order of `known`."""
    if len(stays) == 1 and len(known) == 1 and _overlap(known[0], stays[0]):
        return [[known[0]]]
    births = {
        _new_id(m): number
        for number, stay in enumerate(stays)
        for m in stay.movements
        if m.effect is Effect.OPENS
    }
    claims: list[list[Episode]] = [[] for _ in stays]
    for episode in known:
        home = births.get(episode.episode_id)
        if home is None:
            home = next((n for n, stay in enumerate(stays) if _overlap(episode, stay)), None)
        if home is not None:
            claims[home].append(episode)
    return claims


def _episode(stay: Stay, same: Sequence[Episode], taken: set[UUID], policy: Policy) -> Episode:
    settles, cut = settled_at(stay.openings, policy)
    ends, end_cut = settled_at(stay.closings, policy) if stay.closings else (None, False)
    other_names = {e.episode_id for e in same[1:]}.union(*(e.aliases for e in same))
    return Episode(
        episode_id=same[0].episode_id if same else _new_id(stay.openings[0]),
        aliases=tuple(sorted(other_names - taken)),
        admitted_at=stay.admitted_at,
        first_received_at=min(m.received_at for m in stay.openings),
        settle_until=settles,
        location=stay.location,
        ended_at=stay.ended_at,
        ending=_ending(stay.closings),
        end_settle_until=ends,
        unsettled=cut or end_cut,
        booking=next((e.booking for e in same if e.booking is not None), None),
        children_asked=max((e.children_asked for e in same), default=0),
        ask_again=any(e.ask_again for e in same),
    )


def _ending(closings: Sequence[Movement]) -> Ending | None:
    """A report with a reason outranks one without, a grave one a mere release."""
    said = [m for m in closings if m.reason_code is not None] or closings
    return min((ENDING[m.kind] for m in said), key=_GRAVEST_FIRST.index, default=None)


def _new_id(opening: Movement) -> UUID:
    return mint(opening.movement_id, "episode")


def _overlap(known: Episode, stay: Stay) -> bool:
    """True if a known stay and the folded one share an instant; touching ends count."""
    ended = stay.ended_at
    return (ended is None or known.admitted_at <= ended) and (
        known.ended_at is None or stay.admitted_at <= known.ended_at
    )
