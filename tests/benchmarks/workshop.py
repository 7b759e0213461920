"""One hub's log, store and vault in a folder of the benchmark, wired as a process wires them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from hub.codec import AvroEventCodec, SchemaSet
from hub.domain.events import Draft
from hub.domain.values import EPOCH
from hub.ingress import Appender
from hub.log import EmbeddedLog
from hub.pipeline.processor import Observer, Processor
from hub.pipeline.work import Work
from hub.ports import EventCodec, KeyVault, Sealer, Topic
from hub.privacy import VAULT_FILE, AesGcmSealer, FileVault, local_master_key
from hub.store import open_store, upgrade_store
from hub.testing.clock import START, FakeClock
from tests.benchmarks.rules import REGISTER, TENANT, directory, policy

PARTITIONS = 8
BATCH = 500


class Counting:
    """An observer that counts events, batches and the seconds of each step."""

    def __init__(self, then: Callable[[int], None] = lambda _: None) -> None:
        self.events = 0
        self.batches = 0
        self.steps: dict[str, float] = {}
        self.faults: dict[str, int] = {}
        self._then = then

    def batch_done(self, batch: Sequence[Work], seconds: float) -> None:
        """Count a committed batch; `seconds` is told by the steps already."""
        del seconds
        self.events += len(batch)
        self.batches += 1
        for work in batch:
            if work.fault is not None:
                self.faults[work.fault.reason] = self.faults.get(work.fault.reason, 0) + 1
        self._then(self.events)

    def step_done(self, step: str, seconds: float) -> None:
        """Add the time that one step took."""
        self.steps[step] = self.steps.get(step, 0.0) + seconds


class Workshop:
    """A hub on embedded defaults: files on disk, durable commits, real sealing."""

    def __init__(self, folder: Path, *, batch: int = BATCH) -> None:
        self._closing = ExitStack()
        url = f"sqlite:///{folder / 'store.db'}"
        upgrade_store(url)
        self.clock = FakeClock()
        self.store = self._closing.enter_context(open_store(url, lookup_namespaces=(REGISTER,)))
        self.log = EmbeddedLog(folder, partitions=PARTITIONS, batch_records=batch)
        self._closing.callback(self.log.close)
        vault = FileVault(folder / VAULT_FILE, local_master_key(folder))
        self._closing.callback(vault.close)
        self.vault: KeyVault = vault
        self.sealer: Sealer = AesGcmSealer()
        self.codec: EventCodec = AvroEventCodec(SchemaSet.load())
        self.store.positions.ensure(self.log.identity(), self.log.bounds(Topic.CASES))
        versions = self.store.versions
        if not versions.policies(TENANT):
            versions.put_policy(TENANT, policy(), active_from=EPOCH, now=START)
            versions.put_directory(TENANT, directory(), active_from=EPOCH, now=START)

    def appender(self) -> Appender:
        """Return the one writer of the log."""
        return Appender(
            clock=self.clock,
            vault=self.vault,
            sealer=self.sealer,
            codec=self.codec,
            log=self.log,
        )

    def append(self, appender: Appender, now: datetime, drafts: Sequence[Draft]) -> None:
        """Append drafts as recorded at `now`."""
        self.clock.advance(now - self.clock.now())
        appender.append(drafts)

    def processor(self, observer: Observer) -> Processor:
        """Return the pipeline."""
        return Processor(
            store=self.store.cases,
            codec=self.codec,
            vault=self.vault,
            sealer=self.sealer,
            clock=self.clock,
            tenant=TENANT,
            observer=observer,
        )

    def drain(self, observer: Counting, events: int) -> None:
        """Let the pipeline decide until `events` records are committed."""
        self.log.consume(self.processor(observer), lambda: observer.events >= events)

    def pending(self) -> int:
        """Return how many records of the log are not decided."""
        ends = sum(end for _, end in self.log.bounds(Topic.CASES).values())
        return ends - sum(position.offset for position in self.store.positions.all())

    def close(self) -> None:
        """Release the files."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
