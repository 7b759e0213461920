"""Step 5: decide, record by record, in memory. A record that fails here is set aside alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.decide import cases_needed, decide, needs_history
from hub.errors import HubError, Poison
from hub.pipeline.decode import unforeseen
from hub.pipeline.work import Touched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hub.domain.case import Case, ClosedEpisode
    from hub.domain.decision import Decision
    from hub.domain.events import Event
    from hub.domain.ids import PersonKey, TenantId
    from hub.domain.policy import Rules
    from hub.pipeline.work import Loaded, Work


def judge(
    batch: Sequence[Work],
    loaded: Loaded,
    rules: Callable[[TenantId, datetime], Rules],
    history: Callable[[Case], tuple[ClosedEpisode, ...]],
) -> Touched:
    """Decide every open event of the batch; later events see what earlier ones changed.

    Raises `Retriable` when rules or history can't be read: then the whole batch comes again.
    """
    bench = _Bench(loaded, history)
    for work in batch:
        if work.event is None or not work.open:
            continue
        meta = work.event.meta
        applicable = rules(meta.tenant, meta.recorded_at)
        work.policy = applicable.policy.version
        try:
            work.decision = bench.decide(work.event, applicable)
        except Poison as fault:
            work.fault = fault
        except HubError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong, it is this record's fault
            work.fault = unforeseen("decide-failed", error)
        else:
            work.person = bench.survivor(meta.person)
            if work.decision.ignored is not None:
                work.ignored = work.decision.ignored.value
    return bench.touched


class _Bench:
    """The cases as the decisions of this batch have left them so far."""

    def __init__(
        self, loaded: Loaded, history: Callable[[Case], tuple[ClosedEpisode, ...]]
    ) -> None:
        self.touched = Touched()
        self._keys = loaded.keys
        self._cases = dict(loaded.cases)
        self._merged: dict[PersonKey, PersonKey] = {}
        self._history = history

    def survivor(self, person: PersonKey) -> PersonKey:
        """Return whose case an event about `person` concerns now."""
        survivor = self._keys[person]
        while survivor in self._merged:
            survivor = self._merged[survivor]
        return survivor

    def decide(self, event: Event, rules: Rules) -> Decision:
        """Decide one event, and remember what it changed."""
        given = {person: self._cases[self.survivor(person)] for person in cases_needed(event)}
        main = given[event.meta.person]
        past = self._past(main) if needs_history(main, event) else ()
        decision = decide(given, event, rules, event.meta.recorded_at, past)
        for case in decision.cases:
            self._cases[case.person] = self.touched.cases[case.person] = case
            if case.alias_of is not None:
                self._merged[case.person] = case.alias_of
        self.touched.move_stays(decision)
        return decision

    def _past(self, case: Case) -> tuple[ClosedEpisode, ...]:
        """Return the closed stays of a case, those that this batch moved included."""
        touched, names = self.touched, {case.person, *case.aliases}
        stored = (c for c in self._history(case) if c.episode.episode_id not in touched.moved)
        fresh = (c for owner, c in touched.closed.values() if owner in names)
        return tuple(sorted((*stored, *fresh), key=lambda c: c.episode.admitted_at))
