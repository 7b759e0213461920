"""Retractions: sent, cancelled with what they would take back, or made to wait (rule 10)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from hub.crashpoints import reach
from hub.delivery import record
from hub.delivery.cases import with_cases
from hub.delivery.desk import Desk, Ready, write_intents
from hub.delivery.messages import Parcel, recall_parcel
from hub.delivery.recall import Recall, decide_recall
from hub.delivery.words import Cancelled
from hub.domain.ids import PersonKey
from hub.ports import ClaimedSend, DeliveryBatch, EarlierSend, StoredCase


def recall(desk: Desk, claims: Sequence[ClaimedSend]) -> list[Ready]:
    """Return the retractions that must be sent now; their intents are committed.

    They need no consent and no permit, and neither hold, staleness nor halt stops them. Raises
    `Retriable` when the store can't be reached; then nothing was written.
    """
    persons = {claim.row.person for claim in claims}
    ready = with_cases(desk.store, persons, partial(_recall, desk, claims))
    if ready:
        reach("intent-committed")
    return ready


def _recall(
    desk: Desk,
    claims: Sequence[ClaimedSend],
    batch: DeliveryBatch,
    stored: dict[PersonKey, StoredCase],  # noqa: ARG001 - held locked is all that is needed of them
) -> list[Ready]:
    ready = []
    for claim in desk.mine(batch, claims):
        earlier = batch.earlier(claim.row)
        match decide_recall(earlier):
            case Recall.WAIT:
                batch.release([claim.row.send_id], desk.settings.recall_wait_s)
            case Recall.CANCEL_BOTH:
                _cancel(desk, batch, claim, earlier, Cancelled.NOTHING_DISCLOSED)
            case Recall.SEND:
                item = _send(desk, batch, claim, earlier)
                if item is not None:
                    ready.append(item)
    write_intents(batch, ready)
    return ready


def _send(
    desk: Desk, batch: DeliveryBatch, claim: ClaimedSend, earlier: Sequence[EarlierSend]
) -> Ready | None:
    """What waits before the retraction ends here, so that it can't arrive after it (P5)."""
    opened = desk.monotonic()
    now = desk.clock.now()
    rules = desk.store.rules(claim.row.tenant, now)
    _cancel(desk, batch, claim, earlier, Cancelled.RETRACTED)
    row = claim.row
    terms = desk.store.recall_terms(row.tenant, row.recipient, row.purpose, now)
    found = recall_parcel(row, terms, desk.connectors)
    if isinstance(found, Parcel):
        return desk.ready(claim, found, now, opened, consents=(), policy=rules.policy.version)
    reasons = (found.value,)
    if batch.deny([(row.send_id, reasons)], desk.settings.denied_retry_s):
        batch.log([record.denied(row, reasons, now, rules.policy.version)])
    return None


def _cancel(
    desk: Desk,
    batch: DeliveryBatch,
    claim: ClaimedSend,
    earlier: Sequence[EarlierSend],
    reason: Cancelled,
) -> None:
    """End the open rows before a retraction, and itself if nothing was disclosed."""
    ended = [(send.send_id, send.operation) for send in earlier if send.open]
    if reason is Cancelled.NOTHING_DISCLOSED:
        ended.append((claim.row.send_id, claim.row.operation))
    if not ended:
        return
    now = desk.clock.now()
    policy = desk.store.rules(claim.row.tenant, now).policy.version
    batch.cancel([send_id for send_id, _ in ended], reason.value)
    batch.log(
        [
            record.cancelled(
                claim.row,
                send_id=send_id,
                operation=operation,
                reason=reason,
                now=now,
                policy=policy,
            )
            for send_id, operation in ended
        ]
    )
