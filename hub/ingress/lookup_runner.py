"""The look-up runner: asks the prison's systems for children and appends the answer as an event.

Silence and failure are answers too: after the last try the case hears `lookups.failed`, and a
person is asked. An answer names its look-up, so one that comes twice counts once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec
import structlog

from hub.domain.events import Draft, LookupAnswered, LookupFailed, PersonNumber
from hub.domain.ids import Namespace, SourceId, mint
from hub.errors import HubError, Permanent, Poison, Retriable
from hub.ingress.appender import Appender
from hub.ingress.due_poller import HUB
from hub.ports import (
    ChildrenLookup,
    Clock,
    DataKey,
    IngressStore,
    KeyVault,
    LookupRow,
    Sealer,
    SourceContext,
)

log = structlog.get_logger(__name__)


class RetryPlan(NamedTuple):
    """How often and how long: waits double from `first_s` to `longest_s`, a fifth of it random."""

    tries: int = 8
    first_s: float = 5.0
    longest_s: float = 300.0
    lease_s: float = 120.0

    def wait_s(self, tried: int, asked_for: float | None) -> float:
        """Return the seconds until the next try; the other side's wish counts up to the longest."""
        wait = min(self.longest_s, self.first_s * 2.0 ** min(tried, 20))
        wait = max(wait, min(asked_for or 0.0, self.longest_s))
        return wait * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, guards no secret


class Register(NamedTuple):
    """Who answers look-ups for one register, and as which source."""

    lookup: ChildrenLookup
    context: SourceContext


class LookupRunner:
    """Makes the look-ups that decisions ask for. One event loop; store and vault in threads."""

    def __init__(
        self,
        *,
        store: IngressStore,
        vault: KeyVault,
        sealer: Sealer,
        appender: Appender,
        clock: Clock,
        registers: Mapping[Namespace, tuple[ChildrenLookup, SourceContext]],
        worker: str,
        plan: RetryPlan = RetryPlan(),  # noqa: B008 - an immutable value
        at_once: int = 8,
    ) -> None:
        self._store = store
        self._vault = vault
        self._sealer = sealer
        self._appender = appender
        self._clock = clock
        self._registers = {name: Register(*pair) for name, pair in registers.items()}
        self._worker = worker
        self._plan = plan
        self._at_once = at_once
        self._tried: dict[UUID, int] = {}
        """Tries of this process, for the wait only: the store counts for the limit."""

    async def run_once(self) -> int:
        """Lease look-ups, make them side by side, and return how many ended.

        Raises `Retriable` when store or vault can't be reached.
        """
        rows = await asyncio.to_thread(
            self._store.lookups, self._worker, self._at_once, self._plan.lease_s
        )
        ended = await asyncio.gather(*(self._one(row) for row in rows))
        return sum(ended)

    async def run(self, stop: asyncio.Event, interval_s: float = 0.5) -> None:
        """Work until `stop` is set; an outage is waited out in place."""
        while not stop.is_set():
            try:
                ended = await self.run_once()
            except Retriable as error:
                log.warning("lookups-wait", code=error.code)
                ended = 0
            if not ended:
                await _pause(stop, interval_s)

    async def close(self) -> None:
        """Release the connections of all look-ups."""
        for register in self._registers.values():
            await register.lookup.close()

    async def _one(self, row: LookupRow) -> bool:
        """Make one look-up; return whether it ended. A failure never reaches its neighbours."""
        try:
            return await self._attempt(row)
        except Retriable as error:
            # An outage of the hub's own parts is no try: the lease runs out and it is made again.
            log.warning("lookup-waits", lookup=str(row.lookup_id), code=error.code)
        except Poison as poison:
            log.warning("lookup-waits", lookup=str(row.lookup_id), code=poison.reason)
        return False

    async def _attempt(self, row: LookupRow) -> bool:
        """Ask, and append what became of it. Raises `Retriable` if store, vault or log is away."""
        try:
            number = await asyncio.to_thread(self._number, row)
        except Poison as poison:
            return await self._failed(row, poison.reason)
        if number is None:
            await asyncio.to_thread(self._end, row)
            return True
        try:
            answer = await self._ask(row, number)
        except Retriable as error:
            return await self._again(row, error)
        except Permanent as error:
            return await self._failed(row, error.code)
        try:
            return await self._append(row, number.namespace, answer)
        except Poison as poison:
            # An answer that can't be written as a record is no usable answer.
            return await self._failed(row, poison.reason)

    async def _ask(self, row: LookupRow, number: PersonNumber) -> LookupAnswered:
        """Return the answer of the register's look-up."""
        register = self._registers.get(number.namespace)
        if register is None:
            raise Permanent("no source looks up this register", code="no-lookup-source")
        try:
            return await register.lookup.ask(row.lookup_id, number, register.context)
        except HubError:
            raise
        except Exception as error:  # noqa: BLE001 - a fault in a source's code ends as a task
            # The error's text and trace may hold personal data: only its class is told.
            fault = type(error).__name__
            log.error("lookup-broken", lookup=str(row.lookup_id), fault=fault)  # noqa: TRY400 - see above
            raise Permanent("the look-up failed unexpectedly", code="lookup-broken") from None

    def _number(self, row: LookupRow) -> PersonNumber | None:
        """Return the number asked for, or None for an erased person. Raises `Poison`."""
        key: DataKey | None = self._vault.unwrap(row.tenant, [row.data_key]).get(row.data_key)
        if key is None:
            return None
        context = f"lookup:{row.tenant}:{row.person}:{row.lookup_id}"
        plain = self._sealer.open(key, context, row.sealed)
        try:
            return msgspec.msgpack.decode(plain, type=PersonNumber)
        except msgspec.MsgspecError:
            raise Poison("truncated", "sealed", "ask for the look-up again") from None

    async def _again(self, row: LookupRow, error: Retriable) -> bool:
        """Plan another try, or give up after the last."""
        tried = self._tried.get(row.lookup_id, 0)
        wait = self._plan.wait_s(tried, error.retry_after_s)
        tried = await asyncio.to_thread(self._store.lookup_again, row.lookup_id, wait)
        self._tried[row.lookup_id] = tried
        log.info("lookup-again", lookup=str(row.lookup_id), tried=tried, code=error.code)
        return tried >= self._plan.tries and await self._failed(row, "no-answer")

    async def _failed(self, row: LookupRow, reason: str) -> bool:
        """Tell the case that nobody answered."""
        log.warning("lookup-failed", lookup=str(row.lookup_id), reason=reason)
        failed = LookupFailed(lookup_id=row.lookup_id, reason=reason)
        return await self._append(row, None, failed)

    async def _append(
        self, row: LookupRow, namespace: Namespace | None, payload: LookupAnswered | LookupFailed
    ) -> bool:
        """Append the end of a look-up, then mark the row. Raises `Retriable` or `Poison`."""
        register = self._registers.get(namespace) if namespace else None
        what = "answered" if isinstance(payload, LookupAnswered) else "failed"
        draft = Draft(
            event_id=mint(row.lookup_id, what),
            tenant=row.tenant,
            source=register.context.source if register else SourceId(HUB),
            namespace=namespace or Namespace(HUB),
            person=row.person,
            occurred_at=self._clock.now(),
            payload=payload,
            correlation_id=row.lookup_id,
        )
        await asyncio.to_thread(self._appender.append, [draft])
        await asyncio.to_thread(self._end, row)
        return True

    def _end(self, row: LookupRow) -> None:
        """Mark that the look-up needs no further try."""
        self._store.lookup_sent(row.lookup_id)
        self._tried.pop(row.lookup_id, None)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait until `stop` is set, `seconds` at most."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
