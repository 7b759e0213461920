"""Sealing: AES-256-GCM under one person's data key, bound to what the bytes are and whose.

Layout: 1 byte version (0x01), 12 bytes random nonce, ciphertext with its 16-byte tag. Version and
context string are the associated data (NIST SP 800-38D), so bytes moved to another person, event or
table do not open. A random nonce is safe for 2**32 messages per key; a key serves one person only.
"""

from __future__ import annotations

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.errors import Poison
from hub.ports import DataKey

_VERSION: Final = b"\x01"
_NONCE: Final = 12
_OVERHEAD: Final = len(_VERSION) + _NONCE + 16


class AesGcmSealer:
    """The `Sealer` of the hub.

    It keeps no key material: building a cipher costs about a microsecond, and a key that the vault
    forgot (an erased person's) must not live on here.
    """

    def seal(self, key: DataKey, context: str, plaintext: bytes) -> bytes:
        """Return sealed bytes, 29 longer than `plaintext`, bound to `context`."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + AESGCM(key.secret).encrypt(nonce, plaintext, _bound(context))

    def open(self, key: DataKey, context: str, sealed: bytes) -> bytes:
        """Return the plaintext. Raises `Poison("seal-broken")` if anything was changed."""
        if len(sealed) < _OVERHEAD or not sealed.startswith(_VERSION):
            raise _broken()
        nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return AESGCM(key.secret).decrypt(nonce, body, _bound(context))
        except InvalidTag:
            # The cause says nothing more, and a chained one would show arguments in a traceback.
            raise _broken() from None


def _bound(context: str) -> bytes:
    return _VERSION + context.encode()


def _broken() -> Poison:
    return Poison(
        "seal-broken",
        "payload",
        "The sealed bytes, their key or their context differ from what was sealed; "
        "ask the sender for the event again.",
    )
