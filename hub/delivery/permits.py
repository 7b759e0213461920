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
from hub.delivery.words import Cancelled, Refusal
from hub.domain.case import Case
from hub.domain.content import Content
from hub.domain.entitlement import Denial
from hub.domain.ids import PersonKey, partition_of
from hub.domain.permit import Question, permit
from hub.domain.policy import Rules
from hub.metric_defs import PERMITS_DENIED
from hub.ports import ClaimedSend, DeliveryBatch, SendRow, StoredCase

_log = structlog.get_logger(__name__)


class _View(NamedTuple):
    """What one transaction knows while it judges its rows."""

    stored: Mapping[PersonKey, StoredCase]
    cases: Mapping[PersonKey, Case | Refusal]
    held: set[PersonKey]
    stale: set[int]
    now: datetime
    opened: float


class _Judged(NamedTuple):
    """A row's answer (ready, or the reasons against it), and the policy that gave it."""

    claim: ClaimedSend
    policy: str
    ready: Ready | None
    reasons: tuple[str, ...]


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
        ready_now, reasons = (answer, ()) if isinstance(answer, Ready) else (None, answer)
        judged.append(_Judged(claim, rules.policy.version, ready_now, reasons))
    _deny(desk, batch, judged, view.now)
    ready = [item.ready for item in judged if item.ready is not None]
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
        stale=desk.store.stale_partitions(desk.wall(), desk.settings.max_consent_staleness_s),
        now=now,
        opened=opened,
    )


def _judge_safely(
    desk: Desk, claim: ClaimedSend, content: Content | Refusal, rules: Rules, view: _View
) -> Ready | tuple[str, ...]:
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
) -> Ready | tuple[str, ...]:
    """Return the row ready to leave, or every reason against it."""
    row = claim.row
    case = view.cases.get(survivor_of(row.person, view.stored), Refusal.CASE_UNKNOWN)
    if isinstance(case, Refusal):
        return (case.value,)
    if isinstance(content, Refusal):
        return (content.value,)
    keys = _keys(case)
    answer = permit(
        case,
        Question(
            child=row.child,
            episode_id=row.episode_id,
            purpose=row.purpose,
            recipient=row.recipient,
            categories=row.categories,
        ),
        rules,
        view.now,
        view.now + timedelta(seconds=desk.settings.intent_lifetime_s),
        held=not view.held.isdisjoint({*keys, row.person}),
        stale=any(partition_of(key, desk.partitions) in view.stale for key in keys),
    )
    reasons = {reason.value for reason in answer.reasons}
    if _retracted(case, row):
        reasons.add(Denial.REFERRAL_ENDED.value)
    found = parcel(row, content, rules, desk.connectors)
    if isinstance(found, Parcel) and not reasons:
        return desk.ready(
            claim, found, view.now, view.opened, consents=answer.consents, policy=answer.policy
        )
    if not isinstance(found, Parcel):
        reasons.add(found.value)
    return tuple(sorted(reasons))


def _deny(desk: Desk, batch: DeliveryBatch, judged: Sequence[_Judged], now: datetime) -> None:
    """Release what was denied. What can never be read again is ended: that is no denial."""
    erased = [item for item in judged if Refusal.ERASED.value in item.reasons]
    denied = {
        item.claim.row.send_id: item
        for item in judged
        if item.reasons and Refusal.ERASED.value not in item.reasons
    }
    facts = [
        record.cancelled(
            item.claim.row,
            send_id=item.claim.row.send_id,
            operation=item.claim.row.operation,
            reason=Cancelled.ERASED,
            now=now,
            policy=item.policy,
        )
        for item in erased
    ]
    if erased:
        batch.cancel([item.claim.row.send_id for item in erased], Cancelled.ERASED.value)
    if denied:
        answers = [(key, item.reasons) for key, item in denied.items()]
        changed = batch.deny(answers, desk.settings.denied_retry_s)
        for key, reasons in answers:
            for reason in reasons:
                PERMITS_DENIED.labels(denied[key].claim.row.tenant, reason).inc()
        facts += [
            record.denied(denied[key].claim.row, reasons, now, denied[key].policy)
            for key, reasons in answers
            if key in changed
        ]
    batch.log(facts)


def _keys(case: Case) -> tuple[PersonKey, ...]:
    return (case.person, *case.aliases)


def _retracted(case: Case, row: SendRow) -> bool:
    """True once this generation was taken back: its retraction waits behind the row and ends it."""
    return any(
        referral.retraction is not None
        for referral in case.referrals
        if (referral.referral_id, referral.generation) == (row.referral_id, row.generation)
    )
