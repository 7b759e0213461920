"""The processor as its process sees it: metrics, progress, and how it waits while halted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import structlog

from hub.api.progress import Progress
from hub.errors import Halted, Retriable
from hub.metric_defs import (
    BATCH_RECORDS,
    BATCH_SECONDS,
    BATCH_STEP_SECONDS,
    DECIDE_LAG_SECONDS,
    EVENTS,
)
from hub.pipeline.processor import Limits, Processor
from hub.ports import BatchHandler, LogRecord, OutcomeKind, Topic

if TYPE_CHECKING:
    from hub.app.build import Hub
    from hub.pipeline.work import Work
    from hub.ports import Clock

T = TypeVar("T")

log = structlog.get_logger(__name__)

LOOP = "processor"
LOOK_AGAIN_S = 1.0


class BatchMetrics:
    """Counts every batch after its commit."""

    def __init__(self, tenant: str, clock: Clock) -> None:
        self._tenant = tenant
        self._clock = clock

    def batch_done(self, batch: Sequence[Work], seconds: float) -> None:
        """Count outcomes, size, duration and lag."""
        BATCH_RECORDS.observe(len(batch))
        BATCH_SECONDS.observe(seconds)
        now = self._clock.now()
        for work in batch:
            outcome, reason = outcome_of(work)
            tenant = work.meta.tenant if work.meta is not None else self._tenant
            EVENTS.labels(tenant, outcome.value, reason).inc()
            if work.meta is not None:
                lag = (now - work.meta.recorded_at).total_seconds()
                DECIDE_LAG_SECONDS.observe(max(0.0, lag))

    def step_done(self, step: str, seconds: float) -> None:
        """Add the time that one step took."""
        BATCH_STEP_SECONDS.labels(step).inc(seconds)


def outcome_of(work: Work) -> tuple[OutcomeKind, str]:
    """Return outcome and reason of a decided record."""
    if work.fault is not None:
        return OutcomeKind.DEAD_LETTERED, work.fault.reason
    if work.ignored is not None:
        return OutcomeKind.IGNORED, work.ignored
    if work.decision is not None and work.decision.ignored is not None:
        return OutcomeKind.IGNORED, work.decision.ignored.value
    return OutcomeKind.APPLIED, ""


class Watched:
    """Passes a log's calls on to the processor, and notes the progress they show."""

    def __init__(self, inner: BatchHandler, progress: Progress) -> None:
        self._inner = inner
        self._progress = progress

    def start_offset(self, partition: int) -> int:
        """Return where to go on."""
        offset = self._watch(lambda: self._inner.start_offset(partition))
        self._progress.position(partition, offset)
        return offset

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        """Process the records."""
        offset = self._watch(lambda: self._inner.handle(partition, records))
        self._progress.position(partition, offset)
        return offset

    def idle(self, partition: int, end: int, asked: float) -> None:
        """Note where a partition ended when asked."""
        self._watch(lambda: self._inner.idle(partition, end, asked))
        self._progress.end(partition, end)

    def _watch(self, call: Callable[[], T]) -> T:
        try:
            result = call()
        except Retriable as error:
            self._progress.waits(LOOP, error.code)
            raise
        self._progress.works(LOOP)
        return result


class ProcessorLoop:
    """Consumes the log until stopped. A halt is waited out here: ingress goes on meanwhile (P9)."""

    def __init__(self, hub: Hub, progress: Progress) -> None:
        self._hub = hub
        self._progress = progress
        limiter = hub.config.pipeline
        processor = Processor(
            store=hub.store.cases,
            codec=hub.codec,
            vault=hub.vault,
            sealer=hub.sealer,
            clock=hub.clock,
            tenant=hub.tenant,
            limits=Limits(
                window=limiter.halt_window,
                least_records=limiter.halt_min_records,
                share=limiter.halt_share,
                least_keys=limiter.halt_min_keys,
            ),
            observer=BatchMetrics(hub.tenant, hub.clock),
        )
        self._handler = Watched(processor, progress)
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set. Raises `Fenced` when another worker took over."""

        def stopping() -> bool:
            self._progress.turn(LOOP)
            return stop.is_set()

        while not stopping():
            try:
                self._require_consistent()
                self._hub.log.consume(self._handler, stopping)
            except Halted as halt:
                self._wait_out(halt, stop)
            except Retriable as error:
                self._progress.waits(LOOP, error.code)
                stop.wait(LOOK_AGAIN_S)
        self._progress.ends(LOOP)

    def _require_consistent(self) -> None:
        """Raise `Halted` unless store and log belong together and nobody halted the hub."""
        log_ = self._hub.log
        self._hub.store.positions.check(log_.identity(), log_.bounds(Topic.CASES))
        self._told = ""

    def _wait_out(self, halt: Halted, stop: threading.Event) -> None:
        """Say once what ends the halt, then look again: a resume needs no restart."""
        self._progress.waits(LOOP, "halted")
        if str(halt) != self._told:
            self._told = str(halt)
            log.error("halted", message=str(halt), remedy=halt.remedy)
        stop.wait(LOOK_AGAIN_S)
        self._progress.turn(LOOP)
