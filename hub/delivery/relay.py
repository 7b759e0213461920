"""The relay: publishes life-cycle facts (ids, states, codes, times) to the log's referral topic.

At least once: a fact is marked after it was appended, so a crash between the two repeats it under
the same fact id (rules 12 and 13).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from hub.domain.ids import partition_of
from hub.errors import Poison, Retriable
from hub.ports import EventCodec, EventLog, FactRow, NewRecord, RelayStore, Topic

_log = structlog.get_logger(__name__)
_JOB = "relay"


class Relay:
    """One relay works at a time; the others wait for its lease to run out."""

    def __init__(
        self,
        *,
        worker: str,
        store: RelayStore,
        codec: EventCodec,
        log: EventLog,
        batch: int = 256,
        poll_s: float = 0.5,
        lease_s: float = 30.0,
    ) -> None:
        self._worker = worker
        self._store = store
        self._codec = codec
        self._log = log
        self._batch = batch
        self._poll_s = poll_s
        self._lease_s = lease_s
        self._outage = False

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop` is set. An outage of store or log is waited out."""
        while not stop.is_set():
            published = 0
            try:
                published = await asyncio.to_thread(self.publish)
                self._outage = False
            except Retriable as error:
                if not self._outage:
                    self._outage = True
                    _log.warning("relay_waits", code=error.code)
            if published < self._batch:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._poll_s):
                        await stop.wait()

    def publish(self) -> int:
        """Publish one batch and return its size; 0 also while another relay holds the lease."""
        if not self._store.lease(_JOB, self._worker, self._lease_s):
            return 0
        facts = self._store.unpublished(self._batch)
        if facts:
            partitions = self._log.identity().partitions
            records = [self._record(fact, partitions) for fact in facts]
            self._log.append(Topic.REFERRAL_FACTS, [r for r in records if r is not None])
            self._store.published([fact.fact_id for fact in facts])
        return len(facts)

    def _record(self, fact: FactRow, partitions: int) -> NewRecord | None:
        """A fact that can't be written would stop all behind it; it stays in the decision log."""
        try:
            value = self._codec.encode_fact(fact)
        except Poison as error:
            _log.error(
                "fact_not_published",
                fact=str(fact.fact_id),
                reason=error.reason,
                remedy="Read it in the decision log; report this, the hub is at fault.",
            )
            return None
        key = fact.person or fact.fact_id.hex
        return NewRecord(partition_of(key, partitions), key, value)
