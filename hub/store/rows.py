"""Rows of the tables to and from the values that cross the port."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from hub.domain.consent import Category, Purpose
from hub.domain.decision import Fact, FactKind
from hub.domain.ids import ChildKey, DataKeyId, PersonKey, RecipientId, TenantId
from hub.domain.referral import Operation, RetractionKind
from hub.ports.store import (
    DeadLetter,
    DueEvent,
    FactRow,
    LookupRow,
    Outcome,
    OutcomeKind,
    SendRow,
    StoredCase,
    StoredEpisode,
    TaskRow,
    WithheldRow,
)
from hub.store.tables import SendState
from hub.store.types import to_micros

# A row as bulk statements take it: column name to value.
Values = dict[str, Any]

_ORDER = {
    Operation.REFER: 0,
    Operation.UPDATE: 1,
    Operation.RELEASE_NOTICE: 2,
    Operation.RETRACT: 3,
}


def place_of(send: SendRow) -> str:
    """Return where a message stands on its order key (P5): digits that sort as text.

    Earlier made ready first, then the lower generation, then referral before update before notice
    before retraction, then the lower content version; the id settles ties, so that two rows never
    share a place.
    """
    return (
        f"{to_micros(send.ready_at):017d}{send.generation:06d}{_ORDER.get(send.operation, 0)}"
        f"{send.content_version:06d}{send.send_id.hex}"
    )


def send_values(send: SendRow, now: datetime) -> Values:
    """Return a new outbox row, due at once (`now` is real time)."""
    values = send._asdict()
    values["operation"] = send.operation.value
    values["purpose"] = send.purpose.value
    values["categories"] = tuple(category.value for category in send.categories)
    values["retraction"] = None if send.retraction is None else send.retraction.value
    values["place"] = place_of(send)
    values["state"] = SendState.READY.value
    values["attempts"] = 0
    values["next_attempt_at"] = now
    return values


def send_row(row: Row[Any]) -> SendRow:
    """Return the message of an outbox row."""
    return SendRow(
        send_id=row.send_id,
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        child=ChildKey(row.child),
        episode_id=row.episode_id,
        referral_id=row.referral_id,
        operation=Operation(row.operation),
        generation=row.generation,
        content_version=row.content_version,
        recipient=RecipientId(row.recipient),
        purpose=Purpose(row.purpose),
        idempotency_id=row.idempotency_id,
        order_key=row.order_key,
        ready_at=row.ready_at,
        categories=tuple(Category(code) for code in row.categories),
        retraction=None if row.retraction is None else RetractionKind(row.retraction),
        retraction_reason=row.retraction_reason,
        data_key=None if row.data_key is None else DataKeyId(row.data_key),
        sealed=row.sealed,
    )


def case_row(row: Row[Any]) -> StoredCase:
    """Return the stored case of a row."""
    return StoredCase(
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        version=row.version,
        data_key=None if row.data_key is None else DataKeyId(row.data_key),
        sealed=row.sealed,
        alias_of=None if row.alias_of is None else PersonKey(row.alias_of),
    )


def episode_row(row: Row[Any]) -> StoredEpisode:
    """Return the closed stay of a row."""
    return StoredEpisode(
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        episode_id=row.episode_id,
        data_key=DataKeyId(row.data_key),
        sealed=row.sealed,
    )


def outcome_values(outcome: Outcome) -> Values:
    """Return the row of one record's outcome."""
    return outcome._asdict() | {"outcome": outcome.outcome.value}


def outcome_row(row: Row[Any]) -> Outcome:
    """Return the outcome of a row."""
    return Outcome(
        partition=row.partition,
        offset=row.offset,
        key=row.key,
        outcome=OutcomeKind(row.outcome),
        reason=row.reason,
        event_id=row.event_id,
        type=row.type,
        tenant=None if row.tenant is None else TenantId(row.tenant),
        person=None if row.person is None else PersonKey(row.person),
        at=row.at,
    )


def letter_row(row: Row[Any]) -> DeadLetter:
    """Return the dead letter of a row."""
    return DeadLetter(
        letter_id=row.letter_id,
        tenant=TenantId(row.tenant),
        partition=row.partition,
        offset=row.offset,
        event_id=row.event_id,
        type=row.type,
        person=None if row.person is None else PersonKey(row.person),
        reason=row.reason,
        field_path=row.field_path,
        remedy=row.remedy,
        at=row.at,
        data_key=DataKeyId(row.data_key),
        sealed=row.sealed,
        other=None if row.other is None else PersonKey(row.other),
    )


def due_row(row: Row[Any]) -> DueEvent:
    """Return the due event of a row."""
    return DueEvent(
        subject=row.subject,
        event_id=row.event_id,
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        type=row.type,
        kind=row.kind,
        due_at=row.due_at,
        body=row.body,
    )


def task_row(row: Row[Any]) -> TaskRow:
    """Return the task of a row."""
    return TaskRow(
        task_id=row.task_id,
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        kind=row.kind,
        severity=row.severity,
        subject=row.subject,
        since=row.since,
        due=row.due,
        escalated=row.escalated,
    )


def lookup_row(row: Row[Any]) -> LookupRow:
    """Return the look-up of a row."""
    return LookupRow(
        lookup_id=row.lookup_id,
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        asked_at=row.asked_at,
        data_key=DataKeyId(row.data_key),
        sealed=row.sealed,
    )


def withheld_row(row: Row[Any]) -> WithheldRow:
    """Return the withheld referral of a row."""
    return WithheldRow(
        tenant=TenantId(row.tenant),
        person=PersonKey(row.person),
        child=ChildKey(row.child),
        purpose=row.purpose,
        reasons=row.reasons,
        since=row.since,
    )


def fact_values(fact: FactRow) -> Values:
    """Return the line of the decision log for a fact."""
    return {
        "fact_id": fact.fact_id,
        "tenant": fact.tenant,
        "person": fact.person,
        "event_id": fact.event_id,
        "at": fact.at,
        "policy": fact.policy,
        "kind": fact.fact.kind.value,
        "subject": fact.fact.subject,
        "reasons": fact.fact.reasons,
        "refs": fact.fact.refs,
    }


def fact_row(row: Row[Any]) -> FactRow:
    """Return the fact of a line."""
    return FactRow(
        fact_id=row.fact_id,
        tenant=TenantId(row.tenant),
        person=None if row.person is None else PersonKey(row.person),
        event_id=row.event_id,
        at=row.at,
        policy=row.policy,
        fact=Fact(kind=FactKind(row.kind), subject=row.subject, reasons=row.reasons, refs=row.refs),
    )
