"""The typed rows that views return: pseudonyms, ids, codes and times only; msgspec encodes them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hub.domain.values import Value
from hub.ports.store import DeadLetter, SendRow


class CaseView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One case: its version, whether it is held, and how much is open about it."""

    person: str
    tenant: str
    version: int
    alias_of: str | None
    held: bool
    open_tasks: int
    unsent: int
    withheld: int


class WithheldView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A referral not made, with every reason."""

    tenant: str
    person: str
    child: str
    purpose: str
    reasons: tuple[str, ...]
    since: datetime


class TaskView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A task; `closed_at` is None while it is open."""

    task_id: UUID
    tenant: str
    person: str
    kind: str
    severity: str
    subject: str
    since: datetime
    due: datetime | None
    escalated: bool
    closed_at: datetime | None
    resolution: str | None


class SendView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One message: what it is and how far it got.

    `denied` holds the reasons of the last permit if it was denied; `next_attempt_at` and
    `leased_until` are real time.
    """

    send_id: UUID
    tenant: str
    person: str
    child: str
    episode_id: UUID
    referral_id: UUID
    operation: str
    generation: int
    content_version: int
    recipient: str
    purpose: str
    idempotency_id: UUID
    ready_at: datetime
    categories: tuple[str, ...]
    retraction: str | None
    retraction_reason: str | None
    state: str
    state_reason: str | None
    attempts: int
    next_attempt_at: datetime
    leased_until: datetime | None
    denied: tuple[str, ...] | None
    possibly_disclosed: bool


class SendDetail(Value, frozen=True, kw_only=True, omit_defaults=False):
    """One message with its sealed content, for who may open it."""

    view: SendView
    row: SendRow


class IntentView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A disclosure intent and, once there is one, the result of the attempt made under it."""

    intent_id: UUID
    send_id: UUID
    attempt: int
    at: datetime
    lifetime_s: float
    consents: tuple[str, ...]
    policy: str
    ended_at: datetime | None
    outcome: str | None
    code: str | None
    latency_ms: int | None
    reference: str | None


class AddressedView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A referral that a recipient possibly has: whose it is, and its newest generation sent."""

    tenant: str
    person: str
    child: str
    referral_id: UUID
    generation: int


class DeadLetterView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A record that could not be understood: where, why, and what became of it."""

    letter_id: UUID
    tenant: str
    partition: int
    offset: int
    event_id: UUID | None
    type: str | None
    person: str | None
    other: str | None
    reason: str
    field_path: str
    remedy: str
    at: datetime
    state: str
    replayed_at: datetime | None
    replayed_offset: int | None
    closed_at: datetime | None
    closed_by: UUID | None
    discard_reason: str | None


class LetterDetail(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A dead letter with its sealed record, for who may open it."""

    view: DeadLetterView
    letter: DeadLetter


class HoldView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A person whose permits are denied, for how many open dead letters, since when."""

    tenant: str
    person: str
    letters: int
    since: datetime


class HaltView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """A halt of the processor; in force while `resumed_at` is None (times are real)."""

    number: int
    partition: int
    reason: str
    at: datetime
    resumed_at: datetime | None
    resume_reason: str | None


class BrakeView(Value, frozen=True, kw_only=True, omit_defaults=False):
    """An emergency brake, of all tenants if `tenant` is None; on while `lifted_at` is None."""

    number: int
    tenant: str | None
    reason: str
    at: datetime
    lifted_at: datetime | None
    lift_reason: str | None


class Counts(Value, frozen=True, kw_only=True, omit_defaults=False):
    """Numbers for metrics, taken at one instant of the database.

    `unsent_by_state` tells waiting (never denied), denied, leased and parked rows apart;
    `oldest_unsent_at` and `oldest_recall_at` are business time; the latter is of retractions not
    delivered, failed ones included, and `stuck_recalls` counts those that were denied or failed.
    `due_undecided` counts due events whose time has come.
    """

    due_undecided: int
    oldest_unsent_at: datetime | None
    oldest_recall_at: datetime | None
    stuck_recalls: int
    unsent_by_state: dict[str, int]
    sends_by_state: dict[str, int]
    withheld_by_reason: dict[str, int]
    tasks_by_kind: dict[str, int]
    open_lookups: int
    open_dead_letters: int
    illegible_dead_letters: int
    unpublished_facts: int
    halted: bool
    braked: bool
