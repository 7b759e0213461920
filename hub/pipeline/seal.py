"""Step 6: turn decisions into rows. Everything about a person is sealed here, or not stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from hub.domain.events import TimerDue
from hub.domain.ids import mint
from hub.pipeline.load import case_context, episode_context
from hub.ports import (
    DueEvent,
    FactRow,
    LookupRow,
    SendRow,
    StoredCase,
    StoredEpisode,
    TaskRow,
    WithheldRow,
)

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.case import Case, ClosedEpisode, Lookup, Timer
    from hub.domain.decision import Decision, Send
    from hub.domain.events import Meta, PersonNumber
    from hub.domain.ids import ChildKey, PersonKey, TenantId
    from hub.ports import DataKey, Sealer

_encode = msgspec.msgpack.Encoder().encode


class CaseRows(NamedTuple):
    """The rows of one case: itself, and all that is open about it, each list complete."""

    case: StoredCase
    children: tuple[tuple[TenantId, ChildKey, PersonKey], ...]
    timers: tuple[DueEvent, ...]
    tasks: tuple[TaskRow, ...]
    lookups: tuple[LookupRow, ...]
    withheld: tuple[WithheldRow, ...]


class CaseSealer:
    """Seals cases, contents and look-ups under their person's data key."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def case(self, case: Case, before: Case | None, key: DataKey) -> CaseRows:
        """Return the rows of a case; children that the index knows already are left out."""
        sealed = self._sealer.seal(key, case_context(case.tenant, case.person), _encode(case))
        known = {c.child for c in before.children} if before is not None else set()
        return CaseRows(
            case=StoredCase(
                case.tenant, case.person, case.version, key.key_id, sealed, case.alias_of
            ),
            children=tuple(
                (case.tenant, c.child, case.person) for c in case.children if c.child not in known
            ),
            timers=tuple(_timer_row(case, timer) for timer in case.timers),
            tasks=tuple(
                TaskRow(
                    t.task_id,
                    case.tenant,
                    case.person,
                    t.kind.value,
                    t.severity.value,
                    t.subject,
                    t.since,
                    t.due,
                    t.escalated,
                )
                for t in case.tasks
            ),
            # Complete, not only those just asked for: the store drops what is no longer named.
            lookups=tuple(
                self._lookup(case, lookup, case.number, key)
                for lookup in case.lookups
                if case.number is not None
            ),
            withheld=tuple(
                WithheldRow(case.tenant, case.person, w.child, w.purpose, w.reasons, w.since)
                for w in case.withheld
            ),
        )

    def closed(
        self, tenant: TenantId, person: PersonKey, closed: ClosedEpisode, key: DataKey
    ) -> StoredEpisode:
        """Return the row of a stay that was put away."""
        episode_id = closed.episode.episode_id
        context = episode_context(tenant, person, episode_id)
        sealed = self._sealer.seal(key, context, _encode(closed))
        return StoredEpisode(tenant, person, episode_id, key.key_id, sealed)

    def send(self, tenant: TenantId, send: Send, key: DataKey) -> SendRow:
        """Return the outbox row of a message."""
        sealed = None
        if send.content is not None:
            context = f"send:{tenant}:{send.person}:{send.send_id}"
            sealed = self._sealer.seal(key, context, _encode(send.content))
        return SendRow(
            send_id=send.send_id,
            tenant=tenant,
            person=send.person,
            child=send.child,
            episode_id=send.episode_id,
            referral_id=send.referral_id,
            operation=send.operation,
            generation=send.generation,
            content_version=send.content_version,
            recipient=send.recipient,
            purpose=send.purpose,
            idempotency_id=send.idempotency_id,
            order_key=send.order_key,
            ready_at=send.ready_at,
            categories=send.categories,
            retraction=send.retraction,
            retraction_reason=send.retraction_reason,
            data_key=key.key_id if sealed is not None else None,
            sealed=sealed,
        )

    def _lookup(self, case: Case, lookup: Lookup, number: PersonNumber, key: DataKey) -> LookupRow:
        """Return the row of a look-up; the number it asks for is sealed."""
        context = f"lookup:{case.tenant}:{case.person}:{lookup.lookup_id}"
        sealed = self._sealer.seal(key, context, _encode(number))
        return LookupRow(
            lookup.lookup_id, case.tenant, case.person, lookup.asked_at, key.key_id, sealed
        )


def fact_rows(decision: Decision, meta: Meta, person: PersonKey, policy: str) -> list[FactRow]:
    """Return a decision's lines of the decision log."""
    return [
        FactRow(
            mint(meta.event_id, "fact", number),
            meta.tenant,
            person,
            meta.event_id,
            meta.recorded_at,
            policy,
            fact,
        )
        for number, fact in enumerate(decision.facts)
    ]


def _timer_row(case: Case, timer: Timer) -> DueEvent:
    body = TimerDue(timer_id=timer.timer_id, generation=timer.generation)
    return DueEvent(
        subject=timer.timer_id,
        event_id=timer_event_id(timer.timer_id, timer.generation),
        tenant=case.tenant,
        person=case.person,
        type="timers.due",
        kind=timer.kind.value,
        due_at=timer.due,
        body=_encode(body),
    )


def timer_event_id(timer_id: UUID, generation: int) -> UUID:
    """Return the id of a timer's due event: timer id and generation (rule 7)."""
    return mint(timer_id, generation)
