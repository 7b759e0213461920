"""A key vault in memory: the promises of the port without file, wrapping or cache."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import uuid4

from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.errors import Permanent
from hub.ports import DataKey


class MemoryVault:
    """A `KeyVault` that lives as long as the test."""

    def __init__(self) -> None:
        self._ids: dict[tuple[TenantId, PersonKey], DataKeyId] = {}
        self._keys: dict[tuple[TenantId, DataKeyId], DataKey | None] = {}

    def get_or_create(
        self, tenant: TenantId, persons: Sequence[PersonKey]
    ) -> dict[PersonKey, DataKey | None]:
        """Return each person's key, made where missing; None for a person who was erased."""
        return {person: self._keys[tenant, self._id(tenant, person)] for person in persons}

    def unwrap(
        self, tenant: TenantId, keys: Sequence[DataKeyId]
    ) -> dict[DataKeyId, DataKey | None]:
        """Return the keys with these ids; None for a tombstoned one. Unknown ids are left out."""
        return {key: self._keys[tenant, key] for key in keys if (tenant, key) in self._keys}

    def quarantine(self, tenant: TenantId, month: str) -> DataKey:
        """Return the month's key. Raises `Permanent("erased")` when it was shredded."""
        subject = PersonKey(f"quarantine:{month}")
        key = self.get_or_create(tenant, [subject])[subject]
        if key is None:
            raise Permanent("The quarantine key of that month was shredded.", code="erased")
        return key

    def erase(self, tenant: TenantId, person: PersonKey) -> None:
        """Destroy a person's key, leaving a tombstone."""
        self._keys[tenant, self._id(tenant, person)] = None

    def _id(self, tenant: TenantId, person: PersonKey) -> DataKeyId:
        key_id = self._ids.get((tenant, person))
        if key_id is None:
            key_id = self._ids[tenant, person] = DataKeyId(uuid4().hex)
            self._keys[tenant, key_id] = DataKey(key_id, person, secrets.token_bytes(32))
        return key_id
