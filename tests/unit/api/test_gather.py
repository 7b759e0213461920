"""Concurrent requests share appends, and a refused one costs its neighbours nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from hub.api.gather import Gatherer
from hub.domain.events import Draft, Reassessed
from hub.domain.ids import Namespace, PersonKey, SourceId, TenantId
from hub.errors import Poison, Retriable


def draft(number: int) -> Draft:
    """Return an event; those with number 13 are refused."""
    return Draft(
        event_id=UUID(int=number),
        tenant=TenantId("default"),
        source=SourceId("test"),
        namespace=Namespace("hub"),
        person=PersonKey("0" * 64),
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
        payload=Reassessed(cause="test"),
    )


class Log:
    """Holds the first append until told to go on, so that the others meet in one."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = threading.Event()
        self.away = False

    def append(self, drafts: Sequence[Draft]) -> None:
        """Keep what is good."""
        assert self.go_on.wait(10)
        if self.away:
            raise Retriable("away")
        numbers = [draft.event_id.int for draft in drafts]
        if 13 in numbers:
            raise Poison("future-event", "occurred_at", "check the sender's clock")
        self.groups.append(numbers)


async def run(
    log: Log, numbers: Sequence[int], most: int = 512
) -> list[list[Poison | None] | BaseException]:
    """Append each number on its own, all at once."""
    gatherer = Gatherer(log.append, most=most)
    tasks = [asyncio.create_task(gatherer.append([draft(number)])) for number in numbers]
    await asyncio.sleep(0)
    log.go_on.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await gatherer.drain()
    return results


def test_what_waits_goes_together() -> None:
    log = Log()

    assert asyncio.run(run(log, [1, 2, 3])) == [[None]] * 3
    assert log.groups == [[1, 2, 3]]


def test_no_append_is_larger_than_the_limit() -> None:
    log = Log()

    assert asyncio.run(run(log, [1, 2, 3, 4, 5], most=2)) == [[None]] * 5
    assert log.groups == [[1, 2], [3, 4], [5]]


@pytest.mark.promise("P11")
def test_a_refused_event_costs_its_neighbours_nothing() -> None:
    log = Log()

    first, refused, last = asyncio.run(run(log, [1, 13, 3]))

    assert (first, last) == ([None], [None])
    assert isinstance(refused, list)
    assert isinstance(refused[0], Poison)
    assert sorted(log.groups) == [[1], [3]]


@pytest.mark.promise("P11")
def test_a_refused_event_costs_those_of_its_own_request_nothing_either() -> None:
    log = Log()
    log.go_on.set()

    outcomes = asyncio.run(Gatherer(log.append).append([draft(n) for n in (1, 2, 13, 4)]))

    assert [outcome is None for outcome in outcomes] == [True, True, False, True]
    assert sorted(number for group in log.groups for number in group) == [1, 2, 4]


def test_an_outage_is_told_to_all_and_nothing_was_kept() -> None:
    log = Log()
    log.away = True

    results = asyncio.run(run(log, [1, 2]))

    assert [type(result) for result in results] == [Retriable, Retriable]
    assert log.groups == []
