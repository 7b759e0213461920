"""Step 5: decide, record by record, in memory. A record that fails here is set aside alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.decide import cases_needed, decide, needs_history
from hub.errors import Poison
from hub.pipeline.work import Touched

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from hub.domain.case import Case, ClosedEpisode
    from hub.domain.events import Event
    from hub.domain.ids import PersonKey, TenantId
    from hub.domain.policy import Rules
    from hub.pipeline.work import Loaded, Work


def judge(
    batch: Sequence[Work],
    loaded: Loaded,
    rules: Callable[[TenantId, datetime], Rules],
    history: Callable[[PersonKey, TenantId], tuple[ClosedEpisode, ...]],
) -> Touched:
    """Decide every open event of the batch; later events see what earlier ones changed."""
    touched = Touched()
    cases = dict(loaded.cases)
    merged: dict[PersonKey, PersonKey] = {}
    for work in batch:
        if work.event is None or not work.open:
            continue
        meta = work.event.meta
        applicable = rules(meta.tenant, meta.recorded_at)
        work.policy = applicable.policy.version
        try:
            _judge_one(work, work.event, loaded, cases, merged, applicable, history)
        except Exception as error:  # noqa: BLE001  whatever is wrong, it is this record's fault
            work.fault = Poison(
                "decide-failed", type(error).__name__, "report this to the hub's maintainers"
            )
            continue
        if work.decision is not None:
            for case in work.decision.cases:
                cases[case.person] = touched.cases[case.person] = case
                if case.alias_of is not None:
                    merged[case.person] = case.alias_of
            touched.reopened.extend(work.decision.reopened)
    return touched


def _judge_one(
    work: Work,
    event: Event,
    loaded: Loaded,
    cases: dict[PersonKey, Case],
    merged: dict[PersonKey, PersonKey],
    rules: Rules,
    history: Callable[[PersonKey, TenantId], tuple[ClosedEpisode, ...]],
) -> None:
    given = {}
    for person in cases_needed(event):
        survivor = loaded.keys[person]
        while survivor in merged:
            survivor = merged[survivor]
        given[person] = cases[survivor]
    main = given[event.meta.person]
    past = history(main.person, main.tenant) if needs_history(main, event) else ()
    decision = decide(given, event, rules, event.meta.recorded_at, past)
    work.decision = decision
    if decision.ignored is not None:
        work.ignored = decision.ignored.value
