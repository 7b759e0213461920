"""Builds rows for the store's tests: only what a test is about needs to be said."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from hub.domain.consent import Category, Purpose
from hub.domain.decision import Fact, FactKind
from hub.domain.ids import ChildKey, DataKeyId, PersonKey, RecipientId, TenantId
from hub.domain.referral import Operation, RetractionKind
from hub.ports import (
    Attempt,
    AttemptOutcome,
    BatchWrites,
    DeadLetter,
    DueEvent,
    FactRow,
    Intent,
    LogIdentity,
    Outcome,
    OutcomeKind,
    SendRow,
    StoredCase,
    TaskRow,
)
from hub.store import Store
from hub.store.acts import Operator

TENANT = TenantId("default")
IDENTITY = LogIdentity("cluster", "topic", 4)
KEY = DataKeyId("k1")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = UUID("7a0e8dd4-3c6f-4d0f-9a7e-2f3a1b5c9d01")

EMPTY = BatchWrites(
    cases=(),
    children=(),
    episodes=(),
    reopened=(),
    outcomes=(),
    inbox=(),
    dead_letters=(),
    sends=(),
    replaced=(),
    timers=(),
    tasks=(),
    lookups=(),
    withheld=(),
    facts=(),
    decided=(),
)


def by(reason: str = "test") -> Operator:
    """Return an invented operator."""
    return Operator("testaccount", reason)


def person(name: str) -> PersonKey:
    """Return the pseudonym of an invented person."""
    return PersonKey(hashlib.sha256(name.encode()).hexdigest())


def child(name: str) -> ChildKey:
    """Return the pseudonym of an invented child."""
    return ChildKey(hashlib.sha256(name.encode()).hexdigest())


ANNA, BERT = person("Anna Beispiel"), person("Bert Muster")
MIA = child("Mia Beispiel")


def ident(name: str) -> UUID:
    """Return the same id for the same name."""
    return uuid5(NAMES, name)


def case(who: PersonKey, version: int = 1, alias_of: PersonKey | None = None) -> StoredCase:
    """Return a sealed case."""
    return StoredCase(TENANT, who, version, KEY, b"sealed", alias_of)


def outcome(
    offset: int,
    kind: OutcomeKind = OutcomeKind.APPLIED,
    *,
    partition: int = 0,
    key: str = ANNA,
    event_id: UUID | None = None,
) -> Outcome:
    """Return what became of a record."""
    event_id = event_id or ident(f"event {partition}/{offset}")
    return Outcome(partition, offset, key, kind, "code", event_id, "t", TENANT, PersonKey(key), NOW)


def letter(
    offset: int,
    who: PersonKey | None = ANNA,
    event_id: UUID | None = None,
) -> DeadLetter:
    """Return a dead letter of partition 0."""
    return DeadLetter(
        letter_id=ident(f"letter {offset}"),
        tenant=TENANT,
        partition=0,
        offset=offset,
        event_id=event_id,
        type="consent.withdrawn",
        person=who,
        reason="truncated",
        field_path="payload",
        remedy="ask the sender",
        at=NOW,
        data_key=KEY,
        sealed=b"record",
    )


def send(
    name: str,
    *,
    who: PersonKey = ANNA,
    recipient: str = "office-1",
    referral: str = "r1",
    operation: Operation = Operation.REFER,
    generation: int = 1,
    minutes: int = 0,
) -> SendRow:
    """Return a message made ready `minutes` after `NOW`."""
    retract = operation is Operation.RETRACT
    return SendRow(
        send_id=ident(f"send {name}"),
        tenant=TENANT,
        person=who,
        child=MIA,
        episode_id=ident("episode"),
        referral_id=ident(referral),
        operation=operation,
        generation=generation,
        content_version=1,
        recipient=RecipientId(recipient),
        purpose=Purpose.FAMILY_SUPPORT,
        idempotency_id=ident(f"idempotency {name}"),
        order_key=f"{recipient}:{referral}",
        ready_at=NOW + timedelta(minutes=minutes),
        categories=() if retract else (Category.IMPRISONMENT, Category.CARER),
        retraction=RetractionKind.WITHDRAWN if retract else None,
        retraction_reason="withdrawn" if retract else None,
        data_key=None if retract else KEY,
        sealed=None if retract else b"content",
    )


def intent(row: SendRow, attempt: int = 1) -> Intent:
    """Return the intent of an attempt."""
    return Intent(
        intent_id=uuid5(row.send_id, str(attempt)),
        send_id=row.send_id,
        tenant=row.tenant,
        person=row.person,
        recipient=row.recipient,
        at=NOW,
        lifetime_s=5.0,
        attempt=attempt,
        consents=("c1",),
        policy="p1",
    )


def ended(
    row: SendRow,
    outcome: AttemptOutcome,
    *,
    attempt: int = 1,
    again_s: float | None = None,
) -> Attempt:
    """Return the result of an attempt."""
    return Attempt(
        intent_id=uuid5(row.send_id, str(attempt)),
        send_id=row.send_id,
        at=NOW,
        outcome=outcome,
        code="code",
        latency_ms=12,
        reference=None,
        next_attempt_s=again_s,
    )


def timer(
    name: str,
    *,
    who: PersonKey = ANNA,
    generation: int = 1,
    due: datetime = NOW,
    type_: str = "timers.due",
) -> DueEvent:
    """Return a due event; its id changes with the generation, its subject does not."""
    return DueEvent(
        subject=ident(f"timer {name}"),
        event_id=ident(f"timer {name} {generation}"),
        tenant=TENANT,
        person=who,
        type=type_,
        kind="settle",
        due_at=due,
        body=b"body",
    )


def task(name: str, who: PersonKey = ANNA) -> TaskRow:
    """Return an open task."""
    return TaskRow(
        task_id=ident(f"task {name}"),
        tenant=TENANT,
        person=who,
        kind="no-recipient",
        severity="normal",
        subject="s",
        since=NOW,
        due=None,
        escalated=False,
    )


def fact(
    name: str,
    kind: FactKind = FactKind.EVENT_APPLIED,
    *,
    who: PersonKey = ANNA,
    subject: str = "",
    event_id: UUID | None = None,
    **refs: str,
) -> FactRow:
    """Return a line of the decision log."""
    return FactRow(
        fact_id=ident(f"fact {name}"),
        tenant=TENANT,
        person=who,
        event_id=event_id,
        at=NOW,
        policy="p1",
        fact=Fact(kind=kind, subject=subject, reasons=("code",), refs=refs),
    )


def write(store: Store, writes: BatchWrites) -> None:
    """Write one batch without moving a position."""
    with store.cases.batch() as batch:
        batch.write(writes)


def put_sends(store: Store, *sends: SendRow) -> None:
    """Put messages into the outbox, with the cases they belong to."""
    persons: Sequence[PersonKey] = sorted({row.person for row in sends})
    write(store, EMPTY._replace(cases=[case(who) for who in persons], sends=sends))


def claimed(store: Store, worker: str = "w1", limit: int = 100, lease_s: float = 60) -> list[UUID]:
    """Return the ids of the rows that a worker gets."""
    return [found.row.send_id for found in store.delivery.claim(worker, limit, lease_s)]


def unknown_id() -> UUID:
    """Return an id that nothing has."""
    return uuid4()
