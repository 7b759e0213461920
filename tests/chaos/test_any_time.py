"""kill -9 at any time: of every role again and again, and of a sender in the middle of appends."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.conftest import verified
from tests.support import chaos_state
from tests.support.chaos_hub import Hub
from tests.support.chaos_plan import STORIES, Size
from tests.support.chaos_play import Play

PEOPLE: Final = 36
KILLS: Final = {"processor": 6, "delivery": 4, "ingest": 4}


class Killer:
    """Kills and restarts roles whenever the run has got as far as the seed wants."""

    def __init__(self, hub: Hub, seed: int) -> None:
        self._hub = hub
        chance = random.Random(seed)
        measures: dict[str, tuple[Callable[[Path], int], int]] = {
            "processor": (chaos_state.decided, 450),
            "delivery": (chaos_state.intents, 50),
            "ingest": (chaos_state.decided, 450),
        }
        self._due = {
            role: (measure, sorted(chance.sample(range(1, most), KILLS[role])))
            for role, (measure, most) in measures.items()
        }

    def __call__(self) -> None:
        """Look how far the run is, and kill who is due."""
        self._hub.revive()
        for role, (measure, marks) in self._due.items():
            if marks and measure(self._hub.folder) >= marks[0]:
                marks.pop(0)
                self._hub.kill_and_restart(role)


@pytest.mark.promise("P1", "P2", "P3", "P4", "P5")
def test_roles_killed_again_and_again_leave_what_the_core_would_have_decided(
    seed: int, data: Path
) -> None:
    with Hub(data) as hub:
        play = Play(hub, Size(seed, PEOPLE, long=True), meanwhile=Killer(hub, seed))
        hub.start_all()
        play.all()

    assert sorted(hub.deaths) == sorted(role for role, n in KILLS.items() for _ in range(n))
    verdict = verified(data)
    assert verdict.arrived["refer"] > PEOPLE
    assert verdict.recalled > PEOPLE / 4
    assert verdict.arrived["release-notice"] > 0


@pytest.mark.promise("P1", "P2")
def test_a_sender_killed_between_appends_sends_again_and_counts_once(seed: int, data: Path) -> None:
    chance = random.Random(seed)
    with Hub(data) as hub:
        play = Play(hub, Size(seed, len(STORIES), long=False))
        hub.start_all()
        for _ in range(3):
            before = _appended(data)
            hub.start("append")
            mark = before + chance.randint(1, 8)
            hub.wait_for(lambda mark=mark: _appended(data) >= mark, "the sender got going")  # type: ignore[misc]  # bound now
            hub.kill("append")
        hub.start("append")
        hub.finish("append")
        play.phases[0].drafts.clear()
        play.all()

    assert hub.deaths == ["append"] * 3
    assert verified(data).arrived["refer"] > 0


def _appended(data: Path) -> int:
    """Return how many appends the sender called durable, in all its lives."""
    said = data / "append.log"
    return said.read_bytes().count(b"\n") if said.exists() else 0


@pytest.mark.promise("P1")
def test_a_look_up_waits_until_somebody_makes_it(seed: int, data: Path) -> None:
    with Hub(data) as hub:
        play = Play(hub, Size(seed, len(STORIES), long=False))
        hub.start("processor")
        hub.start("delivery")
        play.append(play.phases[0])
        hub.wait_for(
            lambda: set(chaos_state.left_to_do(data)) <= {"lookups"}, "all was decided meanwhile"
        )
        waiting = chaos_state.left_to_do(data)["lookups"]
        hub.start("ingest")
        play.settle()
        answered = chaos_state.outcomes_of(data, "lookups.answered")
        play.all(beginning=1)

    assert waiting > 1
    assert answered == waiting
    verified(data)
