"""The processor: one batch of records, one transaction; nothing is passed that is not stored.

decode → unseal → dedupe → load → DECIDE → seal → persist. A record that can't be understood
becomes a dead letter while its neighbours go through; a refusal by the store is narrowed down to
the record at fault by halving; anything that may pass (a lock, a lost connection) is raised as
`Retriable`, and the log hands the same records in again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hub.crashpoints import reach
from hub.errors import Halted, Permanent, Poison
from hub.pipeline.decode import decode, unseal
from hub.pipeline.judge import judge
from hub.pipeline.load import CaseLoader, dedupe
from hub.pipeline.persist import Gatherer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.domain.ids import TenantId
    from hub.pipeline.work import Work
    from hub.ports import Batch, CaseStore, Clock, EventCodec, KeyVault, LogRecord, Sealer


class Limits(NamedTuple):
    """When too much is dead-lettered to go on (P9)."""

    window: int = 500
    least_records: int = 100
    share: float = 0.10
    least_keys: int = 10


class Observer(Protocol):
    """Told about every batch after its commit; must not raise."""

    def batch_done(self, batch: Sequence[Work], seconds: float) -> None:
        """Count outcomes, size and duration."""

    def step_done(self, step: str, seconds: float) -> None:
        """Add the time that one step of a batch took."""


class Silent:
    """An observer that looks away."""

    def batch_done(self, batch: Sequence[Work], seconds: float) -> None:
        """Count nothing."""

    def step_done(self, step: str, seconds: float) -> None:
        """Measure nothing."""


class _Steps:
    """Measures the steps of one batch."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._last = time.perf_counter()

    def done(self, step: str) -> None:
        now = time.perf_counter()
        self._observer.step_done(step, now - self._last)
        self._last = now


class Processor:
    """Implements the log's `BatchHandler`: the only writer of cases."""

    def __init__(
        self,
        *,
        store: CaseStore,
        codec: EventCodec,
        vault: KeyVault,
        sealer: Sealer,
        clock: Clock,
        tenant: TenantId,
        limits: Limits | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._codec = codec
        self._vault = vault
        self._sealer = sealer
        self._clock = clock
        self._limits = limits or Limits()
        self._observer = observer or Silent()
        self._loader = CaseLoader(vault, sealer)
        self._gatherer = Gatherer(vault, sealer, tenant)

    def start_offset(self, partition: int) -> int:
        """Return where the store wants to go on. Raises `Halted` while the hub is halted."""
        with self._store.batch() as tx:
            return tx.position(partition)

    def idle(self, partition: int, end: int, asked: float) -> None:
        """Note up to when everything was decided, if the position has reached `end`."""
        if self.start_offset(partition) >= end:
            self._store.caught_up(partition, time.monotonic() - asked)

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        """Process the records; return the next offset wanted.

        Raises `Retriable` if nothing happened and the same records should come again, `Fenced` if
        another worker took over, `Halted` if too much was dead-lettered.
        """
        try:
            return self._commit(partition, records, None)
        except Permanent as error:
            if error.code != "data":
                raise
        return self._halve(partition, records)

    def _halve(self, partition: int, records: Sequence[LogRecord]) -> int:
        """The store refused a row: try once more whole, then halves, then the record alone."""
        try:
            return self._commit(partition, records, None)
        except Permanent as error:
            if error.code != "data":
                raise
        if len(records) == 1:
            fault = Poison("not-storable", "", "report this to the hub's maintainers")
            return self._commit(partition, records, fault)
        middle = len(records) // 2
        reached = self._halve(partition, records[:middle])
        rest = [r for r in records[middle:] if r.offset >= reached]
        return self._halve(partition, rest) if rest else reached

    def _commit(self, partition: int, records: Sequence[LogRecord], fault: Poison | None) -> int:
        started = time.perf_counter()
        steps = _Steps(self._observer)
        reach("before-decode")
        batch = decode(records, self._codec)
        reach("after-decode")
        steps.done("decode")
        unseal(batch, self._vault, self._sealer, self._codec)
        if fault is not None:
            # After it was opened: whom a record is about must be known to hold them.
            for work in batch:
                work.fault = fault
        reach("after-unseal")
        steps.done("unseal")
        with self._store.batch() as tx:
            expected = tx.position(partition)
            batch = [w for w in batch if w.record.offset >= expected]
            if not batch or batch[0].record.offset > expected:
                return expected
            halted = self._decide_and_write(partition, batch, tx, steps)
            reached = batch[-1].record.offset + 1
            reach("after-persist")
            tx.advance(partition, expected, reached)
            reach("before-commit")
        reach("after-commit")
        steps.done("commit")
        self._observer.batch_done(batch, time.perf_counter() - started)
        if halted is not None:
            raise halted
        return reached

    def _decide_and_write(
        self, partition: int, batch: list[Work], tx: Batch, steps: _Steps
    ) -> Halted | None:
        now = self._clock.now()
        dedupe(batch, tx)
        loaded, keys = self._loader.load(batch, tx)
        steps.done("load")
        touched = judge(
            batch,
            loaded,
            self._store.rules,
            lambda case: self._loader.history(tx, case),
        )
        reach("after-decide")
        steps.done("decide")
        writes = self._gatherer.gather(batch, loaded, touched, keys, now)
        steps.done("seal")
        reach("before-persist")
        tx.write(writes)
        halted = self._check_limits(partition, tx) if writes.dead_letters else None
        steps.done("persist")
        return halted

    def _check_limits(self, partition: int, tx: Batch) -> Halted | None:
        """A bad deploy stops, it does not drain: too many dead letters halt the processor (P9)."""
        limits = self._limits
        seen, dead, keys = tx.recent_dead_letters(partition, limits.window)
        if seen < limits.least_records or keys < limits.least_keys or dead <= limits.share * seen:
            return None
        tx.halt(partition, "dead-letters")
        return Halted(
            f"{dead} of the last {seen} records of partition {partition} were dead-lettered.",
            remedy="read `hub dead-letters list`, mend the cause, then `hub resume --reason …`",
        )
