"""Pseudonyms: keyed hashes over tenant, register and normalised number (rule 15 of the spine).

HMAC-SHA256 under a key derived per tenant from the master key: without it, numbers can't be tried
out against pseudonyms. All parts are length-prefixed, so that no two inputs run together, and the
first names the kind (person, child, fingerprint), so that a child's id never equals a person's.
"""

from __future__ import annotations

import hmac
import unicodedata
from functools import lru_cache
from typing import Final

from hub.domain.ids import ChildKey, Namespace, PersonKey, TenantId
from hub.errors import Poison
from hub.privacy.master_key import MasterKey

_DROPPED: Final = frozenset({"Cc", "Cf", "Pd", "Zl", "Zp", "Zs"})
_MINUS: Final = "\N{MINUS SIGN}"
_TENANTS_KEPT: Final = 256


class HmacPseudonyms:
    """The `Pseudonyms` of the hub. The same master key gives the same pseudonyms for ever."""

    def __init__(self, master: MasterKey) -> None:
        def tenant_key(tenant: TenantId) -> bytes:
            return master.derive("pseudonyms/1", tenant.encode())

        self._key = lru_cache(_TENANTS_KEPT)(tenant_key)

    def person(self, tenant: TenantId, namespace: Namespace, number: str) -> PersonKey:
        """Return the pseudonym of a person's number (64 hex digits), however it was typed.

        Raises `Poison` when nothing is left after normalisation: all persons without a number
        would otherwise be one.
        """
        text = _present(normalised(number), "number")
        return PersonKey(self._hash(tenant, "person", namespace, text))

    def child(self, tenant: TenantId, namespace: Namespace, contact_id: str) -> ChildKey:
        """Return the pseudonym of a child from the contact's own id (64 hex digits).

        Contact ids are made by machines and opaque: only NFKC and outer spaces are normalised, so
        that `1-23` and `12-3` stay two children. Raises `Poison` for an empty one.
        """
        text = _present(unicodedata.normalize("NFKC", contact_id).strip(), "contact_id")
        return ChildKey(self._hash(tenant, "child", namespace, text))

    def fingerprint(self, tenant: TenantId, content: bytes) -> str:
        """Return a keyed hash of arbitrary content (64 hex digits), for event ids."""
        return self._mac(tenant, b"fingerprint", content)

    def _hash(self, tenant: TenantId, kind: str, namespace: Namespace, text: str) -> str:
        try:
            parts = [part.encode() for part in (kind, tenant, namespace, text)]
        except UnicodeEncodeError:
            # The cause quotes the text, which may be a person's number.
            raise Poison(
                "invalid-text",
                "number",
                "The identifier holds half a character (a lone surrogate).",
            ) from None
        return self._mac(tenant, *parts)

    def _mac(self, tenant: TenantId, *parts: bytes) -> str:
        message = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return hmac.digest(self._key(tenant), message, "sha256").hex()


def normalised(number: str) -> str:
    """Return a register's number as one spelling: NFKC, upper case, without spaces and dashes.

    Dropped wherever they stand: white space, control and invisible characters, dashes of every kind
    and the minus sign. `normalised(normalised(x)) == normalised(x)`.
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", number).upper())
    kept = "".join(c for c in text if unicodedata.category(c) not in _DROPPED and c != _MINUS)
    return unicodedata.normalize("NFKC", kept)


def _present(text: str, field: str) -> str:
    if not text:
        raise Poison("missing-identifier", field, "The identifier is empty; nobody can be meant.")
    return text
