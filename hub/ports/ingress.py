"""The store ports of `ingest` and relay: due events, look-ups, leases of exclusive jobs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from hub.ports.store import DueEvent, FactRow, LookupRow


class IngressStore(Protocol):
    """What the timer poller and the look-up runner need of the store."""

    def lease(self, job: str, worker: str, ttl_s: float) -> bool:
        """Take or renew the lease of an exclusive job; false while another worker holds it."""
        ...

    def due(self, now: datetime, limit: int, again_after_s: float) -> list[DueEvent]:
        """Return events due by `now` (business time) that have to be appended.

        They never were, or were more than `again_after_s` (real) seconds ago and are undecided.
        """
        ...

    def appended(self, event_ids: Sequence[UUID]) -> None:
        """Mark these as appended; deciding them deletes the rows."""
        ...

    def lookups(self, worker: str, limit: int, lease_s: float) -> list[LookupRow]:
        """Lease look-ups that may be tried now."""
        ...

    def lookup_again(self, lookup_id: UUID, after_s: float) -> int:
        """Try a look-up again after `after_s` seconds; return how often it was tried."""
        ...

    def lookup_sent(self, lookup_id: UUID) -> None:
        """Mark that the answer was appended; deciding it deletes the row."""
        ...


class RelayStore(Protocol):
    """What the relay needs: life-cycle facts not yet published (never "id greater than last")."""

    def lease(self, job: str, worker: str, ttl_s: float) -> bool:
        """Take or renew the lease of an exclusive job; false while another worker holds it."""
        ...

    def unpublished(self, limit: int) -> list[FactRow]:
        """Return life-cycle facts not yet published, oldest first."""
        ...

    def published(self, fact_ids: Sequence[UUID]) -> None:
        """Mark facts as published."""
        ...
