"""Messages, secrets and a window for the webhook tests."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from connectors.webhook import WebhookConfig
from connectors.webhook.config import Endpoint
from connectors.webhook.connector import WebhookConnector
from hub.domain.consent import Category, Purpose
from hub.domain.content import Content, Item
from hub.domain.ids import RecipientId, TenantId
from hub.domain.referral import Operation, RetractionKind
from hub.domain.values import changed
from hub.errors import Retriable
from hub.ports import OutboundMessage

T = TypeVar("T")

SECRET = "whsec_" + base64.b64encode(b"first secret of 24 bytes").decode()
NEXT_SECRET = "whsec_" + base64.b64encode(b"other secret of 24 bytes").decode()
REFERRAL = UUID("00000000-0000-5000-8000-0000000000aa")


class OpenWindow:
    """An intent that never runs out; it counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def ensure_open(self) -> None:
        """Let the first byte go."""
        self.asked += 1


class ClosedWindow:
    """An intent that ran out."""

    def ensure_open(self) -> None:
        """Refuse the first byte."""
        raise Retriable("too late", possibly_sent=False, code="intent-expired")


def message(operation: Operation = Operation.REFER, **fields: object) -> OutboundMessage:
    """Return a message to the endpoint `musterstadt` about an invented child."""
    content = Content(
        profile="family-support/1",
        stated_by="parent",
        stated_at="2026-03-01",
        provisional=False,
        consents=("C-1",),
        correlation="sibling-group",
        items=(Item(category=Category.CHILD_IDENTITY, key="given_name", value="Testkind"),),
    )
    made = OutboundMessage(
        idempotency_id=UUID(int=(1 + list(Operation).index(operation))),
        tenant=TenantId("default"),
        recipient=RecipientId("jugendamt-musterstadt"),
        endpoint="musterstadt",
        referral_id=REFERRAL,
        generation=1,
        operation=operation,
        content_version=1,
        purpose=Purpose.FAMILY_SUPPORT,
        content=content,
        pages={"de": "Testkind braucht Hilfe", "en": "Testkind needs help"},
    )
    return changed(made, **fields)


def recall(**fields: object) -> OutboundMessage:
    """Return the retraction of that referral."""
    return changed(
        message(Operation.RETRACT),
        content=None,
        pages={},
        retraction=RetractionKind.WITHDRAWN,
        retraction_reason="consent-withdrawn",
        retraction_norm="norm of retraction",
        **fields,
    )


def config(
    url: str,
    *secrets: str,
    private: bool = True,
    total_timeout_s: float = 5.0,
    max_bytes: int = 100_000,
) -> WebhookConfig:
    """Return the settings of a connector with one endpoint."""
    endpoint = {
        "url": url,
        "secrets": list(secrets or [SECRET]),
        "allow_private_addresses": private,
    }
    return WebhookConfig(
        endpoints={"musterstadt": Endpoint.model_validate(endpoint)},
        total_timeout_s=total_timeout_s,
        max_bytes=max_bytes,
    )


def with_connector(
    settings: WebhookConfig,
    use: Callable[[WebhookConnector], Awaitable[T]],
    epoch: Callable[[], float] = time.time,
) -> T:
    """Run `use` with a connector, and close it."""

    async def story() -> T:
        connector = WebhookConnector(settings, epoch)
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(story())
