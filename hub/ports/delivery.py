"""The store port of the dispatcher: claims, permits, intents, results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol
from uuid import UUID

from hub.domain.consent import Purpose
from hub.domain.directory import Recipient
from hub.domain.ids import PersonKey, RecipientId, TenantId
from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.ports.store import DueEvent, FactRow, SendRow, StoredCase


class ClaimedSend(NamedTuple):
    """An outbox row leased to one worker; `attempts` counts the intents written for it so far."""

    row: SendRow
    attempts: int


class EarlierSend(NamedTuple):
    """What a retraction must know of a row before it on its order key, of the same generation.

    `open` while the row has not ended, `leased` while some worker's lease on it runs.
    `possibly_disclosed` unless every intent of it has the result `NOT_SENT` (an intent without a
    result counts as possibly disclosed, rule 9).
    """

    send_id: UUID
    operation: Operation
    open: bool
    leased: bool
    possibly_disclosed: bool


class Intent(NamedTuple):
    """The stored will to disclose: written with the permit, before the first byte (rule 9)."""

    intent_id: UUID
    send_id: UUID
    tenant: TenantId
    person: PersonKey
    recipient: RecipientId
    at: datetime
    lifetime_s: float
    attempt: int
    consents: tuple[str, ...]
    policy: str


class AttemptOutcome(StrEnum):
    """How one attempt ended."""

    DELIVERED = "delivered"
    RETRIABLE = "retriable"
    PERMANENT = "permanent"
    NOT_SENT = "not-sent"


class Attempt(NamedTuple):
    """The result of one attempt; never the body.

    The row waits `next_attempt_s` seconds (store time) for its next attempt, and ends when that is
    None: delivered, refused, or out of attempts.
    """

    intent_id: UUID
    send_id: UUID
    at: datetime
    outcome: AttemptOutcome
    code: str
    latency_ms: int
    reference: str | None
    next_attempt_s: float | None


class RecallTerms(NamedTuple):
    """Where a recall goes and under which norm: by the newest version, up to now, that knew it.

    Whoever got a referral can be told to stop, whatever became of directory and policy (rule 10).
    """

    target: Recipient | None
    norm: str | None


class DeliveryBatch(Protocol):
    """One transaction of the dispatcher. The order is always: cases first, then the outbox."""

    def lock_cases(self, persons: Sequence[PersonKey]) -> dict[PersonKey, StoredCase]:
        """Lock and return the case rows, in key order."""
        ...

    def held(self, persons: Sequence[PersonKey]) -> set[PersonKey]:
        """Return those with an unresolved dead letter."""
        ...

    def still_leased(self, worker: str, send_ids: Sequence[UUID]) -> set[UUID]:
        """Lock and return those of the rows that this worker still holds and may try now.

        None while the emergency brake is on, retractions only while halted.
        """
        ...

    def earlier(self, send: SendRow) -> list[EarlierSend]:
        """Return the rows before `send` with its order key and generation, locked.

        Oldest first, ended ones included.
        """
        ...

    def intend(self, intents: Sequence[Intent]) -> None:
        """Store disclosure intents, and count the attempts."""
        ...

    def deny(self, denials: Sequence[tuple[UUID, tuple[str, ...]]], retry_s: float) -> set[UUID]:
        """Release rows whose permit was denied; return those whose reasons changed.

        They are tried again after `retry_s` seconds, or when the case's version changes. Only a
        change of reasons is logged.
        """
        ...

    def release(self, send_ids: Sequence[UUID], retry_s: float) -> None:
        """Give leased rows back untried, to be claimed again after `retry_s` seconds."""
        ...

    def cancel(self, send_ids: Sequence[UUID], reason: str) -> None:
        """End rows that must not leave any more."""
        ...

    def result(self, attempts: Sequence[Attempt]) -> None:
        """Store results, free the leases, and end the rows that get no next attempt."""
        ...

    def owe(self, events: Sequence[DueEvent]) -> None:
        """Store events that the hub owes its own log."""
        ...

    def log(self, facts: Sequence[FactRow]) -> None:
        """Append to the decision log."""
        ...


class DeliveryStore(Protocol):
    """The outbox as the dispatcher sees it."""

    def claim(
        self, worker: str, limit: int, lease_s: float, busy: Sequence[RecipientId] = ()
    ) -> list[ClaimedSend]:
        """Lease rows that may be tried now, retractions first, then the oldest.

        At most one per order key, and none of a key on which a lease runs: the key's oldest open
        retraction, even if rows before it are open or wait (rule 10: it cancels them), else its
        oldest open row. While halted retractions only; empty while the emergency brake is on.
        Recipients in `busy` are passed over.
        """
        ...

    def batch(self) -> AbstractContextManager[DeliveryBatch]:
        """Begin a transaction. Raises `Retriable` on connection, lock or disk errors."""
        ...

    def fresh_partitions(self, max_staleness_s: float) -> set[int]:
        """Return the partitions whose decided view is known to be no older (rule 11).

        By the store's clock (rule 6). Any other partition is stale, also one that nobody knows.
        """
        ...

    def halted(self) -> bool:
        """True while the processor is halted."""
        ...

    def rules(self, tenant: TenantId, now: datetime) -> Rules:
        """Return the newest rules with `active_from` not after `now` (cached)."""
        ...

    def recall_terms(
        self, tenant: TenantId, recipient: RecipientId, purpose: Purpose, now: datetime
    ) -> RecallTerms:
        """Return how a recall reaches a recipient, also one that left the directory since."""
        ...
