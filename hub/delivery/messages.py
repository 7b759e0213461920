"""From an outbox row to the message that a connector delivers, or why no connector can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hub.delivery.words import Refusal
from hub.domain.content import Content
from hub.domain.directory import Recipient
from hub.domain.entitlement import Denial
from hub.domain.pages import pages
from hub.domain.policy import Rules
from hub.ports import Connector, OutboundMessage, RecallTerms, SendRow


class Parcel(NamedTuple):
    """A message and the connector that carries it."""

    message: OutboundMessage
    connector: Connector


def parcel(
    row: SendRow, content: Content, rules: Rules, connectors: Mapping[str, Connector]
) -> Parcel | Denial | Refusal:
    """Address a row with content by the directory in force."""
    target = rules.directory.recipients.get(row.recipient)
    return _parcel(row, content, target, None, connectors)


def recall_parcel(
    row: SendRow, terms: RecallTerms, connectors: Mapping[str, Connector]
) -> Parcel | Denial | Refusal:
    """Address a retraction: it carries ids, kind, reason and norm, and no content."""
    return _parcel(row, None, terms.target, terms.norm, connectors)


def _parcel(
    row: SendRow,
    content: Content | None,
    target: Recipient | None,
    norm: str | None,
    connectors: Mapping[str, Connector],
) -> Parcel | Denial | Refusal:
    if target is None:
        return Denial.RECIPIENT_NOT_IN_FORCE
    connector = connectors.get(target.connector)
    if connector is None:
        return Refusal.CONNECTOR_MISSING
    can = connector.capabilities
    if row.operation not in can.operations or not set(row.categories) <= set(can.categories):
        return Refusal.NOT_CARRIED
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
        retraction_norm=norm,
    )
    return Parcel(message, connector)
