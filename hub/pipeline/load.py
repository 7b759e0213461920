"""Step 3 and 4: leave out what was decided before, then load and lock the cases of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hub.domain.case import Case, ClosedEpisode
from hub.domain.decide import cases_needed
from hub.domain.decision import Ignored
from hub.domain.ids import PersonKey, TenantId
from hub.errors import Poison, Retriable
from hub.pipeline.work import Loaded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from hub.domain.ids import DataKeyId
    from hub.pipeline.work import Work
    from hub.ports import Batch, DataKey, KeyVault, Sealer, StoredCase, StoredEpisode

_CASE = msgspec.msgpack.Decoder(Case)
_CLOSED = msgspec.msgpack.Decoder(ClosedEpisode)


def case_context(tenant: str, person: str) -> str:
    """Return the sealing context of a case."""
    return f"case:{tenant}:{person}"


def episode_context(tenant: str, person: str, episode: UUID) -> str:
    """Return the sealing context of a closed stay."""
    return f"episode:{tenant}:{person}:{episode}"


def dedupe(batch: Sequence[Work], tx: Batch) -> None:
    """Ignore events that were applied or ignored before, in the store or earlier in this batch."""
    ids = [w.event.meta.event_id for w in batch if w.event is not None and w.open]
    seen = tx.seen(ids) if ids else set()
    for work in batch:
        if work.event is None or not work.open:
            continue
        event_id = work.event.meta.event_id
        if event_id in seen:
            work.ignored = Ignored.DUPLICATE.value
        seen.add(event_id)


def _needed(work: Work) -> tuple[PersonKey, ...]:
    """Return whose cases a record needs; nobody's once its way has ended."""
    return cases_needed(work.event) if work.event is not None and work.open else ()


class CaseLoader:
    """Opens the cases of a batch, with one statement and one call to the vault each."""

    def __init__(self, vault: KeyVault, sealer: Sealer) -> None:
        self._vault = vault
        self._sealer = sealer

    def load(self, batch: Sequence[Work], tx: Batch) -> tuple[Loaded, dict[PersonKey, DataKey]]:
        """Return the cases that the open events need, and the data keys to seal them under.

        Events about an erased person are marked as ignored, those about a person whose case can't
        be read as faulty. Raises `Retriable` when a case was merged away meanwhile.
        """
        tenants: dict[PersonKey, TenantId] = {}
        for work in batch:
            if work.meta is not None:
                for person in _needed(work):
                    tenants.setdefault(person, work.meta.tenant)
        survivors = self._survivors(tx, tenants)
        keys = {person: survivors.get(person, person) for person in tenants}
        for person, survivor in keys.items():
            tenants.setdefault(survivor, tenants[person])
        secrets = self._secrets(tenants)
        erased = {person for person, key in secrets.items() if key is None}
        for work in batch:
            if any(keys[p] in erased or p in erased for p in _needed(work)):
                work.ignored = Ignored.ERASED.value
        wanted = sorted({keys[person] for work in batch for person in _needed(work)})
        rows = tx.lock_cases([(tenants[person], person) for person in wanted]) if wanted else {}
        self._recheck(tx, wanted)
        live = {person: key for person, key in secrets.items() if key is not None}
        cases, illegible = self._open(rows, live)
        for work in batch:
            faults = [illegible[keys[p]] for p in _needed(work) if keys[p] in illegible]
            if faults:
                work.fault = faults[0]
        return Loaded(cases=cases, keys=keys), live

    def history(self, tx: Batch, case: Case) -> tuple[ClosedEpisode, ...]:
        """Return the closed stays of one person, oldest first, those of old numbers included."""
        found = tx.episodes([case.person, *case.aliases])
        rows = [row for some in found.values() for row in some]
        keys = self._vault.unwrap(case.tenant, sorted({row.data_key for row in rows}))
        closed = [self._closed(row, keys) for row in rows]
        return tuple(
            sorted((c for c in closed if c is not None), key=lambda c: c.episode.admitted_at)
        )

    def _survivors(self, tx: Batch, persons: Iterable[PersonKey]) -> dict[PersonKey, PersonKey]:
        """Follow aliases to their end: a survivor may have been merged away itself."""
        found = tx.survivors(sorted(persons))
        result = dict(found)
        while found:
            found = tx.survivors(sorted(set(found.values())))
            result = {alias: found.get(to, to) for alias, to in result.items()}
        return result

    def _recheck(self, tx: Batch, locked: Sequence[PersonKey]) -> None:
        """A merge may have been committed before the rows were locked; then all starts anew."""
        if locked and tx.survivors(locked):
            message = "a case was merged away while the batch was loading"
            raise Retriable(message, retry_after_s=0.0)

    def _secrets(self, tenants: dict[PersonKey, TenantId]) -> dict[PersonKey, DataKey | None]:
        by_tenant: dict[TenantId, list[PersonKey]] = {}
        for person in sorted(tenants):
            by_tenant.setdefault(tenants[person], []).append(person)
        found: dict[PersonKey, DataKey | None] = {}
        for tenant, some in by_tenant.items():
            found.update(self._vault.get_or_create(tenant, some))
        return found

    def _open(
        self, rows: dict[PersonKey, StoredCase], secrets: dict[PersonKey, DataKey]
    ) -> tuple[dict[PersonKey, Case], dict[PersonKey, Poison]]:
        """Return the cases, and the faults of those that can't be read: they stop nobody else."""
        cases: dict[PersonKey, Case] = {}
        illegible: dict[PersonKey, Poison] = {}
        for person, row in rows.items():
            try:
                cases[person] = self._case(row, secrets)
            except Poison as fault:
                illegible[person] = fault
            except msgspec.MsgspecError:
                illegible[person] = Poison(
                    "case-illegible", "case", "restore this case from a backup, then replay"
                )
        return cases, illegible

    def _case(self, row: StoredCase, secrets: dict[PersonKey, DataKey]) -> Case:
        if row.sealed is None:
            return Case(tenant=row.tenant, person=row.person, version=row.version)
        context = case_context(row.tenant, row.person)
        return _CASE.decode(self._sealer.open(secrets[row.person], context, row.sealed))

    def _closed(
        self, row: StoredEpisode, keys: dict[DataKeyId, DataKey | None]
    ) -> ClosedEpisode | None:
        key = keys.get(row.data_key)
        if key is None:
            return None
        context = episode_context(row.tenant, row.person, row.episode_id)
        return _CLOSED.decode(self._sealer.open(key, context, row.sealed))
