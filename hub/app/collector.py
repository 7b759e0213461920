"""Reads the store's numbers when metrics are asked for, at most once in a few seconds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from hub import metric_defs as defs
from hub.errors import Retriable
from hub.metric_defs import Definition

if TYPE_CHECKING:
    from hub.app.build import Hub

log = structlog.get_logger(__name__)

READ_AGAIN_S = 2.0

Values = list[tuple[Definition, Mapping[tuple[str, ...], float]]]


class StoreCollector(Collector):
    """Every metric of kind `READ`. An outage of the store is a metric too, not an error."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._read_at = -READ_AGAIN_S
        self._values: Values = []

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Yield the gauges."""
        if time.monotonic() - self._read_at >= READ_AGAIN_S:
            self._values = self._read()
            self._read_at = time.monotonic()
        tenant = str(self._hub.tenant)
        for definition, samples in self._values:
            family = GaugeMetricFamily(
                definition.name, definition.meaning, labels=definition.labels
            )
            for labels, value in samples.items():
                family.add_metric([tenant, *labels], value)
            yield family

    def _read(self) -> Values:
        try:
            values = self._numbers()
        except Retriable as error:
            log.warning("metrics-without-store", code=error.code)
            return [(defs.STORE_READABLE, {(): 0.0})]
        return [(defs.STORE_READABLE, {(): 1.0}), *values]

    def _numbers(self) -> Values:
        now = self._hub.clock.now()
        counts = self._hub.store.views.counts(now)
        return [
            (defs.HALTED, {(): float(counts.halted)}),
            (defs.STOPPED, {(): float(counts.braked)}),
            (defs.STALENESS, self._staleness()),
            (defs.TASKS_OPEN, _by_label(counts.tasks_by_kind)),
            (defs.WITHHELD, _by_label(counts.withheld_by_reason)),
            (defs.UNSENT, _by_label(counts.unsent_by_state)),
            (defs.OLDEST_READY, {(): _age(counts.oldest_unsent_at, now)}),
            (defs.OLDEST_RECALL, {(): _age(counts.oldest_recall_at, now)}),
            (defs.DEAD_LETTERS, {(): float(counts.open_dead_letters)}),
            (defs.ILLEGIBLE_DEAD_LETTERS, {(): float(counts.illegible_dead_letters)}),
            (defs.HOLDS, {(): float(len(self._hub.store.views.holds(limit=10_000)))}),
            (defs.DUE_BACKLOG, {(): float(counts.due_undecided)}),
            (defs.LOOKUPS_OPEN, {(): float(counts.open_lookups)}),
            (defs.UNPUBLISHED, {(): float(counts.unpublished_facts)}),
        ]

    def _staleness(self) -> dict[tuple[str, ...], float]:
        real = datetime.now(UTC)
        return {
            (str(position.partition),): (real - position.caught_up_at).total_seconds()
            for position in self._hub.store.positions.all()
            if position.caught_up_at is not None
        }


def _age(since: datetime | None, now: datetime) -> float:
    return (now - since).total_seconds() if since is not None else 0.0


def _by_label(counts: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    return {(name,): float(count) for name, count in counts.items()}
