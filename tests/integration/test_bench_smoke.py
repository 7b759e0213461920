"""The benchmark runs, prints every number it promises, and sees memory that grows."""

from __future__ import annotations

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import memory, report
from tests.benchmarks.history import History, first
from tests.benchmarks.report import Results

TINY = bench.Size(history=300, single=10, latency=5, people=1, further=2, messages=5, memory=2_000)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Measure next to nothing, once."""
    return bench.run(TINY, tmp_path_factory.mktemp("bench"))


@pytest.mark.timeout(180)
def test_every_number_is_measured_and_memory_stays_flat(results: Results) -> None:
    text = "\n".join(report.lines(results))

    assert report.problems(results) == []
    assert [p.events for p in results.pipelines] == [10, 300, 300]
    assert all(p.speed.wall > 0 and p.dead_lettered == 0 for p in results.pipelines)
    assert {"decode", "unseal", "load", "decide", "seal", "persist", "commit"} == set(
        results.best.steps
    )
    for said in ("core alone", "pipeline on SQLite, batches up to 500", "Delivery", "middle"):
        assert said in text
    assert text.endswith("flat")


def test_memory_that_grows_is_told(results: Results) -> None:
    samples = [(done, 100.0 + done / 10) for done in range(0, 1_001, 10)]
    growing = memory.flat(1_000, samples, taken=1.0, append_per_second=1.0)

    told = report.problems(results._replace(memory=growing))

    assert len(told) == 1
    assert told[0].startswith("memory grew by 33%")


def test_a_history_is_the_same_for_the_same_seed() -> None:
    one, two = (list(first(History(7).ticks(), 400)) for _ in range(2))

    assert one == two
    assert sum(len(tick.drafts) for tick in one) == 400


def test_json_holds_the_same_numbers(results: Results) -> None:
    document = bench.document(results)

    assert document["core"]["events"] == 300
    assert document["memory"]["events"] == 2_000
