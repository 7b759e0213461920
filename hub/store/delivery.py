"""The outbox as the dispatcher sees it: claims, permits, intents, results (rules 9 to 11)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    not_,
    select,
    update,
)

from hub.domain.consent import Purpose
from hub.domain.ids import PersonKey, RecipientId, TenantId
from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.ports.delivery import (
    Attempt,
    AttemptOutcome,
    ClaimedSend,
    EarlierSend,
    Intent,
    RecallTerms,
)
from hub.ports.store import DueEvent, FactRow, SendRow, StoredCase
from hub.store import claims
from hub.store.batch import lock_cases
from hub.store.bulk import insert_many
from hub.store.database import Database, chunks, run_many
from hub.store.decision_log import append_facts
from hub.store.dialect import insert_new, real_now
from hub.store.halts import active_halt
from hub.store.holds import held
from hub.store.open_items import owe
from hub.store.positions import fresh
from hub.store.rows import Values, place_of
from hub.store.rules import RuleCache
from hub.store.tables import (
    AttemptTable,
    IntentTable,
    OutboxTable,
    SendState,
    table,
)
from hub.store.writes import READY

SEARCHES = 5
"""How often a claim looks again when others took all that it had found."""

RELEASED: Values = {"leased_by": None, "leased_until": None}


class SqlDeliveryBatch:
    """See `hub.ports.DeliveryBatch`. Lives inside one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def lock_cases(self, persons: Sequence[PersonKey]) -> dict[PersonKey, StoredCase]:
        """Lock and return the case rows, in key order; a person without a row is left out."""
        return lock_cases(self._connection, persons)

    def held(self, persons: Sequence[PersonKey]) -> set[PersonKey]:
        """Return those with an unresolved dead letter, their own or one of an alias."""
        return held(self._connection, persons)

    def still_leased(self, worker: str, send_ids: Sequence[UUID]) -> set[UUID]:
        """Lock and return those rows that this worker still holds and may try now.

        None while the brake is on, retractions only while halted.
        """
        now = real_now(self._connection)
        return {
            send_id
            for some in chunks(send_ids)
            for send_id in self._connection.execute(
                claims.leased_ids(self._connection, worker, some, now)
            ).scalars()
        }

    def earlier(self, send: SendRow) -> list[EarlierSend]:
        """Return the rows before `send` with its order key and generation, oldest first, locked."""
        now = real_now(self._connection)
        rows = self._connection.execute(
            select(
                OutboxTable.send_id,
                OutboxTable.operation,
                OutboxTable.state,
                OutboxTable.leased_until,
                possibly_disclosed().label("possibly_disclosed"),
            )
            .where(
                OutboxTable.order_key == send.order_key,
                OutboxTable.generation == send.generation,
                OutboxTable.place < place_of(send),
            )
            .order_by(OutboxTable.place)
            .with_for_update(of=OutboxTable)
        )
        return [
            EarlierSend(
                send_id=row.send_id,
                operation=Operation(row.operation),
                open=row.state == SendState.READY,
                leased=row.leased_until is not None and row.leased_until > now,
                possibly_disclosed=bool(row.possibly_disclosed),
            )
            for row in rows
        ]

    def intend(self, intents: Sequence[Intent]) -> None:
        """Store disclosure intents, and count the attempts."""
        run_many(
            self._connection, table(IntentTable).insert(), [intent._asdict() for intent in intents]
        )
        run_many(
            self._connection,
            update(table(OutboxTable))
            .where(OutboxTable.send_id == bindparam("which"))
            .values(attempts=OutboxTable.attempts + 1, last_intent=bindparam("under"), denied=None),
            [{"which": intent.send_id, "under": intent.intent_id} for intent in intents],
        )

    def deny(self, denials: Sequence[tuple[UUID, tuple[str, ...]]], retry_s: float) -> set[UUID]:
        """Release denied rows for `retry_s` seconds or until their case changes.

        Return those whose reasons changed.
        """
        before = {
            row.send_id: row.denied
            for some in chunks(send_id for send_id, _ in denials)
            for row in self._connection.execute(
                select(OutboxTable.send_id, OutboxTable.denied).where(OutboxTable.send_id.in_(some))
            )
        }
        again = real_now(self._connection) + timedelta(seconds=retry_s)
        run_many(
            self._connection,
            update(table(OutboxTable))
            .where(OutboxTable.send_id == bindparam("which"), OutboxTable.state == READY)
            .values(denied=bindparam("why"), next_attempt_at=again, **RELEASED),
            [{"which": send_id, "why": reasons} for send_id, reasons in denials],
        )
        return {send_id for send_id, reasons in denials if before.get(send_id) != reasons}

    def release(self, send_ids: Sequence[UUID], retry_s: float) -> None:
        """Give leased rows back untried, to be claimed again after `retry_s` seconds."""
        again = real_now(self._connection) + timedelta(seconds=retry_s)
        for some in chunks(send_ids):
            self._connection.execute(
                update(table(OutboxTable))
                .where(OutboxTable.send_id.in_(some), OutboxTable.state == READY)
                .values(next_attempt_at=again, **RELEASED)
            )

    def cancel(self, send_ids: Sequence[UUID], reason: str) -> None:
        """End rows that must not leave any more; rows that ended already stay as they are."""
        for some in chunks(send_ids):
            self._connection.execute(
                update(table(OutboxTable))
                .where(OutboxTable.send_id.in_(some), OutboxTable.state == READY)
                .values(state=SendState.CANCELLED.value, state_reason=reason, **RELEASED)
            )

    def result(self, attempts: Sequence[Attempt]) -> None:
        """Store results, free the leases, and end the rows that get no next attempt.

        A result of an attempt that another one followed changes the row only if it says delivered.
        """
        insert_many(
            self._connection,
            insert_new(self._dialect, table(AttemptTable)),
            [_attempt_values(attempt) for attempt in attempts],
        )
        now = real_now(self._connection)
        for attempt in attempts:
            self._connection.execute(
                update(table(OutboxTable))
                .where(OutboxTable.send_id == attempt.send_id, _still_counts(attempt))
                .values(**_after(attempt, now), **RELEASED)
            )

    def owe(self, events: Sequence[DueEvent]) -> None:
        """Store events that the hub owes its own log."""
        owe(self._connection, [event._asdict() for event in events])

    def log(self, facts: Sequence[FactRow]) -> None:
        """Append to the decision log."""
        append_facts(self._connection, facts)


def possibly_disclosed() -> ColumnElement[bool]:
    """Return the condition that an attempt on a row may have disclosed something.

    Only the result `NOT_SENT` says that nothing left; an intent without a result does not (rule 9).
    """
    return exists().where(
        IntentTable.send_id == OutboxTable.send_id,
        not_(
            exists().where(
                AttemptTable.intent_id == IntentTable.intent_id,
                AttemptTable.outcome == AttemptOutcome.NOT_SENT.value,
            )
        ),
    )


def _attempt_values(attempt: Attempt) -> Values:
    values = attempt._asdict() | {"outcome": attempt.outcome.value}
    del values["next_attempt_s"]
    return values


def _still_counts(attempt: Attempt) -> ColumnElement[bool]:
    if attempt.outcome is AttemptOutcome.DELIVERED:
        return OutboxTable.state.in_([SendState.READY.value, SendState.FAILED.value])
    return and_(OutboxTable.state == READY, OutboxTable.last_intent == attempt.intent_id)


def _after(attempt: Attempt, now: datetime) -> Values:
    if attempt.outcome is AttemptOutcome.DELIVERED:
        return {"state": SendState.DELIVERED.value, "state_reason": attempt.code}
    if attempt.outcome is AttemptOutcome.PERMANENT or attempt.next_attempt_s is None:
        return {"state": SendState.FAILED.value, "state_reason": attempt.code}
    return {"next_attempt_at": now + timedelta(seconds=attempt.next_attempt_s)}


class SqlDeliveryStore:
    """See `hub.ports.DeliveryStore`. Safe to share between threads and processes."""

    def __init__(self, database: Database, rules: RuleCache) -> None:
        self._database = database
        self._rules = rules

    def claim(
        self, worker: str, limit: int, lease_s: float, busy: Sequence[RecipientId] = ()
    ) -> list[ClaimedSend]:
        """Lease rows that may be tried now; see `hub.ports.DeliveryStore`. Raises `Retriable`."""
        for _ in range(SEARCHES):
            with self._database.read() as connection:
                chosen = claims.candidates(connection, limit, busy)
            if not chosen:
                return []
            with self._database.write() as connection:
                found = claims.lease(connection, chosen, worker, lease_s)
            if found:
                return found
        return []

    @contextmanager
    def batch(self) -> Iterator[SqlDeliveryBatch]:
        """Begin a transaction. Raises `Retriable` on connection, lock or disk errors."""
        with self._database.write() as connection:
            yield SqlDeliveryBatch(connection)

    def fresh_partitions(self, max_staleness_s: float) -> set[int]:
        """Return the partitions known to have been caught up within `max_staleness_s` seconds.

        By the database's clock; see `hub.ports.DeliveryStore`. Raises `Retriable`.
        """
        with self._database.read() as connection:
            return fresh(connection, max_staleness_s)

    def halted(self) -> bool:
        """True while the processor is halted."""
        with self._database.read() as connection:
            return active_halt(connection) is not None

    def rules(self, tenant: TenantId, now: datetime) -> Rules:
        """Return the newest rules active at `now`. Raises `ConfigError` where there are none."""
        return self._rules.rules(tenant, now)

    def recall_terms(
        self, tenant: TenantId, recipient: RecipientId, purpose: Purpose, now: datetime
    ) -> RecallTerms:
        """Return how a recall reaches a recipient; see `hub.ports.DeliveryStore`."""
        return self._rules.recall_terms(tenant, recipient, purpose, now)
