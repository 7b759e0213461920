"""Stores how attempts ended: gathered for a few milliseconds, then one transaction."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from hub.crashpoints import reach
from hub.delivery import record
from hub.delivery.attempt import Ended
from hub.delivery.desk import Desk
from hub.domain.events import DeliveryStage
from hub.errors import Retriable
from hub.metric_defs import ATTEMPTS
from hub.ports import Attempt, AttemptOutcome

_log = structlog.get_logger(__name__)
_LONGEST_WAIT_S = 5.0


class ResultWriter:
    """Takes ended attempts and writes them in groups, so that no slow recipient delays a result.

    While the store does not answer, results are kept and tried again; an intent whose result is
    never stored counts as possibly disclosed.
    """

    def __init__(self, desk: Desk, chance: Callable[[], float] = random.random) -> None:
        self._desk = desk
        self._chance = chance
        self._queue: asyncio.Queue[Ended | None] = asyncio.Queue()

    def put(self, ended: Ended) -> None:
        """Hand over one ended attempt."""
        self._queue.put_nowait(ended)

    def close(self) -> None:
        """Let `run` return once everything handed over before is stored."""
        self._queue.put_nowait(None)

    async def run(self) -> None:
        """Write groups until closed."""
        while (first := await self._queue.get()) is not None:
            await asyncio.sleep(self._desk.settings.result_window_s)
            group, last = [first], False
            while not self._queue.empty() and not last:
                ended = self._queue.get_nowait()
                if ended is None:
                    last = True
                else:
                    group.append(ended)
            await self._write(group)
            if last:
                return

    async def _write(self, group: Sequence[Ended]) -> None:
        wait = 0.1
        while True:
            try:
                await asyncio.to_thread(self._store, group)
            except Retriable:
                _log.warning("results_wait_for_store", results=len(group), again_in_s=wait)
                await asyncio.sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)
            else:
                return

    def _store(self, group: Sequence[Ended]) -> None:
        now = self._desk.clock.now()
        written = [(ended, self.attempt(ended, now)) for ended in group]
        notes = [
            record.noted(ended.item.claim.row, stage, now, ended.reference)
            for ended, attempt in written
            if (stage := _stage(ended, attempt)) is not None
        ]
        with self._desk.store.batch() as batch:
            batch.result([attempt for _, attempt in written])
            batch.owe(notes)
            batch.log(
                [
                    record.ended(ended.item.claim.row, ended.item.intent, attempt)
                    for ended, attempt in written
                ]
            )
        for ended in group:
            row = ended.item.claim.row
            ATTEMPTS.labels(row.tenant, row.recipient, ended.outcome.value).inc()
        reach("result-committed")

    def attempt(self, ended: Ended, now: datetime) -> Attempt:
        """Return the row to store, with the wait until the next attempt or None for the last."""
        intent = ended.item.intent
        wait: float | None = None
        if ended.outcome is not AttemptOutcome.DELIVERED and not ended.refused:
            wait = self._desk.settings.retry.next_wait_s(
                intent.attempt, ended.asked_s, self._chance()
            )
        return Attempt(
            intent_id=intent.intent_id,
            send_id=intent.send_id,
            at=now,
            outcome=ended.outcome,
            code=ended.code,
            latency_ms=ended.latency_ms,
            reference=ended.reference,
            next_attempt_s=wait,
        )


def _stage(ended: Ended, attempt: Attempt) -> DeliveryStage | None:
    """Return the final stage, or None while another attempt follows."""
    if ended.outcome is AttemptOutcome.DELIVERED:
        return DeliveryStage.DELIVERED
    if ended.refused:
        return DeliveryStage.REJECTED
    return DeliveryStage.EXHAUSTED if attempt.next_attempt_s is None else None
