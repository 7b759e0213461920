"""Every metric has a meaning, labels that identify nobody, and is fed somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub import metric_defs
from hub.metric_defs import METRICS, Definition

HUB = Path(metric_defs.__file__).parent
ALLOWED = {
    "endpoint",
    "outcome",
    "tenant",
    "reason",
    "recipient",
    "source",
    "step",
    "version",
    "partition",
    "kind",
    "state",
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
@pytest.mark.promise("P6")
def test_a_metric_says_what_it_means_and_identifies_nobody(metric: Definition) -> None:
    assert metric.name.startswith("hub_")
    assert metric.meaning.endswith(".")
    assert set(metric.labels) <= ALLOWED


def test_every_metric_is_fed_outside_its_definition() -> None:
    defined = re.findall(
        r"^([A-Z_]+) = _(?:counter|histogram|gauge|read)\(",
        Path(metric_defs.__file__).read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in HUB.rglob("*.py")
        if path.name != "metric_defs.py"
    )

    assert len(defined) == len(METRICS)
    assert [name for name in defined if not re.search(rf"\b{name}\b", sources)] == []
