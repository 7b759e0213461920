"""What delivery writes down: lines of the decision log, and events owed to the hub's own log.

Every id is minted from the message and the moment it is about, so that writing the same thing again
is recognised as a repetition. Nothing here holds content.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hub.delivery.words import Cancelled
from hub.domain.decision import Fact, FactKind
from hub.domain.events import TYPE_NAMES, DeliveryNoted, DeliveryStage
from hub.domain.ids import mint
from hub.domain.referral import Operation
from hub.ports import Attempt, DueEvent, FactRow, Intent, SendRow

_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def _line(  # noqa: PLR0917 - private; its callers pass their own parameters in one order
    row: SendRow,
    fact_id: UUID,
    now: datetime,
    policy: str,
    kind: FactKind,
    reasons: Sequence[str] = (),
    **refs: str,
) -> FactRow:
    return FactRow(
        fact_id=fact_id,
        tenant=row.tenant,
        person=row.person,
        event_id=None,
        at=now,
        policy=policy,
        fact=Fact(
            kind=kind,
            subject=str(row.referral_id),
            reasons=tuple(reasons),
            refs={
                "send": str(row.send_id),
                "recipient": row.recipient,
                "operation": row.operation.value,
                "generation": str(row.generation),
                **refs,
            },
        ),
    )


def denied(row: SendRow, reasons: Sequence[str], now: datetime, policy: str) -> FactRow:
    """State that a permit was denied, for these reasons."""
    fact_id = mint(row.send_id, "denied", now.isoformat(), *reasons)
    return _line(row, fact_id, now, policy, FactKind.PERMIT_DENIED, reasons)


def intended(row: SendRow, intent: Intent) -> FactRow:
    """State that the hub was about to disclose, and on which consents."""
    return _line(
        row,
        mint(intent.intent_id, "intended"),
        intent.at,
        intent.policy,
        FactKind.DISCLOSURE_INTENT,
        intent=str(intent.intent_id),
        attempt=str(intent.attempt),
        consents=" ".join(intent.consents),
    )


def ended(row: SendRow, intent: Intent, attempt: Attempt) -> FactRow:
    """State how an attempt ended."""
    return _line(
        row,
        mint(intent.intent_id, "ended"),
        attempt.at,
        intent.policy,
        FactKind.DISCLOSURE_RESULT,
        (attempt.outcome.value, attempt.code),
        intent=str(intent.intent_id),
        attempt=str(intent.attempt),
        final="no" if attempt.next_attempt_s is not None else "yes",
    )


def cancelled(
    row: SendRow,
    *,
    send_id: UUID,
    operation: Operation,
    reason: Cancelled,
    now: datetime,
    policy: str,
) -> FactRow:
    """State that message `send_id` ended unsent; `row` is it, or the retraction that ended it."""
    return _line(
        row,
        mint(send_id, "cancelled"),
        now,
        policy,
        FactKind.SEND_CANCELLED,
        (reason.value,),
        send=str(send_id),
        operation=operation.value,
    )


def noted(
    row: SendRow, stage: DeliveryStage, now: datetime, reference: str | None = None
) -> DueEvent:
    """Return the event by which the case learns of a first intent or a final result."""
    event_id = mint(row.send_id, "delivery-noted", stage.value)
    body = DeliveryNoted(
        referral_id=row.referral_id,
        generation=row.generation,
        operation=row.operation,
        content_version=row.content_version,
        stage=stage,
        at=now,
        receipt=reference,
    )
    return DueEvent(
        subject=event_id,
        event_id=event_id,
        tenant=row.tenant,
        person=row.person,
        type=TYPE_NAMES[DeliveryNoted],
        kind=f"delivery-{stage.value}",
        due_at=now,
        body=msgspec.msgpack.encode(body),
    )


def plain_reference(reference: str | None) -> str | None:
    """Return a recipient's reference if it is a plain id; anything else could be about a person."""
    return reference if reference is not None and _REFERENCE.fullmatch(reference) else None
