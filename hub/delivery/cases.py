"""Opens sealed cases and contents for the permit; a bounded cache spares opening a case again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec

from hub.delivery.words import Refusal
from hub.domain.case import Case
from hub.domain.content import Content
from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.errors import Poison
from hub.ports import (
    DataKey,
    DeliveryBatch,
    DeliveryStore,
    KeyVault,
    Sealer,
    SendRow,
    StoredCase,
)

T = TypeVar("T")


class Reader:
    """Opens what is sealed. Raises `Retriable` when the vault can't be reached."""

    def __init__(self, *, vault: KeyVault, sealer: Sealer, cached_cases: int = 512) -> None:
        self._vault = vault
        self._sealer = sealer
        self._limit = cached_cases
        self._cases: OrderedDict[PersonKey, tuple[int, DataKeyId, Case]] = OrderedDict()

    def contents(self, rows: Sequence[SendRow]) -> dict[UUID, Content | Refusal]:
        """Return each row's content, or why it can't be had."""
        keys = self._keys((row.tenant, row.data_key) for row in rows)
        return {row.send_id: self._content(row, keys) for row in rows}

    def cases(self, stored: Iterable[StoredCase]) -> dict[PersonKey, Case | Refusal]:
        """Return each person's case, or why it can't be had."""
        rows = list(stored)
        # Also for cached cases: an erased person's case must not outlive its key.
        keys = self._keys((row.tenant, row.data_key) for row in rows)
        return {row.person: self._case(row, keys) for row in rows}

    def _keys(
        self, wanted: Iterable[tuple[TenantId, DataKeyId | None]]
    ) -> dict[DataKeyId, DataKey | None]:
        by_tenant: dict[TenantId, set[DataKeyId]] = {}
        for tenant, key in wanted:
            if key is not None:
                by_tenant.setdefault(tenant, set()).add(key)
        found: dict[DataKeyId, DataKey | None] = {}
        for tenant, ids in by_tenant.items():
            found |= self._vault.unwrap(tenant, sorted(ids))
        return found

    def _content(self, row: SendRow, keys: Mapping[DataKeyId, DataKey | None]) -> Content | Refusal:
        context = f"send:{row.tenant}:{row.person}:{row.send_id}"
        return self._open(row.data_key, keys, context, row.sealed, Content)

    def _case(self, row: StoredCase, keys: Mapping[DataKeyId, DataKey | None]) -> Case | Refusal:
        if row.data_key is not None and keys.get(row.data_key) is not None:
            cached = self._cases.get(row.person)
            if cached is not None and cached[:2] == (row.version, row.data_key):
                self._cases.move_to_end(row.person)
                return cached[2]
        opened = self._open(row.data_key, keys, f"case:{row.tenant}:{row.person}", row.sealed, Case)
        if isinstance(opened, Case) and row.data_key is not None:
            self._cases[row.person] = (row.version, row.data_key, opened)
            self._cases.move_to_end(row.person)
            while len(self._cases) > self._limit:
                self._cases.popitem(last=False)
        else:
            self._cases.pop(row.person, None)
        return opened

    def _open(
        self,
        key_id: DataKeyId | None,
        keys: Mapping[DataKeyId, DataKey | None],
        context: str,
        sealed: bytes | None,
        kind: type[T],
    ) -> T | Refusal:
        if key_id is None or sealed is None or key_id not in keys:
            return Refusal.UNREADABLE
        key = keys[key_id]
        if key is None:
            return Refusal.ERASED
        try:
            return msgspec.msgpack.decode(self._sealer.open(key, context, sealed), type=kind)
        except (Poison, msgspec.DecodeError):
            return Refusal.UNREADABLE


def with_cases(
    store: DeliveryStore,
    persons: Iterable[PersonKey],
    work: Callable[[DeliveryBatch, dict[PersonKey, StoredCase]], T],
) -> T:
    """Do `work` in one transaction that holds the case rows of `persons` and of their survivors.

    A survivor is known only once its alias was read; the transaction is then begun anew, so that
    all rows are locked by one ordered statement and two workers never wait for each other.
    """
    wanted = set(persons)
    while True:
        with store.batch() as batch:
            stored = batch.lock_cases(sorted(wanted))
            survivors = {row.alias_of for row in stored.values() if row.alias_of is not None}
            if survivors <= wanted:
                return work(batch, stored)
        wanted |= survivors


def survivor_of(person: PersonKey, stored: Mapping[PersonKey, StoredCase]) -> PersonKey:
    """Return the person under whom the case is kept now."""
    while (row := stored.get(person)) is not None and row.alias_of is not None:
        person = row.alias_of
    return person
