"""Appending and reading: gapless order, untouched bytes, all or nothing."""

from __future__ import annotations

import threading

import pytest

from hub.ports import EventLog, LogRecord, NewRecord, Topic
from tests.contract.log.harness import KEY, PARTITIONS, Bed, fill


def test_offsets_begin_at_zero_and_have_no_gap(log: EventLog) -> None:
    first, second = fill(log, 1, 3), fill(log, 1, 2, start=3)

    records = log.read(Topic.CASES, 1, 0, 100)

    assert [record.offset for record in records] == [0, 1, 2, 3, 4]
    assert [record.value for record in records] == first + second


def test_records_of_one_call_keep_their_order_within_each_partition(log: EventLog) -> None:
    mixed = [NewRecord(n % PARTITIONS, KEY, b"%d" % n) for n in range(40)]

    log.append(Topic.CASES, mixed)

    for partition in range(PARTITIONS):
        values = [record.value for record in log.read(Topic.CASES, partition, 0, 100)]
        assert values == [r.value for r in mixed if r.partition == partition]


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    "value",
    [b"", b"\x00", b"\xff\xfe not a record \x00\x01", b"{}", bytes(range(256)) * 40_000],
    ids=["empty", "nul", "binary", "json", "10 MB"],
)
def test_bytes_pass_through_untouched(log: EventLog, value: bytes) -> None:
    log.append(Topic.CASES, [NewRecord(0, KEY, value)])

    assert log.read(Topic.CASES, 0, 0, 1) == [LogRecord(0, 0, KEY, value)]


@pytest.mark.parametrize("key", ["", KEY, "not hex", "k\x00y", "Schlüssel ☃", "k" * 10_000])
def test_keys_pass_through_untouched(log: EventLog, key: str) -> None:
    log.append(Topic.CASES, [NewRecord(0, key, b"value")])

    assert log.read(Topic.CASES, 0, 0, 1)[0].key == key


def test_topics_are_apart(log: EventLog) -> None:
    log.append(Topic.CASES, [NewRecord(0, KEY, b"case")])
    log.append(Topic.REFERRAL_FACTS, [NewRecord(0, KEY, b"fact")])

    assert [r.value for r in log.read(Topic.CASES, 0, 0, 10)] == [b"case"]
    assert [r.value for r in log.read(Topic.REFERRAL_FACTS, 0, 0, 10)] == [b"fact"]


def test_a_call_that_fails_appends_nothing(log: EventLog) -> None:
    records = [NewRecord(0, KEY, b"good"), NewRecord(PARTITIONS, KEY, b"no such partition")]

    with pytest.raises(ValueError, match="partition"):
        log.append(Topic.CASES, records)

    assert log.bounds(Topic.CASES)[0] == (0, 0)


def test_appending_nothing_changes_nothing(log: EventLog) -> None:
    log.append(Topic.CASES, [])

    assert log.bounds(Topic.CASES) == dict.fromkeys(range(PARTITIONS), (0, 0))


def test_reading_begins_and_ends_where_asked(log: EventLog) -> None:
    fill(log, 2, 10)

    assert [r.offset for r in log.read(Topic.CASES, 2, 4, 3)] == [4, 5, 6]
    assert log.read(Topic.CASES, 2, 10, 3) == []


def test_another_client_sees_the_same_log(bed: Bed) -> None:
    one, other = bed.open(), bed.open()
    values = fill(one, 3, 5)

    assert [r.value for r in other.read(Topic.CASES, 3, 0, 10)] == values
    assert other.bounds(Topic.CASES) == one.bounds(Topic.CASES)
    assert other.identity() == one.identity()


def test_a_log_has_an_identity_of_its_own(log: EventLog) -> None:
    identity = log.identity()

    assert identity.partitions == PARTITIONS
    assert identity.cluster_id != identity.topic_id
    assert identity.cluster_id
    assert identity.topic_id


def test_pruning_moves_the_start_and_keeps_the_offsets(bed: Bed, log: EventLog) -> None:
    fill(log, 0, 10)

    bed.prune(Topic.CASES, 0, 4)
    fill(log, 0, 1, start=10)

    assert log.bounds(Topic.CASES)[0] == (4, 11)
    assert [r.offset for r in log.read(Topic.CASES, 0, 0, 100)] == list(range(4, 11))


def test_pruning_everything_keeps_the_end(bed: Bed, log: EventLog) -> None:
    fill(log, 0, 3)

    bed.prune(Topic.CASES, 0, 99)

    assert log.bounds(Topic.CASES)[0] == (3, 3)


@pytest.mark.promise("P1")
def test_appenders_side_by_side_lose_nothing_and_keep_their_own_order(bed: Bed) -> None:
    def work(log: EventLog, name: int) -> None:
        for number in range(50):
            log.append(Topic.CASES, [NewRecord(0, str(name), b"%d" % number)])

    threads = [threading.Thread(target=work, args=(bed.open(), name)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    records = bed.open().read(Topic.CASES, 0, 0, 1000)
    assert [r.offset for r in records] == list(range(200))
    for name in range(4):
        own = [r.value for r in records if r.key == str(name)]
        assert own == [b"%d" % number for number in range(50)]


def test_closing_twice_is_harmless(log: EventLog) -> None:
    log.close()

    assert log.close() is None  # type: ignore[func-returns-value] # that it does not raise
