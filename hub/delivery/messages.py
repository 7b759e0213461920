"""From an outbox row to the message that a connector delivers, or why no connector can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.delivery.words import Refusal
from hub.domain.content import Content
from hub.domain.entitlement import Denial
from hub.domain.pages import pages
from hub.domain.policy import Rules
from hub.ports import Connector, OutboundMessage, SendRow


class Parcel(NamedTuple):
    """A message and the connector that carries it."""

    message: OutboundMessage
    connector: Connector


def parcel(
    row: SendRow, content: Content | None, rules: Rules, connectors: Mapping[str, Connector]
) -> Parcel | Denial | Refusal:
    """Address a row by the directory in force. A retraction carries ids, kind, reason and norm."""
    target = rules.directory.recipients.get(row.recipient)
    if target is None:
        return Denial.RECIPIENT_NOT_IN_FORCE
    connector = connectors.get(target.connector)
    if connector is None:
        return Refusal.CONNECTOR_MISSING
    can = connector.capabilities
    if row.operation not in can.operations or not set(row.categories) <= set(can.categories):
        return Refusal.NOT_CARRIED
    purpose = rules.policy.purposes.get(row.purpose)
    recall = row.retraction is not None
    message = OutboundMessage(
        idempotency_id=row.idempotency_id,
        tenant=row.tenant,
        recipient=row.recipient,
        endpoint=target.endpoint,
        referral_id=row.referral_id,
        generation=row.generation,
        operation=row.operation,
        content_version=row.content_version,
        purpose=row.purpose,
        content=content,
        pages=pages(content) if content is not None else {},
        retraction=row.retraction,
        retraction_reason=row.retraction_reason,
        retraction_norm=purpose.retraction_norm if recall and purpose is not None else None,
    )
    return Parcel(message, connector)
