"""The ports of secrecy: key vault, sealing, pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hub.domain.ids import ChildKey, DataKeyId, Namespace, PersonKey, TenantId


class DataKey(NamedTuple):
    """One person's data key: its random id, whose it is, and 32 secret bytes."""

    key_id: DataKeyId
    person: PersonKey
    secret: bytes

    def __repr__(self) -> str:
        """Show the id only: a key never reaches a log."""
        return f"DataKey({self.key_id})"


class KeyVault(Protocol):
    """Keeps the data keys. Calls are batched and atomic per (tenant, person) (rule 14)."""

    def get_or_create(
        self, tenant: TenantId, persons: Sequence[PersonKey]
    ) -> dict[PersonKey, DataKey | None]:
        """Return each person's key, made where missing; None for a person who was erased.

        Raises `Retriable` when the vault can't be reached.
        """
        ...

    def unwrap(
        self, tenant: TenantId, keys: Sequence[DataKeyId]
    ) -> dict[DataKeyId, DataKey | None]:
        """Return the keys with these ids; None for a tombstoned one. Unknown ids are left out."""
        ...

    def quarantine(self, tenant: TenantId, month: str) -> DataKey:
        """Return the key of dead letters without legible person of one month (`2026-11`)."""
        ...

    def erase(self, tenant: TenantId, person: PersonKey) -> None:
        """Destroy a person's keys for good, leaving a tombstone."""
        ...


class Sealer(Protocol):
    """Authenticated encryption of one payload under a data key, bound to its context."""

    def seal(self, key: DataKey, context: str, plaintext: bytes) -> bytes:
        """Return sealed bytes, bound to `context` (what it is, whose, which id)."""
        ...

    def open(self, key: DataKey, context: str, sealed: bytes) -> bytes:
        """Return the plaintext. Raises `Poison("seal-broken")` if anything was changed."""
        ...


class Pseudonyms(Protocol):
    """Keyed hashes of identifying numbers, per tenant and register (rule 15)."""

    def person(self, tenant: TenantId, namespace: Namespace, number: str) -> PersonKey:
        """Return the pseudonym of a person's number after normalisation."""
        ...

    def child(self, tenant: TenantId, namespace: Namespace, contact_id: str) -> ChildKey:
        """Return the pseudonym of a child from the contact's own id."""
        ...

    def fingerprint(self, tenant: TenantId, content: bytes) -> str:
        """Return a keyed hash of arbitrary content (hex), for event ids."""
        ...
