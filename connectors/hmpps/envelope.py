"""The envelope: from the bytes that arrived to the fields of one domain event.

Events travel as a JSON string in `Message` of an SNS notification, or bare. Nothing in an envelope
is trusted for who sent it, and no URL in it is ever fetched.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from connectors.hmpps.fields import Fields
from hub.errors import Poison

LARGEST: Final = 262_144
"""Bytes of the largest message: SNS carries no more."""

HANDSHAKES: Final = frozenset({"SubscriptionConfirmation", "UnsubscribeConfirmation"})


class Notice(NamedTuple):
    """One domain event as received: its fields, the text it came as, the envelope's id."""

    fields: Fields
    text: bytes
    message_id: str | None


def unwrap(body: bytes) -> Notice:
    """Return the domain event in `body`. Raises `Poison`."""
    if len(body) > LARGEST:
        raise Poison("value-too-long", "", f"a message has {LARGEST} bytes at most")
    outer = Fields(_object(body, ""))
    if outer.has("eventType"):
        return Notice(outer, body, None)
    if outer.has("Type"):
        return _notification(outer)
    where = "Type" if outer.has("Message") else "eventType"
    raise Poison("missing-field", where, "send an SNS notification or a bare domain event")


def _notification(outer: Fields) -> Notice:
    """Return the event inside an SNS notification."""
    kind = outer.text("Type", 100)
    if kind in HANDSHAKES:
        raise Poison(
            "subscription-confirmation-refused",
            "Type",
            "confirm at the trusted forwarder; the hub never fetches a URL from a message",
        )
    if kind != "Notification":
        raise Poison("unknown-envelope", "Type", "only SNS notifications are understood")
    text = outer.text("Message", LARGEST).encode()
    message_id = outer.optional_text("MessageId", 200)
    return Notice(Fields(_object(text, "Message"), "Message"), text, message_id)


def _object(data: bytes, path: str) -> dict[str, object]:
    """Return the JSON object in `data`."""
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        # No cause: a parser's message may quote what it stumbled over.
        raise Poison("invalid-json", path, "the text must be one JSON object in UTF-8") from None
    if not isinstance(found, dict):
        raise Poison("wrong-type", path, "the JSON must be an object")
    return found
