"""Signatures after Standard Webhooks: HMAC-SHA256 over id, timestamp and body, one per secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence


def sign(keys: Sequence[bytes], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header: `v1,<base64>` for each key, separated by spaces.

    `timestamp` is in seconds since 1970 (Standard Webhooks, "Signature scheme").
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        for key in keys
    )
