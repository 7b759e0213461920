"""The store port of the processor: one batch is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from hub.domain.consent import Category, Purpose
from hub.domain.decision import Fact
from hub.domain.ids import ChildKey, DataKeyId, PersonKey, RecipientId, TenantId
from hub.domain.policy import Rules
from hub.domain.referral import Operation, RetractionKind


class StoredCase(NamedTuple):
    """A case row: clear columns and one sealed blob (None for a row just inserted)."""

    tenant: TenantId
    person: PersonKey
    version: int
    data_key: DataKeyId | None
    sealed: bytes | None
    alias_of: PersonKey | None


class StoredEpisode(NamedTuple):
    """A closed stay, sealed; `ended_at` is not stored in clear."""

    tenant: TenantId
    person: PersonKey
    episode_id: UUID
    data_key: DataKeyId
    sealed: bytes


class OutcomeKind(StrEnum):
    """What became of one record of the log (P1): exactly one of these."""

    APPLIED = "applied"
    IGNORED = "ignored"
    DEAD_LETTERED = "dead-lettered"


class Outcome(NamedTuple):
    """What became of the record at (partition, offset)."""

    partition: int
    offset: int
    key: str
    outcome: OutcomeKind
    reason: str
    event_id: UUID | None
    type: str | None
    tenant: TenantId | None
    person: PersonKey | None
    at: datetime


class DeadLetter(NamedTuple):
    """A record that could not be understood, sealed whole, with where and why.

    `other` is the second person of a merge, link or booking move, where its payload is legible.
    """

    letter_id: UUID
    tenant: TenantId
    partition: int
    offset: int
    event_id: UUID | None
    type: str | None
    person: PersonKey | None
    reason: str
    field_path: str
    remedy: str
    at: datetime
    data_key: DataKeyId
    sealed: bytes
    other: PersonKey | None = None


class SendRow(NamedTuple):
    """An outbox row: a `Send` with its content sealed (None for a retraction)."""

    send_id: UUID
    tenant: TenantId
    person: PersonKey
    child: ChildKey
    episode_id: UUID
    referral_id: UUID
    operation: Operation
    generation: int
    content_version: int
    recipient: RecipientId
    purpose: Purpose
    idempotency_id: UUID
    order_key: str
    ready_at: datetime
    categories: tuple[Category, ...]
    retraction: RetractionKind | None
    retraction_reason: str | None
    data_key: DataKeyId | None
    sealed: bytes | None


class DueEvent(NamedTuple):
    """An event the hub owes its own log: a timer, or what delivery has to tell the case (rule 7).

    `body` is the msgpack form of a payload that holds no personal data by its type (`TimerDue`,
    `DeliveryNoted`, `Reassessed`). `subject` is the timer id, or the event id itself: a row with
    the same subject replaces the earlier one.
    """

    subject: UUID
    event_id: UUID
    tenant: TenantId
    person: PersonKey
    type: str
    kind: str
    due_at: datetime
    body: bytes


class TaskRow(NamedTuple):
    """A task as the store lists it: codes and pseudonyms only."""

    task_id: UUID
    tenant: TenantId
    person: PersonKey
    kind: str
    severity: str
    subject: str
    since: datetime
    due: datetime | None
    escalated: bool


class LookupRow(NamedTuple):
    """A look-up to be made; the number it asks for is sealed."""

    lookup_id: UUID
    tenant: TenantId
    person: PersonKey
    asked_at: datetime
    data_key: DataKeyId
    sealed: bytes


class WithheldRow(NamedTuple):
    """A referral not made: child, purpose and every reason."""

    tenant: TenantId
    person: PersonKey
    child: ChildKey
    purpose: str
    reasons: tuple[str, ...]
    since: datetime


class FactRow(NamedTuple):
    """One line of the decision log, in the transaction of what it is about (append-only)."""

    fact_id: UUID
    tenant: TenantId
    person: PersonKey | None
    event_id: UUID | None
    at: datetime
    policy: str
    fact: Fact


class BatchWrites(NamedTuple):
    """All that one batch changes.

    `replaced` names persons whose timers, tasks, look-ups and withheld rows are given completely
    here; whatever else the store held for them goes.
    """

    cases: Sequence[StoredCase]
    children: Sequence[tuple[TenantId, ChildKey, PersonKey]]
    episodes: Sequence[StoredEpisode]
    reopened: Sequence[UUID]
    outcomes: Sequence[Outcome]
    inbox: Sequence[UUID]
    dead_letters: Sequence[DeadLetter]
    sends: Sequence[SendRow]
    replaced: Sequence[PersonKey]
    timers: Sequence[DueEvent]
    tasks: Sequence[TaskRow]
    lookups: Sequence[LookupRow]
    withheld: Sequence[WithheldRow]
    facts: Sequence[FactRow]
    decided: Sequence[UUID]


class Batch(Protocol):
    """One batch's transaction. Left normally it commits; on an exception nothing happened."""

    def position(self, partition: int) -> int:
        """Return the next offset wanted. Raises `Halted` when the hub is halted."""
        ...

    def seen(self, event_ids: Sequence[UUID]) -> set[UUID]:
        """Return those that were applied or ignored before."""
        ...

    def survivors(self, persons: Sequence[PersonKey]) -> dict[PersonKey, PersonKey]:
        """Return alias -> survivor for those of `persons` that are aliases."""
        ...

    def lock_cases(
        self, persons: Sequence[tuple[TenantId, PersonKey]]
    ) -> dict[PersonKey, StoredCase]:
        """Insert missing rows in key order, then lock and return all in one ordered statement."""
        ...

    def episodes(self, persons: Sequence[PersonKey]) -> dict[PersonKey, list[StoredEpisode]]:
        """Return the closed stays of these persons."""
        ...

    def write(self, writes: BatchWrites) -> None:
        """Write everything in bulk statements.

        Closes open dead letters (and lifts their holds) whose event id is in `inbox`; sets a hold
        for every dead letter with a legible person.
        """
        ...

    def recent_dead_letters(self, partition: int, window: int) -> tuple[int, int, int]:
        """Return (records, dead-lettered, distinct keys of those) since the last resume (P9).

        Only the partition's last `window` outcomes count, this batch included.
        """
        ...

    def halt(self, partition: int, reason: str) -> None:
        """Store that the processor halted."""
        ...

    def advance(self, partition: int, expected: int, to: int) -> None:
        """Compare-and-set the position. Raises `Fenced` unless exactly one row changed."""
        ...


class CaseStore(Protocol):
    """The truth. Opens batches for the processor and keeps the view of how current it is."""

    def batch(self) -> AbstractContextManager[Batch]:
        """Begin a transaction.

        Raises `Retriable` on connection, serialisation or disk errors and
        `Permanent(code="data")` when a row was refused (SQLSTATE class 22 or 23).
        """
        ...

    def caught_up(self, partition: int, age_s: float) -> None:
        """Note that everything in the partition's log up to `age_s` seconds ago was decided.

        Seconds instead of an instant: between processes only the store's clock counts (rule 6).
        """
        ...

    def rules(self, tenant: TenantId, now: datetime) -> Rules:
        """Return the newest rules with `active_from` not after `now` (cached)."""
        ...
