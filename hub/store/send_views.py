"""What may be read of the outbox: messages, their intents and attempts, and whose a referral is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import aliased

from hub.domain.ids import PersonKey, RecipientId, TenantId
from hub.domain.referral import Operation
from hub.store.counts import UNTOLD
from hub.store.database import Database
from hub.store.delivery import possibly_disclosed
from hub.store.rows import send_row
from hub.store.tables import AttemptTable, IntentTable, OutboxTable, SendState, table
from hub.store.view_rows import AddressedView, IntentView, SendDetail, SendView

LIMIT = 200


class SendViews:
    """Every method raises `Retriable` when the store can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sends(
        self,
        *,
        tenant: TenantId | None = None,
        person: PersonKey | None = None,
        recipient: RecipientId | None = None,
        referral_id: UUID | None = None,
        state: str | None = None,
        recalls: bool = False,
        limit: int = LIMIT,
    ) -> list[SendView]:
        """Return messages, newest first; of one order key the later before the earlier.

        `recalls`: only retractions that their recipient does not know of yet.
        """
        query = _send_query().order_by(OutboxTable.ready_at.desc(), OutboxTable.place.desc())
        for column, wanted in (
            (OutboxTable.tenant, tenant),
            (OutboxTable.person, person),
            (OutboxTable.recipient, recipient),
            (OutboxTable.referral_id, referral_id),
            (OutboxTable.state, state),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if recalls:
            query = query.where(UNTOLD)
        with self._database.read() as connection:
            return [SendView(**row) for row in connection.execute(query.limit(limit)).mappings()]

    def disclosed(self, tenant: TenantId) -> dict[RecipientId, int]:
        """Return how many referrals each recipient possibly has that were not recalled."""
        recall = aliased(OutboxTable)
        query = (
            select(OutboxTable.recipient, func.count(OutboxTable.referral_id.distinct()))
            .where(
                OutboxTable.tenant == tenant,
                OutboxTable.operation == Operation.REFER.value,
                possibly_disclosed(),
                ~exists().where(
                    recall.order_key == OutboxTable.order_key,
                    recall.generation == OutboxTable.generation,
                    recall.operation == Operation.RETRACT.value,
                    recall.state == SendState.DELIVERED.value,
                ),
            )
            .group_by(OutboxTable.recipient)
        )
        with self._database.read() as connection:
            return {RecipientId(row[0]): row[1] for row in connection.execute(query)}

    def send(self, send_id: UUID) -> SendDetail | None:
        """Return one message with its sealed content, for who may open it."""
        with self._database.read() as connection:
            view = (
                connection.execute(_send_query().where(OutboxTable.send_id == send_id))
                .mappings()
                .first()
            )
            row = connection.execute(
                select(table(OutboxTable)).where(OutboxTable.send_id == send_id)
            ).first()
        if view is None or row is None:
            return None
        return SendDetail(view=SendView(**view), row=send_row(row))

    def intents(self, send_id: UUID) -> list[IntentView]:
        """Return the intents of a message with the results of their attempts, in order."""
        query = (
            select(
                IntentTable.intent_id,
                IntentTable.send_id,
                IntentTable.attempt,
                IntentTable.at,
                IntentTable.lifetime_s,
                IntentTable.consents,
                IntentTable.policy,
                AttemptTable.at.label("ended_at"),
                AttemptTable.outcome,
                AttemptTable.code,
                AttemptTable.latency_ms,
                AttemptTable.reference,
            )
            .outerjoin(AttemptTable, AttemptTable.intent_id == IntentTable.intent_id)
            .where(IntentTable.send_id == send_id)
            .order_by(IntentTable.attempt)
        )
        with self._database.read() as connection:
            return [IntentView(**row) for row in connection.execute(query).mappings()]

    def addressed(self, recipient: RecipientId, referral_id: UUID) -> AddressedView | None:
        """Return the referral if this recipient possibly has it, else None.

        An answer about a referral of somebody else, or about one that never left, is then refused
        like one about a referral that does not exist: nobody learns what the hub holds.
        """
        query = (
            select(
                OutboxTable.tenant,
                OutboxTable.person,
                OutboxTable.child,
                OutboxTable.referral_id,
                OutboxTable.generation,
            )
            .where(
                OutboxTable.referral_id == referral_id,
                OutboxTable.recipient == recipient,
                possibly_disclosed(),
            )
            .order_by(OutboxTable.generation.desc(), OutboxTable.place.desc())
            .limit(1)
        )
        with self._database.read() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None else AddressedView(**row)


def _send_query() -> Select[Any]:
    shown = set(SendView.__struct_fields__)
    columns = [column for column in table(OutboxTable).c if column.name in shown]
    return select(*columns, possibly_disclosed().label("possibly_disclosed"))
