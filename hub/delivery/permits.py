"""Permit and disclosure intent in one transaction, under the locks of the case rows (rule 9)."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple
from uuid import UUID

import structlog

from hub.crashpoints import reach
from hub.delivery import record
from hub.delivery.cases import survivor_of, with_cases
from hub.delivery.desk import Desk, Ready, write_intents
from hub.delivery.messages import Parcel, parcel
from hub.delivery.outdated import outdated
from hub.delivery.words import Cancelled, Refusal
from hub.domain.case import Case
from hub.domain.content import Content
from hub.domain.ids import PersonKey, partition_of
from hub.domain.permit import permit_for_send
from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.metric_defs import PERMITS_DENIED
from hub.ports import ClaimedSend, DeliveryBatch, StoredCase

_log = structlog.get_logger(__name__)


class _View(NamedTuple):
    """What one transaction knows while it judges its rows."""

    stored: Mapping[PersonKey, StoredCase]
    cases: Mapping[PersonKey, Case | Refusal]
    held: set[PersonKey]
    fresh: set[int]
    now: datetime
    opened: float


class _Judged(NamedTuple):
    """A row's answer (ready, why it ends, or the reasons against it), and the policy that gave it.

    Only the core ends a referral; what ends here is a message that may never leave again.
    """

    claim: ClaimedSend
    policy: str
    answer: Ready | Cancelled | tuple[str, ...]


def grant(desk: Desk, claims: Sequence[ClaimedSend]) -> list[Ready]:
    """Return the rows that may leave; their intents are committed. All others were denied.

    Raises `Retriable` when store or vault can't be reached; then nothing was written.
    """
    # Before the transaction, so that the vault is not asked for them under locks.
    contents = desk.reader.contents([claim.row for claim in claims])
    persons = {claim.row.person for claim in claims}
    ready = with_cases(desk.store, persons, partial(_grant, desk, claims, contents))
    if ready:
        reach("intent-committed")
    return ready


def _grant(
    desk: Desk,
    claims: Sequence[ClaimedSend],
    contents: Mapping[UUID, Content | Refusal],
    batch: DeliveryBatch,
    stored: dict[PersonKey, StoredCase],
) -> list[Ready]:
    claims = desk.mine(batch, claims)
    view = _look(desk, batch, stored)
    judged = []
    for claim in claims:
        rules = desk.store.rules(claim.row.tenant, view.now)
        answer = _judge_safely(desk, claim, contents[claim.row.send_id], rules, view)
        judged.append(_Judged(claim, rules.policy.version, answer))
    _end(batch, judged, view.now)
    _deny(desk, batch, judged, view.now)
    ready = [item.answer for item in judged if isinstance(item.answer, Ready)]
    write_intents(batch, ready)
    return ready


def _look(desk: Desk, batch: DeliveryBatch, stored: Mapping[PersonKey, StoredCase]) -> _View:
    """Read the clocks first: the window must never close later than the permit holds."""
    opened = desk.monotonic()
    now = desk.clock.now()
    cases = desk.reader.cases(row for row in stored.values() if row.alias_of is None)
    keys = {key for case in cases.values() if isinstance(case, Case) for key in _keys(case)}
    return _View(
        stored=stored,
        cases=cases,
        held=batch.held(sorted(keys | set(stored))),
        fresh=desk.store.fresh_partitions(desk.settings.max_consent_staleness_s),
        now=now,
        opened=opened,
    )


def _judge_safely(
    desk: Desk, claim: ClaimedSend, content: Content | Refusal, rules: Rules, view: _View
) -> Ready | Cancelled | tuple[str, ...]:
    """One row's fault is a denial of that row; its neighbours go on."""
    try:
        return _judge(desk, claim, content, rules, view)
    except Exception as error:  # noqa: BLE001 - any fault here must deny, not pass and not stop others
        frame = traceback.extract_tb(error.__traceback__)[-1]
        _log.error(
            "permit_failed",
            send=str(claim.row.send_id),
            error=type(error).__name__,
            where=f"{frame.name}:{frame.lineno}",
            remedy="The row is denied and tried again. Report this: the hub is at fault.",
        )
        return (Refusal.FAULT.value,)


def _judge(
    desk: Desk, claim: ClaimedSend, content: Content | Refusal, rules: Rules, view: _View
) -> Ready | Cancelled | tuple[str, ...]:
    """Return the row ready to leave, why it ends, or every reason against it."""
    row = claim.row
    case = view.cases.get(survivor_of(row.person, view.stored), Refusal.CASE_UNKNOWN)
    if isinstance(case, Refusal) or isinstance(content, Refusal):
        refusal = case if isinstance(case, Refusal) else content
        return Cancelled.ERASED if refusal is Refusal.ERASED else (str(refusal),)
    keys = _keys(case)
    answer = permit_for_send(
        case,
        row,
        rules,
        view.now,
        view.now + timedelta(seconds=desk.settings.intent_lifetime_s),
        held=not view.held.isdisjoint({*keys, row.person}),
        stale=any(partition_of(key, desk.partitions) not in view.fresh for key in keys),
    )
    reasons = {reason.value for reason in answer.reasons}
    if outdated(row, content, case, rules):
        if row.operation is not Operation.REFER:
            # Else the message that says it anew would wait behind this one for ever.
            return Cancelled.OUTDATED
        # No update may come before its referral: the core takes the whole generation back.
        reasons.add(Refusal.OUTDATED.value)
    found = parcel(row, content, rules, desk.connectors)
    if isinstance(found, Parcel) and not reasons:
        return desk.ready(
            claim, found, view.now, view.opened, consents=answer.consents, policy=answer.policy
        )
    if not isinstance(found, Parcel):
        reasons.add(found.value)
    return tuple(sorted(reasons))


def _end(batch: DeliveryBatch, judged: Sequence[_Judged], now: datetime) -> None:
    """End what may never leave again: that is no denial."""
    for item in judged:
        row, reason = item.claim.row, item.answer
        if isinstance(reason, Cancelled):
            batch.cancel([row.send_id], reason.value)
            batch.log(
                [
                    record.cancelled(
                        row,
                        send_id=row.send_id,
                        operation=row.operation,
                        reason=reason,
                        now=now,
                        policy=item.policy,
                    )
                ]
            )


def _deny(desk: Desk, batch: DeliveryBatch, judged: Sequence[_Judged], now: datetime) -> None:
    """Release what was denied."""
    denied = {
        item.claim.row.send_id: (item, item.answer)
        for item in judged
        if not isinstance(item.answer, Ready | Cancelled)
    }
    if not denied:
        return
    answers = [(key, reasons) for key, (_, reasons) in denied.items()]
    changed = batch.deny(answers, desk.settings.denied_retry_s)
    for item, reasons in denied.values():
        for reason in reasons:
            PERMITS_DENIED.labels(item.claim.row.tenant, reason).inc()
    batch.log(
        [
            record.denied(item.claim.row, reasons, now, item.policy)
            for key, (item, reasons) in denied.items()
            if key in changed
        ]
    )


def _keys(case: Case) -> tuple[PersonKey, ...]:
    return (case.person, *case.aliases)
