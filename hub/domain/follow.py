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
from hub.domain.ids import mint
from hub.domain.values import changed

if TYPE_CHECKING:
    from datetime import datetime

    from hub.domain.case import Case
    from hub.domain.policy import Rules


class Followed:
    """The case as it should be now, and what must be done to get there."""

    def __init__(self, case: Case) -> None:
        self.case = case
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
    followed = Followed(_bind_consents(case))
    _ask_for_children(followed, rules, now)
    offers.settle_referrals(followed, rules, now)
    duties.settle_tasks(followed, rules, now)
    _put_away(followed, rules, now)
    duties.settle_timers(followed, rules, now)
    return followed


def _bind_consents(case: Case) -> Case:
    """Tie each consent to the first stay it met: consent `episode` ends with that stay."""
    current = case.current
    if current is None or not current.running:
        return case
    if all(c.episode_id is not None for c in case.consents):
        return case
    return changed(
        case,
        consents=tuple(
            changed(c, episode_id=current.episode_id) if c.episode_id is None else c
            for c in case.consents
        ),
    )


def _ask_for_children(followed: Followed, rules: Rules, now: datetime) -> None:
    """A stay asks the prison's systems once for the children, and again when they changed."""
    case = followed.case
    current = case.current
    if (
        current is None
        or not current.running
        or case.number is None
        or case.number.namespace not in rules.lookup_namespaces
        or case.lookups
        or (current.children_asked > 0 and not current.ask_again)
    ):
        return
    asked = changed(current, children_asked=current.children_asked + 1, ask_again=False)
    lookup_id = mint(current.episode_id, "children", asked.children_asked)
    followed.case = changed(
        case,
        episodes=tuple(asked if e is current else e for e in case.episodes),
        lookups=(Lookup(lookup_id=lookup_id, asked_at=now),),
    )
    followed.lookups.append(
        LookupWanted(lookup_id=lookup_id, person=case.person, number=case.number, asked_at=now)
    )
    followed.note(FactKind.LOOKUP_ASKED, lookup_id, episode=current.episode_id)


def _put_away(followed: Followed, rules: Rules, now: datetime) -> None:
    """Move stays that can have no further consequence to the archive."""
    case = followed.case
    done = [e for e in case.episodes if duties.is_over(case, e, rules, now)]
    if not done:
        return
    ids = {e.episode_id for e in done}
    for episode in done:
        inside = tuple(
            m
            for m in case.movements
            if not episode.void
            and episode.admitted_at <= m.occurred_at <= (episode.ended_at or m.occurred_at)
        )
        followed.closed.append(
            ClosedEpisode(
                episode=episode,
                movements=inside,
                referrals=tuple(r for r in case.referrals if r.episode_id == episode.episode_id),
            )
        )
    ends = [e.ended_at for e in done if e.ended_at is not None]
    gone = {m.movement_id for c in followed.closed for m in c.movements}
    limits = [at for at in (case.closed_until, *ends) if at is not None]
    followed.case = changed(
        case,
        episodes=tuple(e for e in case.episodes if e.episode_id not in ids),
        movements=tuple(m for m in case.movements if m.movement_id not in gone),
        referrals=tuple(r for r in case.referrals if r.episode_id not in ids),
        closed_until=max(limits, default=None),
    )
