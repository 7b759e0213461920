"""Credentials: who presents this bearer token? Compared in constant time, kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Generic, TypeVar

P = TypeVar("P")


class Credentials(Generic[P]):
    """Tokens and whom each belongs to. Tokens are long and random, so a plain hash is enough."""

    def __init__(self, entries: Iterable[tuple[str, P]]) -> None:
        self._entries = [(_hash(token), holder) for token, holder in entries]

    def holder(self, authorization: str | None) -> P | None:
        """Return whose token an `Authorization` header holds, or None.

        All tokens are compared, so that the time says nothing about which one was close.
        """
        scheme, _, token = (authorization or "").partition(" ")
        presented = _hash(token.strip())
        found: P | None = None
        for known, holder in self._entries:
            if hmac.compare_digest(known, presented):
                found = holder
        return found if scheme.lower() == "bearer" else None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
