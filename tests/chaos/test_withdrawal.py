"""Withdrawals that race a dispatcher that is killed, or wait behind a processor that lags."""

from __future__ import annotations

import random
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import pytest

from hub.crashpoints import DispatcherPoint
from hub.domain.events import Draft
from hub.testing.crash import dying_at
from hub.testing.inbox import Behaviour
from tests.chaos.conftest import verified
from tests.support import chaos_state
from tests.support.chaos_hub import Hub
from tests.support.chaos_parts import STORE_FILE, URL_FILE, open_parts
from tests.support.chaos_people import Someone
from tests.support.chaos_plan import START, Size
from tests.support.chaos_worker import STALENESS

PEOPLE: Final = 24
SETTLED: Final = timedelta(hours=1)
SLOWLY: Final = Behaviour(status=202, keep=True, delay_s=0.2)
STALE_AFTER_S: Final = 3.0


@pytest.fixture
def parents(seed: int) -> list[Someone]:
    """Parents who consented to everything, so that each child's referral may leave."""
    return [Someone(seed, index, asked=False) for index in range(PEOPLE)]


@pytest.fixture
def hub(seed: int, data: Path, parents: Sequence[Someone]) -> Iterator[Hub]:
    """A hub whose referrals are all ready and wait for the dispatcher, which does not run yet."""
    Size(seed, 0, long=False).save(data)
    chaos_state.move_clock(data, START)
    with Hub(data) as hub:
        hub.start("processor")
        hub.start("ingest")
        append(data, [d for p in parents for d in (p.admitted(START), *p.family(START))])
        append(data, [parent.consents(START, "first") for parent in parents])
        hub.wait_for(lambda: decided_all(data), "the admissions were decided")
        chaos_state.move_clock(data, START + SETTLED)
        hub.wait_for(lambda: decided_all(data) and waiting(data) > PEOPLE, "referrals were ready")
        yield hub


@pytest.mark.promise("P2", "P3", "P4", "P5")
@pytest.mark.parametrize("point", ["intent-committed", "before-send", "after-send"])
def test_a_withdrawal_wins_against_a_dispatcher_that_is_killed_while_it_sends(
    point: DispatcherPoint, seed: int, data: Path, hub: Hub, parents: list[Someone]
) -> None:
    chance = random.Random(f"{seed}/{point}")
    chance.shuffle(parents)
    third = PEOPLE // 3
    behave(data, SLOWLY)

    hub.start("delivery", dying_at(point, chance.randint(3, 5)))
    hub.wait_for(lambda: chaos_state.intents(data) > 1, "referrals began to leave")
    append(data, [p.withdraws(START + SETTLED) for p in parents[:third]])
    hub.wait_for(lambda: hub.deaths == ["delivery"], "the dispatcher died")
    before = chaos_state.intents(data)
    hub.wait_for(lambda: chaos_state.intents(data) > before + 1, "its successor went on")
    append(data, [p.withdraws(START + SETTLED) for p in parents[third : 2 * third]])
    behave(data, None)
    hub.settle()
    hub.close()

    verdict = verified(data)
    assert verdict.recalled > 0, "nothing had left when it was withdrawn: that was no race"
    assert verdict.cancelled > 0, "everything had left when it was withdrawn: that was no race"
    assert verdict.arrived["refer"] >= third, "who did not withdraw is referred"


@pytest.mark.promise("P3", "P4")
def test_a_processor_that_lags_cannot_hide_a_withdrawal(
    data: Path, hub: Hub, parents: list[Someone]
) -> None:
    gone = parents[: PEOPLE // 2]
    hub.kill("processor")
    append(data, [p.withdraws(START + SETTLED) for p in gone])
    hub.wait_for(
        lambda: time.time() - chaos_state.current_since(data) > STALE_AFTER_S,
        "the decided view grew stale",
    )

    hub.start("delivery", always={STALENESS: str(STALE_AFTER_S)})
    hub.wait_for(lambda: chaos_state.waiting_as_stale(data), "every referral waited as stale")
    assert chaos_state.intents(data) == 0

    hub.start("processor")
    hub.settle()
    hub.close()
    verdict = verified(data)
    told = persons_told(data)
    assert told == {p.key for p in parents} - {p.key for p in gone}
    assert verdict.recalled == 0


def append(data: Path, drafts: Sequence[Draft]) -> None:
    """Append drafts as they come from the desk."""
    with closing(open_parts(data)) as parts:
        parts.appender().append(drafts)


def decided_all(data: Path) -> bool:
    """Tell whether only sending is left to do."""
    return set(chaos_state.left_to_do(data)) <= {"unsent", "unpublished"}


def waiting(data: Path) -> int:
    """Return how many messages wait to be sent."""
    return chaos_state.left_to_do(data).get("unsent", 0)


def behave(data: Path, behaviour: Behaviour | None) -> None:
    """Tell the inbox how to behave."""
    url = (data / URL_FILE).read_text(encoding="ascii").replace("/referrals", "/behaviour")
    request = urllib.request.Request(url, msgspec.json.encode(behaviour), method="PUT")  # noqa: S310 - the inbox on loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
        assert answer.status == 204


def persons_told(data: Path) -> set[str]:
    """Return about whom something arrived."""
    with chaos_state.reading(data / STORE_FILE) as store:
        return {
            store.execute(
                "SELECT person FROM outbox WHERE referral_id = ?",
                (UUID(message["referral_id"]).hex,),
            ).fetchone()["person"]
            for message in chaos_state.received(data)
        }
