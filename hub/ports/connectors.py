"""The connector port: what a recipient's side must offer, and what it is handed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from hub.domain.consent import Category, Purpose
from hub.domain.content import Content
from hub.domain.ids import RecipientId, TenantId
from hub.domain.referral import Operation, RetractionKind
from hub.domain.values import Value

if TYPE_CHECKING:
    from pydantic import BaseModel


class Capabilities(Value, frozen=True, kw_only=True):
    """What a connector can carry; the hub never hands it anything else."""

    operations: tuple[Operation, ...]
    categories: tuple[Category, ...]
    max_bytes: int


class OutboundMessage(Value, frozen=True, kw_only=True):
    """What a connector delivers. `content` and `pages` are empty for a retraction."""

    idempotency_id: UUID
    tenant: TenantId
    recipient: RecipientId
    endpoint: str
    referral_id: UUID
    generation: int
    operation: Operation
    content_version: int
    purpose: Purpose
    content: Content | None = None
    pages: dict[str, str] = {}
    retraction: RetractionKind | None = None
    retraction_reason: str | None = None
    retraction_norm: str | None = None


class Receipt(Value, frozen=True, kw_only=True):
    """What the recipient's side confirmed; `accepted` is technical, never a person's answer."""

    accepted: bool
    reference: str | None = None


class IntentWindow(Protocol):
    """The time in which a stored intent allows the first byte (rule 9)."""

    def ensure_open(self) -> None:
        """Raise `Retriable(possibly_sent=False)` once the intent's lifetime is over."""
        ...


class Connector(Protocol):
    """Carries messages. Raises `Retriable` and `Permanent`, whose texts hold no content."""

    capabilities: Capabilities

    async def check(self) -> None:
        """Try the connection without sending anything about a person."""
        ...

    async def deliver(self, message: OutboundMessage, window: IntentWindow) -> Receipt:
        """Deliver one message; call `window.ensure_open()` right before the first byte."""
        ...

    async def close(self) -> None:
        """Release connections; closing twice is harmless."""
        ...


class ConnectorType(NamedTuple):
    """What an entry point of the group `hub.connectors` names."""

    name: str
    config: type[BaseModel]
    build: Callable[[Any], Connector]
