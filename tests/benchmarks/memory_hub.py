"""The decision core with nothing around it: cases in a dictionary, no codec, no seal, no disk."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hub.domain.case import Case, ClosedEpisode
from hub.domain.decide import cases_needed, decide, needs_history

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.decision import Decision
    from hub.domain.events import Event
    from hub.domain.ids import PersonKey, TenantId
    from hub.domain.policy import Rules


class MemoryHub:
    """Keeps what `decide` returns, as the store would."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._cases: dict[PersonKey, Case] = {}
        self._closed: defaultdict[PersonKey, dict[UUID, ClosedEpisode]] = defaultdict(dict)

    def case(self, tenant: TenantId, person: PersonKey) -> Case:
        """Return the case of a person, the survivor's for an alias."""
        case = self._cases.get(person)
        if case is None:
            return Case(tenant=tenant, person=person)
        return case if case.alias_of is None else self.case(tenant, case.alias_of)

    def decide(self, event: Event) -> Decision:
        """Decide one event and keep its consequences."""
        given = {p: self.case(event.meta.tenant, p) for p in cases_needed(event)}
        main = given[event.meta.person]
        past = (
            tuple(
                sorted(
                    self._closed[main.person].values(),
                    key=lambda closed: closed.episode.admitted_at,
                )
            )
            if needs_history(main, event)
            else ()
        )
        decision = decide(given, event, self._rules, event.meta.recorded_at, past)
        for case in decision.cases:
            self._cases[case.person] = case
        for episode_id in decision.reopened:
            self._closed[main.person].pop(episode_id, None)
        for person, closed in decision.closed:
            self._closed[person][closed.episode.episode_id] = closed
        return decision
