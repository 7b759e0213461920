"""Measure the hub on this machine: `make bench`, or `python -m tests.benchmarks --quick --json`.

Absolute numbers are those of the machine and of whatever else it does; the ratios within one run
say more. Fails when the processor's memory grows, or when good events are dead-lettered.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import delivery, memory, past, report, speed
from tests.benchmarks.report import Results

BATCHES = (1, 100, 500)


class Size(NamedTuple):
    """How much is measured."""

    history: int
    single: int
    latency: int
    people: int
    further: int
    messages: int
    memory: int


FULL = Size(12_000, 500, 200, 8, 50, 500, 200_000)
QUICK = Size(2_000, 50, 20, 2, 5, 40, 6_000)


def run(size: Size, folder: Path) -> Results:
    """Measure everything, one after the other."""

    def room(name: str) -> Path:
        path = folder / name
        path.mkdir(mode=0o700)
        return path

    ticks, kinds = speed.recorded(size.history)
    filled = room("filled")
    core = speed.core(ticks, kinds)
    appended = speed.fill(filled, ticks)
    pipelines = tuple(
        speed.pipeline(
            filled, folder / f"batch-{batch}", batch, size.single if batch == 1 else size.history
        )
        for batch in BATCHES
    )
    return Results(
        core=core,
        append=appended,
        pipelines=pipelines,
        latency=speed.latency(room("latency"), ticks, size.latency),
        past=tuple(past.measure(size.people, size.further)),
        delivery=delivery.measure(room("delivery"), size.messages),
        memory=memory.measure(room("memory"), size.memory),
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, print, and return 1 if something is wrong."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small run, in seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        results = run(QUICK if options.quick else FULL, Path(folder))
    found = report.problems(results)
    if options.json:
        print(json.dumps(document(results) | {"problems": found}, indent=2))
    else:
        print("\n".join(report.lines(results)))
        for problem in found:
            print(f"FAILED {problem}")
    return 1 if found else 0


def document(results: Results) -> dict[str, Any]:
    """Return the numbers as JSON takes them."""
    found: dict[str, Any] = {
        "core": results.core._asdict() | {"speed": results.core.speed._asdict()},
        "append": results.append._asdict(),
        "pipelines": [p._asdict() | {"speed": p.speed._asdict()} for p in results.pipelines],
        "latency": results.latency._asdict(),
        "past": [each._asdict() for each in results.past],
        "delivery": results.delivery._asdict(),
        "memory": results.memory._asdict() | {"growth": results.memory.growth},
    }
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
