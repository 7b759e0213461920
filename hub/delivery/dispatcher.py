"""The dispatcher's loop: claim, permit and intent, send, result (rules 9 to 13)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

import structlog

from hub.crashpoints import reach
from hub.delivery.attempt import Ended, attempt
from hub.delivery.breaker import Breaker
from hub.delivery.cases import Reader
from hub.delivery.desk import Desk, Ready
from hub.delivery.permits import grant
from hub.delivery.places import Places
from hub.delivery.recalls import recall
from hub.delivery.results import ResultWriter
from hub.delivery.settings import DeliverySettings
from hub.delivery.words import Code
from hub.errors import Retriable
from hub.ports import (
    AttemptOutcome,
    ClaimedSend,
    Clock,
    Connector,
    DeliveryStore,
    KeyVault,
    Sealer,
)

_log = structlog.get_logger(__name__)
_OUTAGE_WAIT_S = 1.0
_NOT_THE_RECIPIENT = frozenset({"intent-expired", Code.INTERRUPTED.value})


class Dispatcher:
    """Delivers what the outbox holds, at least once and only while a permit holds.

    Several may run side by side on one store: leases keep them apart. `worker` names this one and
    must be unique among those that run. `partitions` is the log's partition count.
    """

    def __init__(
        self,
        *,
        worker: str,
        store: DeliveryStore,
        vault: KeyVault,
        sealer: Sealer,
        clock: Clock,
        connectors: Mapping[str, Connector],
        partitions: int,
        settings: DeliverySettings | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        settings = settings or DeliverySettings()
        self._desk = Desk(
            worker=worker,
            store=store,
            reader=Reader(vault=vault, sealer=sealer),
            clock=clock,
            connectors=connectors,
            partitions=partitions,
            settings=settings,
            monotonic=monotonic,
        )
        self._breaker = Breaker(
            failures=settings.breaker_failures,
            pause_s=settings.breaker_pause_s,
            limit_s=settings.retry.retry_after_limit_s,
            monotonic=monotonic,
        )
        self._places = Places(settings, self._breaker, monotonic)
        self._results = ResultWriter(self._desk, chance)
        self._wake = asyncio.Event()
        self._outage = False

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set; then finish what runs within the grace period.

        `stop` is asked once every turn.
        """
        writer = asyncio.create_task(self._results.run())
        watcher = asyncio.create_task(self._wake_on(stop))
        try:
            while not stop.is_set() and not writer.done():
                self._wake.clear()
                busy = await self._turn()
                if not busy:
                    await self._rest(self._desk.settings.poll_s)
        finally:
            watcher.cancel()
            await self._drain(writer)

    async def _turn(self) -> bool:
        """Make one turn; true if there may be more to do at once."""
        try:
            tired = self._places.tired()
            if tired:
                await asyncio.to_thread(_give_back, self._desk, tired)
            claimed = await self._claim()
        except Retriable as error:
            await self._wait_out(error)
            return False
        recalls, others = self._places.take()
        recalled = await self._decide(recall, recalls)
        granted = await self._decide(grant, others)
        if recalled and granted:
            self._recovered()
        return claimed

    async def _claim(self) -> bool:
        """Claim rows for the free places; true if as many came as were asked for."""
        settings = self._desk.settings
        limit = min(self._places.free, settings.claim_limit)
        if limit <= 0:
            return False
        claims = await asyncio.to_thread(
            self._desk.store.claim,
            self._desk.worker,
            limit,
            settings.lease_s,
            self._places.busy(),
        )
        if claims:
            reach("after-claim")
        self._places.add(claims)
        return len(claims) == limit

    async def _decide(
        self,
        step: Callable[[Desk, Sequence[ClaimedSend]], list[Ready]],
        claims: Sequence[ClaimedSend],
    ) -> bool:
        """Decide rows in a transaction and begin the attempts that follow; false on an outage."""
        if not claims:
            return True
        try:
            ready = await asyncio.to_thread(step, self._desk, claims)
        except Retriable as error:
            self._places.add(claims)
            await self._wait_out(error)
            return False
        for item in ready:
            task = asyncio.create_task(self._deliver(item))
            self._places.begin(task, item.claim.row.recipient)
            # After the callback that frees the place: whoever wakes must find it free.
            task.add_done_callback(lambda _: self._wake.set())
        return True

    async def _deliver(self, item: Ready) -> None:
        ended = await attempt(
            item,
            timeout_s=self._desk.settings.attempt_timeout_s,
            monotonic=self._desk.monotonic,
        )
        self._judge_recipient(ended)
        self._results.put(ended)

    def _judge_recipient(self, ended: Ended) -> None:
        recipient = ended.item.claim.row.recipient
        if ended.code in _NOT_THE_RECIPIENT:
            return
        if ended.outcome is AttemptOutcome.DELIVERED or ended.refused:
            self._breaker.succeeded(recipient)
        else:
            self._breaker.failed(recipient, ended.asked_s)

    async def _drain(self, writer: asyncio.Task[None]) -> None:
        """Let running attempts end, then store every result; what waits is given back."""
        waiting = self._places.empty()
        with suppress(Retriable):  # the leases run out by themselves
            await asyncio.to_thread(_give_back, self._desk, waiting)
        grace = self._desk.settings.grace_s
        if running := self._places.running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._results.close()
        await asyncio.wait({writer}, timeout=grace)
        if writer.done():
            writer.result()
        else:
            writer.cancel()
            _log.error(
                "results_not_stored",
                remedy="None needed: their intents count as possibly disclosed, and are repeated.",
            )

    async def _wait_out(self, error: Retriable) -> None:
        """Log the beginning of an outage once, and wait a little."""
        if not self._outage:
            self._outage = True
            _log.warning("delivery_waits", error=type(error).__name__, code=error.code)
        await self._rest(_OUTAGE_WAIT_S)

    def _recovered(self) -> None:
        if self._outage:
            self._outage = False
            _log.info("delivery_goes_on")

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _wake_on(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()


def _give_back(desk: Desk, claims: Iterable[ClaimedSend]) -> None:
    """Free the leases of rows that were not tried."""
    rows = list(claims)
    if not rows:
        return
    with desk.store.batch() as batch:
        mine = desk.mine(batch, rows)
        if mine:
            batch.release([claim.row.send_id for claim in mine], 0.0)
