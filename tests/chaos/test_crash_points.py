"""kill -9 at every crash point of processor and dispatcher, in the middle of a day's events."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hub.crashpoints import DISPATCHER_POINTS, PROCESSOR_POINTS, DispatcherPoint, ProcessorPoint
from hub.testing.crash import dying_at
from tests.chaos.conftest import verified
from tests.support.chaos_hub import Hub
from tests.support.chaos_plan import STORIES, Size
from tests.support.chaos_play import Play

PEOPLE = len(STORIES)
"""Each story once."""

PER_ATTEMPT = {"before-send", "after-send"}


@pytest.mark.promise("P1", "P2", "P3", "P4", "P5")
@pytest.mark.parametrize("point", PROCESSOR_POINTS)
def test_a_processor_killed_here_leaves_what_the_core_would_have_decided(
    point: ProcessorPoint, seed: int, data: Path
) -> None:
    nth = random.Random(f"{seed}/{point}").randint(2, 10)
    with Hub(data) as hub:
        play = Play(hub, Size(seed, PEOPLE, long=False))
        hub.start_all({"processor": dying_at(point, nth)})
        play.all()

    assert hub.deaths == ["processor"]
    verdict = verified(data)
    assert verdict.arrived["refer"] > PEOPLE / 2
    assert verdict.recalled > 0


@pytest.mark.promise("P1", "P2", "P3", "P4", "P5")
@pytest.mark.parametrize("point", DISPATCHER_POINTS)
def test_a_dispatcher_killed_here_loses_nothing_and_sends_nothing_twice_in_effect(
    point: DispatcherPoint, seed: int, data: Path
) -> None:
    nth = random.Random(f"{seed}/{point}").randint(2, 6 if point in PER_ATTEMPT else 3)
    with Hub(data) as hub:
        play = Play(hub, Size(seed, PEOPLE, long=False))
        hub.start_all({"delivery": dying_at(point, nth)})
        play.all()

    assert hub.deaths == ["delivery"]
    verdict = verified(data)
    assert verdict.arrived["refer"] > PEOPLE / 2
    assert verdict.recalled > 0
