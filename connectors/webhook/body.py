"""The body: a CloudEvent in structured JSON form. The same message gives the same bytes always."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.domain.content import Content
from hub.ports import OutboundMessage

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def encode(message: OutboundMessage, source: str) -> bytes:
    """Return the JSON body of a message; keys in a fixed order."""
    event = {
        "specversion": "1.0",
        "id": str(message.idempotency_id),
        "source": source,
        "type": f"hub.referral.{message.operation.value}.v1",
        "subject": str(message.referral_id),
        "datacontenttype": "application/json",
        "data": _data(message),
    }
    return msgspec.json.encode(event)


def _data(message: OutboundMessage) -> dict[str, Any]:
    data: dict[str, Any] = {
        "referral_id": str(message.referral_id),
        "generation": message.generation,
        "operation": message.operation.value,
        "content_version": message.content_version,
        "purpose": message.purpose.value,
    }
    if message.retraction is not None:
        data["retraction"] = {
            "kind": message.retraction.value,
            "reason": message.retraction_reason,
            "norm": message.retraction_norm,
        }
    elif message.content is not None:
        data["content"] = _content(message.content)
        data["pages"] = dict(sorted(message.pages.items()))
    return data


def _content(content: Content) -> dict[str, Any]:
    items: dict[str, list[dict[str, str]]] = {}
    for item in content.items:
        items.setdefault(item.category.value, []).append({"key": item.key, "value": item.value})
    return {
        "profile": content.profile,
        "stated_by": content.stated_by,
        "stated_at": content.stated_at,
        "verified": False,
        "provisional": content.provisional,
        "consents": list(content.consents),
        "correlation": content.correlation,
        "items": items,
    }
