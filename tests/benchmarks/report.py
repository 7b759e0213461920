"""The benchmark's numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tests.benchmarks.delivery import Delivery
from tests.benchmarks.memory import MOST_GROWTH, WARM_UP, Flat
from tests.benchmarks.past import Past
from tests.benchmarks.speed import Core, Latency, Pipeline, Speed

BAR = 30


class Results(NamedTuple):
    """All that was measured in one run."""

    core: Core
    append: Speed
    pipelines: tuple[Pipeline, ...]
    latency: Latency
    past: tuple[Past, ...]
    delivery: Delivery
    memory: Flat

    @property
    def best(self) -> Pipeline:
        """The pipeline with the largest batches, as the hub runs by default."""
        return max(self.pipelines, key=lambda pipeline: pipeline.batch)


def problems(results: Results) -> list[str]:
    """Return what is wrong with the numbers; absolute speeds are the machine's and never wrong."""
    found = []
    if results.memory.growth > MOST_GROWTH:
        found.append(
            f"memory grew by {results.memory.growth:.0%} after the warm-up; "
            f"at most {MOST_GROWTH:.0%} is flat"
        )
    dead = sum(pipeline.dead_lettered for pipeline in results.pipelines)
    if dead:
        found.append(f"{dead} events of a good history were dead-lettered")
    return found


def lines(results: Results) -> Iterator[str]:
    """Yield the report."""
    yield from _speed(results)
    yield from _steps(results.best)
    yield from _more(results)
    yield from _memory(results.memory)


def _speed(results: Results) -> Iterator[str]:
    core = results.core
    yield f"History: {core.events:,} events: {_mix(core.kinds, core.events)}"
    yield ""
    yield f"{'events per second':<44}{'wall':>9}{'CPU':>9}{'CPU of core':>13}"
    rows = [
        ("core alone (decide)", core.speed),
        ("append (seal, encode, durable)", results.append),
        *((f"pipeline on SQLite, batches up to {p.batch}", p.speed) for p in results.pipelines),
        ("append and pipeline, one after the other", _both(results.append, results.best.speed)),
    ]
    for name, speed in rows:
        share = speed.cpu / core.speed.cpu
        yield f"{name:<44}{speed.wall:>9,.0f}{speed.cpu:>9,.0f}{share:>13.0%}"


def _both(first: Speed, second: Speed) -> Speed:
    return Speed(
        1 / (1 / first.wall + 1 / second.wall),
        1 / (1 / first.cpu + 1 / second.cpu),
    )


def _steps(best: Pipeline) -> Iterator[str]:
    yield ""
    each = 1e6 / best.speed.wall
    yield f"Where the pipeline's time goes ({best.batch} a batch, {each:.0f} µs an event)"
    rest = 1.0 - sum(best.steps.values())
    for step, share in [*best.steps.items(), ("log and rest", rest)]:
        bar = "█" * round(share * BAR)
        yield f"  {step:<14}{share:>6.1%}{share * each:>8.0f} µs  {bar}"
    yield f"  of which Avro {best.codec:.1%}, sealing {best.sealing:.1%} of the whole"


def _more(results: Results) -> Iterator[str]:
    latency, delivery = results.latency, results.delivery
    yield ""
    yield (
        f"One event, append to commit: median {latency.median_ms:.0f} ms, "
        f"95 % within {latency.p95_ms:.0f} ms ({latency.events} events, one at a time)"
    )
    yield (
        f"Delivery to an inbox on this machine: {delivery.per_second:.0f} messages a second "
        f"({delivery.messages} messages)"
    )
    yield ""
    yield f"{'One more event for a person with past events':<44}{'core':>9}{'pipeline':>12}"
    for past in results.past:
        yield f"  {past.what:<42}{past.core_us:>6,.0f} µs{past.pipeline_us:>9,.0f} µs"


def _memory(flat: Flat) -> Iterator[str]:
    yield ""
    yield (
        f"Memory of the processor over {flat.events:,} events ({flat.per_second:,.0f} a second): "
        f"start {flat.start_mb:.0f} MB, at most {flat.warm_mb:.0f} MB in the first {WARM_UP:.0%}, "
        f"middle {flat.middle_mb:.0f} MB, end {flat.end_mb:.0f} MB"
    )
    verdict = "flat" if flat.growth <= MOST_GROWTH else "NOT FLAT"
    yield f"  growth after the warm-up {flat.growth:+.1%} (limit {MOST_GROWTH:+.0%}): {verdict}"


def _mix(kinds: Mapping[str, int], events: int) -> str:
    return ", ".join(f"{name} {count / events:.0%}" for name, count in list(kinds.items())[:6])
