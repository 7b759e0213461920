"""The file vault: per-person data keys in `vault.db`, wrapped by the key in `master.key`.

A wrapped key is AES-256-GCM over the data key, bound to tenant, person and key id: rows that were
swapped do not open. Keys have random ids, which say nothing of the person (rule 14 of the spine).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.errors import ConfigError, Halted, Permanent, Retriable
from hub.local_sqlite import connect, translated, writing
from hub.ports import DataKey
from hub.privacy.key_cache import KeyCache
from hub.privacy.master_key import SIZE, MasterKey, create_master_key, read_master_key

VAULT_FILE: Final = "vault.db"
MASTER_KEY_FILE: Final = "master.key"

_NONCE: Final = 12
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")

_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS master (
        one INTEGER PRIMARY KEY CHECK (one = 1), key_id TEXT NOT NULL
    )""",
    # wrapped IS NULL is the tombstone of an erased person.
    """CREATE TABLE IF NOT EXISTS data_key (
        key_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, person TEXT NOT NULL, wrapped BLOB,
        UNIQUE (tenant, person)
    )""",
)
_BY_PERSON: Final = """SELECT person, key_id, wrapped FROM data_key
    WHERE tenant = ? AND person IN (SELECT value FROM json_each(?))"""
_BY_ID: Final = """SELECT person, key_id, wrapped FROM data_key
    WHERE key_id IN (SELECT value FROM json_each(?)) AND tenant = ?"""
_INSERT: Final = """INSERT INTO data_key (tenant, person, key_id, wrapped) VALUES (?, ?, ?, ?)
    ON CONFLICT (tenant, person) DO NOTHING"""
_ERASE: Final = """INSERT INTO data_key (tenant, person, key_id, wrapped) VALUES (?, ?, ?, NULL)
    ON CONFLICT (tenant, person) DO UPDATE SET wrapped = NULL"""

_Row = tuple[PersonKey, DataKeyId, bytes | None]


def local_master_key(directory: Path) -> MasterKey:
    """Return the master key of the data directory, made at the first start.

    Raises `ConfigError` as `read_master_key` does, also when there is a vault but no key: a new one
    could open nothing.
    """
    path = directory / MASTER_KEY_FILE
    # Looked up before the key: the key is always made first, so a vault without it has lost it.
    vault_exists = (directory / VAULT_FILE).exists()
    if not vault_exists and not path.exists():
        create_master_key(path)
    return read_master_key(path)


class FileVault:
    """The `KeyVault` of one host; processes share the file and agree on every key.

    Unwrapped keys are cached for at most `cache_ttl_s` seconds of real time: so long may another
    process still use the key of a person erased here. What it seals meanwhile opens nowhere after.
    Raises `ConfigError` when the file belongs to another master key, `Retriable` while it is locked
    or can't be reached, `Halted` when it is damaged.
    """

    def __init__(
        self,
        path: Path,
        master: MasterKey,
        *,
        cache_size: int = 10_000,
        cache_ttl_s: float = 60.0,
        busy_timeout_s: float = 5.0,
    ) -> None:
        self._name = path.name
        self._wrapping = AESGCM(master.derive("data-key-wrapping/1"))
        self._cache = KeyCache(size=cache_size, ttl_s=cache_ttl_s)
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = connect(path, busy_timeout_s=busy_timeout_s)
        try:
            self._claim(master)
        except BaseException:
            self.close()
            raise

    def get_or_create(
        self, tenant: TenantId, persons: Sequence[PersonKey]
    ) -> dict[PersonKey, DataKey | None]:
        """Return each person's key, made where missing; None for a person who was erased.

        All new keys are made in one transaction; processes that race get the same keys.
        """
        found: dict[PersonKey, DataKey | None] = dict(self._cache.of_persons(tenant, persons))
        unknown = [person for person in dict.fromkeys(persons) if person not in found]
        if not unknown:
            return found
        read_at = time.monotonic()
        with self._using() as connection:
            rows = _by_person(connection, tenant, unknown)
            missing = set(unknown).difference(person for person, _, _ in rows)
            if missing:
                with writing(connection):
                    connection.executemany(_INSERT, [self._new(tenant, p) for p in sorted(missing)])
                    rows = _by_person(connection, tenant, unknown)
            found.update((key[0], key[2]) for key in self._opened(tenant, rows, read_at))
        return found

    def unwrap(
        self, tenant: TenantId, keys: Sequence[DataKeyId]
    ) -> dict[DataKeyId, DataKey | None]:
        """Return the keys with these ids; None for a tombstoned one. Unknown ids are left out."""
        found: dict[DataKeyId, DataKey | None] = dict(self._cache.of_ids(tenant, keys))
        unknown = [key for key in dict.fromkeys(keys) if key not in found]
        if not unknown:
            return found
        read_at = time.monotonic()
        with self._using() as connection:
            rows = connection.execute(_BY_ID, (json.dumps(unknown), tenant)).fetchall()
            found.update((key[1], key[2]) for key in self._opened(tenant, rows, read_at))
        return found

    def quarantine(self, tenant: TenantId, month: str) -> DataKey:
        """Return the key of dead letters without legible person of one month (`2026-11`).

        Raises `Permanent("erased")` when that month's key was shredded, `ValueError` for no month.
        """
        if not _MONTH.fullmatch(month):
            raise ValueError("month must look like 2026-11")
        subject = quarantine_subject(month)
        key = self.get_or_create(tenant, [subject])[subject]
        if key is None:
            raise Permanent("The quarantine key of that month was shredded.", code="erased")
        return key

    def erase(self, tenant: TenantId, person: PersonKey) -> None:
        """Destroy a person's key for good, leaving a tombstone; erasing twice is harmless.

        When it returns, the key is gone from this process, the file and its journal. Raises
        `Retriable` while a reader keeps the journal: call again.
        """
        with self._using() as connection:
            with writing(connection):
                connection.execute(_ERASE, (tenant, person, uuid4().hex))
            self._cache.forget(tenant, person)
            # The write-ahead log still holds the page as it was, with the wrapped key.
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise Retriable(f"{self._name}: its journal is in use; the erased key is still in it.")

    def close(self) -> None:
        """Release the file; closing twice is harmless."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        # Cached under the same lock as erase(): a key read before must not be cached after it.
        with self._lock, translated(self._name):
            if self._connection is None:
                raise Retriable(f"{self._name} is closed.")
            yield self._connection

    def _claim(self, master: MasterKey) -> None:
        with self._using() as connection:
            with writing(connection):
                for statement in _SCHEMA:
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO master VALUES (1, ?) ON CONFLICT DO NOTHING", (master.key_id,)
                )
            (key_id,) = connection.execute("SELECT key_id FROM master").fetchone()
        if key_id != master.key_id:
            problem = (
                f"{self._name}: its keys were wrapped by another master key ({key_id}) than "
                f"the one given ({master.key_id}). Remedy: restore the {MASTER_KEY_FILE} "
                "that belongs to it."
            )
            raise ConfigError((problem,))

    def _new(self, tenant: TenantId, person: PersonKey) -> tuple[str, str, str, bytes]:
        key_id = DataKeyId(uuid4().hex)
        nonce = os.urandom(_NONCE)
        secret = secrets.token_bytes(SIZE)
        wrapped = self._wrapping.encrypt(nonce, secret, _bound(tenant, person, key_id))
        return tenant, person, key_id, nonce + wrapped

    def _opened(
        self, tenant: TenantId, rows: Iterable[_Row], read_at: float
    ) -> list[tuple[PersonKey, DataKeyId, DataKey | None]]:
        """Unwrap rows, and cache what lives."""
        opened = [
            (
                person,
                key_id,
                None if wrapped is None else self._open(tenant, person, key_id, wrapped),
            )
            for person, key_id, wrapped in rows
        ]
        self._cache.put(tenant, [key for _, _, key in opened if key is not None], read_at=read_at)
        return opened

    def _open(
        self, tenant: TenantId, person: PersonKey, key_id: DataKeyId, wrapped: bytes
    ) -> DataKey:
        bound = _bound(tenant, person, key_id)
        try:
            secret = self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], bound)
        except (InvalidTag, ValueError) as error:
            raise Halted(
                f"{self._name}: the data key {key_id} was changed and does not open.",
                remedy=f"Stop the hub and restore {self._name} from its backup.",
            ) from error
        return DataKey(key_id, person, secret)


def quarantine_subject(month: str) -> PersonKey:
    """Return whom a month's quarantine key is filed under: no pseudonym looks like it."""
    return PersonKey(f"quarantine:{month}")


def _by_person(
    connection: sqlite3.Connection, tenant: TenantId, persons: Sequence[PersonKey]
) -> list[_Row]:
    return connection.execute(_BY_PERSON, (tenant, json.dumps(persons))).fetchall()


def _bound(tenant: TenantId, person: PersonKey, key_id: DataKeyId) -> bytes:
    return json.dumps(["data-key/1", tenant, person, key_id]).encode()
