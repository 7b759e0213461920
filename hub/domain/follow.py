"""What should be true now, compared with what is: the consequences of everything known of a person.

Nothing here depends on which event came last. From the facts follow the referrals that should be
open, the tasks that should stand, the timers to be woken by; the difference to the present state is
what must be done. That is why late, doubled and reordered events end in the same state (rule 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain import duties, offers
from hub.domain.case import ClosedEpisode, Lookup
from hub.domain.decision import Fact, FactKind, LookupWanted, Send
from hub.domain.episode import fold
from hub.domain.facts.children import lookup_for
from hub.domain.upkeep import replace_episode
from hub.domain.values import changed

if TYPE_CHECKING:
    from datetime import datetime

    from hub.domain.case import Case
    from hub.domain.policy import Rules


class Followed:
    """The case on its way to what it should be at `now`, and what must be done to get there."""

    def __init__(self, case: Case, rules: Rules, now: datetime) -> None:
        self.case = case
        self.rules = rules
        self.now = now
        self.sends: list[Send] = []
        self.lookups: list[LookupWanted] = []
        self.facts: list[Fact] = []
        self.closed: list[ClosedEpisode] = []

    def note(
        self, kind: FactKind, subject: object, reasons: tuple[str, ...] = (), **refs: object
    ) -> None:
        """Add a line to the decision log."""
        self.facts.append(
            Fact(
                kind=kind,
                subject=str(subject),
                reasons=reasons,
                refs={key: str(value) for key, value in refs.items()},
            )
        )


def follow(case: Case, rules: Rules, now: datetime) -> Followed:
    """Return what follows from the facts of `case` at `now`."""
    followed = Followed(case, rules, now)
    _ask_for_children(followed)
    offers.settle_referrals(followed)
    duties.settle_tasks(followed)
    _put_away(followed)
    duties.settle_timers(followed)
    return followed


def _ask_for_children(followed: Followed) -> None:
    """A stay asks the prison's systems once for the children, and again when they changed."""
    case = followed.case
    current = case.current
    if (
        current is None
        or not current.running
        or case.number is None
        or case.number.namespace not in followed.rules.lookup_namespaces
        or case.lookups
        or (current.children_asked > 0 and not current.ask_again)
    ):
        return
    asked = changed(current, children_asked=current.children_asked + 1, ask_again=False)
    wanted = LookupWanted(
        lookup_id=lookup_for(current.episode_id, asked.children_asked),
        person=case.person,
        number=case.number,
        asked_at=followed.now,
    )
    followed.case = changed(
        replace_episode(case, current, asked),
        lookups=(Lookup(lookup_id=wanted.lookup_id, asked_at=followed.now),),
    )
    followed.lookups.append(wanted)
    followed.note(FactKind.LOOKUP_ASKED, wanted.lookup_id, episode=current.episode_id)


def _put_away(followed: Followed) -> None:
    """Move stays that can have no further consequence to the archive."""
    case = followed.case
    done = {
        e.episode_id: e
        for e in case.episodes
        if duties.is_over(case, e, followed.rules, followed.now)
    }
    if not done:
        return
    stays, _ = fold(case.movements, followed.rules.policy)
    told = {stay.admitted_at: tuple(stay.movements) for stay in stays}
    followed.closed += [
        ClosedEpisode(
            episode=episode,
            movements=() if episode.void else told.get(episode.admitted_at, ()),
            referrals=tuple(r for r in case.referrals if r.episode_id == key),
        )
        for key, episode in done.items()
    ]
    ends = [e.ended_at for e in done.values() if e.ended_at is not None and not e.void]
    gone = {m.movement_id for c in followed.closed for m in c.movements}
    limits = [at for at in (case.closed_until, *ends) if at is not None]
    followed.case = changed(
        case,
        episodes=tuple(e for e in case.episodes if e.episode_id not in done),
        movements=tuple(m for m in case.movements if m.movement_id not in gone),
        referrals=tuple(r for r in case.referrals if r.episode_id not in done),
        closed_until=max(limits, default=None),
    )
