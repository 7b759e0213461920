"""Appends to the decision log, and marks for the relay what it publishes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from hub.domain.decision import FactKind
from hub.ports.store import FactRow
from hub.store.bulk import insert_many
from hub.store.dialect import insert_new
from hub.store.rows import fact_values
from hub.store.tables import DecisionLogTable, RelayMarkTable, table

LIFE_CYCLE = frozenset(
    {
        FactKind.REFERRAL_READY,
        FactKind.REFERRAL_UPDATED,
        FactKind.REFERRAL_RETRACTED,
        FactKind.REFERRAL_CLOSED,
        FactKind.NOTICE_READY,
        FactKind.DISCLOSURE_INTENT,
        FactKind.DISCLOSURE_RESULT,
        FactKind.SEND_CANCELLED,
    }
)
"""The facts that the relay publishes: the life of a referral, and nothing else (rule 12)."""


def append_facts(connection: Connection, facts: Sequence[FactRow]) -> None:
    """Append to the decision log, and mark life-cycle facts for the relay.

    A fact that is there already (the same decision taken again) stays as it was written first.
    """
    dialect = connection.dialect.name
    insert_many(
        connection,
        insert_new(dialect, table(DecisionLogTable), "person", "fact_id"),
        [fact_values(fact) for fact in facts],
    )
    insert_many(
        connection,
        insert_new(dialect, table(RelayMarkTable)),
        [
            {"fact_id": fact.fact_id, "person": fact.person}
            for fact in facts
            if fact.fact.kind in LIFE_CYCLE and fact.person is not None
        ],
    )
