"""A store belongs to one log: whatever disagrees halts, with a remedy (rule 3)."""

from __future__ import annotations

import pytest

from hub.errors import ConfigError, Halted
from hub.ports import LogIdentity
from hub.store import Store, open_store
from tests.integration.store.build import IDENTITY, by

START = dict.fromkeys(range(4), (0, 0))


def at(store: Store, offset: int) -> None:
    """Move partition 2 to an offset."""
    with store.cases.batch() as batch:
        batch.advance(2, 0, offset)


def test_a_store_beside_its_log_is_accepted(store: Store) -> None:
    at(store, 7)

    store.positions.check(IDENTITY, START | {2: (3, 7)})

    assert [row.offset for row in store.positions.all()] == [0, 0, 7, 0]


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("identity", "bounds", "message"),
    [
        (IDENTITY._replace(cluster_id="other"), START, "another log"),
        (IDENTITY._replace(topic_id="other"), START, "another log"),
        (IDENTITY._replace(partitions=8), START, "4 partitions, the log has 8"),
        (IDENTITY, START | {2: (0, 6)}, "lost records that were decided"),
        (IDENTITY, START | {2: (8, 9)}, "removed before they were decided"),
        (IDENTITY, {0: (0, 0), 1: (0, 0), 3: (0, 0)}, "no partition 2"),
    ],
)
def test_a_log_that_disagrees_halts(
    store: Store, identity: LogIdentity, bounds: dict[int, tuple[int, int]], message: str
) -> None:
    at(store, 7)

    with pytest.raises(Halted, match=message) as caught:
        store.positions.check(identity, bounds)

    assert caught.value.remedy


@pytest.mark.promise("P1")
def test_an_empty_store_beside_a_log_with_records_halts_until_initialised(url: str) -> None:
    with open_store(url) as store:
        with pytest.raises(Halted, match="hub positions init --reason"):
            store.positions.ensure(IDENTITY, START | {1: (0, 4)})
        with pytest.raises(Halted), store.cases.batch() as batch:
            batch.position(0)

        store.positions.init(IDENTITY, dict.fromkeys(range(4), 0), by("restored from a backup"))
        store.positions.ensure(IDENTITY, START | {1: (0, 4)})


def test_a_new_installation_initialises_itself(url: str) -> None:
    with open_store(url) as store:
        store.positions.ensure(IDENTITY, START)

        assert [row.offset for row in store.positions.all()] == [0, 0, 0, 0]


def test_positions_are_written_once_with_a_reason_for_all_partitions(store: Store) -> None:
    with pytest.raises(ConfigError) as caught:
        store.positions.init(IDENTITY, {0: 0}, by(" "))

    assert len(caught.value.problems) == 3
