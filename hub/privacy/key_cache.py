"""A bounded, time-limited cache of unwrapped data keys."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.ports import DataKey

_Subject = tuple[TenantId, PersonKey]


class KeyCache:
    """Keeps up to `size` keys for `ttl_s` seconds of real time each, the longest unused goes first.

    The time counts from when the key was read from the vault and is never prolonged by use: after
    that, whether the person was erased is asked anew. Outdated keys leave the memory within twice
    `ttl_s` of a busy cache. Safe for threads.
    """

    def __init__(
        self, *, size: int, ttl_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._size: Final = size
        self._ttl_s: Final = ttl_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: OrderedDict[_Subject, tuple[float, DataKey]] = OrderedDict()
        self._subjects: dict[tuple[TenantId, DataKeyId], _Subject] = {}
        self._next_sweep = monotonic() + ttl_s

    def __len__(self) -> int:
        return len(self._entries)

    def of_persons(
        self, tenant: TenantId, persons: Iterable[PersonKey]
    ) -> dict[PersonKey, DataKey]:
        """Return those keys of `persons` that are known and still fresh."""
        with self._lock:
            found = {person: self._fresh((tenant, person)) for person in persons}
        return {person: key for person, key in found.items() if key is not None}

    def of_ids(self, tenant: TenantId, ids: Iterable[DataKeyId]) -> dict[DataKeyId, DataKey]:
        """Return those keys with `ids` that are known and still fresh."""
        with self._lock:
            subjects = {key_id: self._subjects.get((tenant, key_id)) for key_id in ids}
            found = {key_id: self._fresh(s) for key_id, s in subjects.items() if s is not None}
        return {key_id: key for key_id, key in found.items() if key is not None}

    def put(self, tenant: TenantId, keys: Iterable[DataKey], *, read_at: float) -> None:
        """Keep `keys`; `read_at` is the monotonic time before they were asked for."""
        with self._lock:
            self._sweep()
            for key in keys:
                subject = (tenant, key.person)
                self._drop(subject)
                self._entries[subject] = (read_at + self._ttl_s, key)
                self._subjects[tenant, key.key_id] = subject
            while len(self._entries) > self._size:
                self._drop(next(iter(self._entries)))

    def forget(self, tenant: TenantId, person: PersonKey) -> None:
        """Drop a person's key."""
        with self._lock:
            self._drop((tenant, person))

    def _fresh(self, subject: _Subject) -> DataKey | None:
        entry = self._entries.get(subject)
        if entry is None:
            return None
        until, key = entry
        if self._monotonic() >= until:
            self._drop(subject)
            return None
        self._entries.move_to_end(subject)
        return key

    def _sweep(self) -> None:
        now = self._monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + self._ttl_s
        for subject in [s for s, (until, _) in self._entries.items() if now >= until]:
            self._drop(subject)

    def _drop(self, subject: _Subject) -> None:
        entry = self._entries.pop(subject, None)
        if entry is not None:
            del self._subjects[subject[0], entry[1].key_id]
