"""Consuming: every record once and in order, from the handler's own position."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence

import pytest

from hub.errors import Fenced, Halted, HubError, Retriable
from hub.ports import EventLog, LogRecord, Topic
from tests.contract.log.harness import (
    BATCH,
    PARTITIONS,
    Bed,
    Notes,
    check_soon,
    consuming,
    ending,
    fill,
)


@pytest.mark.promise("P1")
def test_every_record_is_handed_over_once_and_in_order(log: EventLog) -> None:
    for partition in range(PARTITIONS):
        fill(log, partition, 25)
    notes = Notes()

    with consuming(log, notes):
        check_soon(lambda: len(notes.records()) >= 25 * PARTITIONS, "all records handed over")

    for partition in range(PARTITIONS):
        assert [r.offset for r in notes.records(partition)] == list(range(25))


def test_a_batch_holds_one_partition_and_no_more_than_allowed(log: EventLog) -> None:
    fill(log, 0, 35)
    fill(log, 1, 35)
    notes = Notes()

    with consuming(log, notes):
        check_soon(lambda: len(notes.records()) == 70, "all records handed over")

    assert all({r.partition for r in batch} == {p} for p, batch in notes.calls)
    assert max(len(batch) for _, batch in notes.calls) == BATCH


@pytest.mark.promise("P1")
def test_reading_begins_where_the_handler_says(log: EventLog) -> None:
    fill(log, 0, 10)
    notes = Notes({0: 7})

    with consuming(log, notes):
        check_soon(lambda: len(notes.records()) == 3, "the rest handed over")

    assert [r.offset for r in notes.records(0)] == [7, 8, 9]
    assert set(notes.assigned) == set(range(PARTITIONS))


@pytest.mark.promise("P1")
def test_a_restart_goes_on_from_the_handlers_position(bed: Bed, log: EventLog) -> None:
    fill(log, 0, 10)
    before = Notes()
    with consuming(log, before):
        check_soon(lambda: len(before.records()) == 10, "the first records handed over")
    fill(log, 0, 5, start=10)

    after = Notes(before.positions)
    with consuming(bed.open(), after):
        check_soon(lambda: len(after.records()) == 5, "the later records handed over")

    assert [r.offset for r in after.records(0)] == list(range(10, 15))


@pytest.mark.promise("P10")
def test_what_may_be_retried_is_retried_in_place_until_it_works(log: EventLog) -> None:
    fill(log, 0, 5)
    notes = Notes()
    notes.faults = [Retriable("the store does not answer") for _ in range(3)]

    with consuming(log, notes):
        check_soon(lambda: len(notes.records()) == 5, "handed over after the faults")

    assert [r.offset for r in notes.records(0)] == [0, 1, 2, 3, 4]
    assert notes.assigned.count(0) == 4, "each attempt asks the handler where to go on"


def test_an_outage_is_no_busy_loop(log: EventLog) -> None:
    fill(log, 0, 1)
    notes = Notes()
    notes.faults = [Retriable("the store does not answer") for _ in range(10_000)]

    with consuming(log, notes) as consumption:
        consumption.ended.wait(0.3)

    assert 10_000 - len(notes.faults) < 100


class Stubborn(Notes):
    """Never wants to go on."""

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        super().handle(partition, records)
        self.positions[partition] = records[0].offset
        return records[0].offset


def test_a_handler_without_progress_is_no_busy_loop(log: EventLog) -> None:
    fill(log, 0, 1)
    notes = Stubborn()

    with consuming(log, notes) as consumption:
        consumption.ended.wait(0.3)

    assert 0 < len(notes.calls) < 100


@pytest.mark.parametrize(
    "fault",
    [Fenced("another worker"), Halted("stopped", remedy="hub resume"), RuntimeError("a defect")],
    ids=["fenced", "halted", "defect"],
)
def test_what_may_not_be_retried_ends_the_reading_at_once(log: EventLog, fault: HubError) -> None:
    fill(log, 0, 5)
    fill(log, 1, 5)
    notes = Notes()
    notes.faults = [fault]

    assert ending(log, notes) is fault
    assert notes.calls == []


@pytest.mark.promise("P1")
def test_a_position_beyond_the_end_halts_with_a_remedy(log: EventLog) -> None:
    fill(log, 0, 5)

    failure = ending(log, Notes({0: 6}))

    assert isinstance(failure, Halted)
    assert failure.remedy


@pytest.mark.promise("P1")
@pytest.mark.parametrize("before", [3, 5], ids=["part", "all"])
def test_a_position_before_the_start_halts_with_a_remedy(
    bed: Bed, log: EventLog, before: int
) -> None:
    fill(log, 0, 5)
    bed.prune(Topic.CASES, 0, before)
    notes = Notes({0: 2})

    failure = ending(log, notes)

    assert isinstance(failure, Halted)
    assert failure.remedy
    assert notes.records(0) == []


@pytest.mark.promise("P1")
def test_a_start_lost_while_reading_halts(bed: Bed, log: EventLog) -> None:
    class Loses(Notes):
        def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
            wanted = super().handle(partition, records)
            bed.prune(Topic.CASES, 0, 2 * BATCH)
            return wanted

    fill(log, 0, 3 * BATCH)
    notes = Loses()

    failure = ending(log, notes)

    assert isinstance(failure, Halted)
    assert [r.offset for r in notes.records(0)] == list(range(BATCH))


def test_a_position_at_the_start_of_a_pruned_log_is_right(bed: Bed, log: EventLog) -> None:
    fill(log, 0, 5)
    bed.prune(Topic.CASES, 0, 3)
    notes = Notes({0: 3})

    with consuming(log, notes):
        check_soon(lambda: len(notes.records()) == 2, "the kept records handed over")

    assert [r.offset for r in notes.records(0)] == [3, 4]


def test_there_is_one_reader_and_the_next_takes_over_when_it_ends(bed: Bed) -> None:
    log = bed.open()
    fill(log, 0, 5)
    first, second = Notes(), Notes({0: 5})

    with consuming(log, first) as reading:
        check_soon(lambda: len(first.records()) == 5, "the first reader got all")
        with consuming(bed.open(), second) as waiting:
            waiting.ended.wait(0.1)
            assert second.assigned == []
            reading.stop.set()
            fill(log, 0, 5, start=5)
            check_soon(lambda: len(second.records()) == 5, "the second reader took over")

    assert [r.offset for r in second.records(0)] == list(range(5, 10))


def test_a_waiting_reader_can_be_stopped(bed: Bed) -> None:
    first, second = Notes(), Notes()

    with consuming(bed.open(), first):
        check_soon(lambda: first.assigned != [], "the first reader reads")
        with consuming(bed.open(), second) as waiting:
            waiting.stop.set()
            check_soon(waiting.ended.is_set, "the second reader ended")
            assert waiting.failure is None

    assert second.assigned == []


@pytest.mark.promise("P4")
def test_the_handler_is_told_the_end_of_every_partition_about_once_a_second(log: EventLog) -> None:
    fill(log, 2, 3)
    notes = Notes()

    with consuming(log, notes):
        check_soon(lambda: len(notes.idles) >= 2 * PARTITIONS, "told twice")

    ends = {partition: end for _, partition, end in notes.idles}
    assert ends == {0: 0, 1: 0, 2: 3, 3: 0}
    times = [at for at, partition, _ in notes.idles if partition == 0]
    assert times[1] - times[0] > 0.5


@pytest.mark.promise("P4")
def test_the_end_told_is_never_ahead_of_what_was_appended_before(log: EventLog) -> None:
    appended = [0]
    told: list[tuple[int, int]] = []

    class Compares(Notes):
        def idle(self, partition: int, end: int, asked: float) -> None:
            super().idle(partition, end, asked)
            if partition == 0:
                told.append((end, appended[0]))
                fill(log, 0, 1, start=appended[0])
                appended[0] += 1

    notes = Compares()
    with consuming(log, notes):
        check_soon(lambda: len(told) >= 2, "told twice")

    assert all(end == before for end, before in told)


def test_a_long_backlog_does_not_keep_the_other_partitions_waiting(log: EventLog) -> None:
    fill(log, 0, 50 * BATCH)
    fill(log, 1, BATCH)
    notes = Notes()

    with consuming(log, notes):
        check_soon(lambda: len(notes.records(1)) == BATCH, "the other partition had its turn")

    assert 1 in [partition for partition, _ in notes.calls[:PARTITIONS]]


class Arrivals(Notes):
    """Notes when each record arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        self.times += [time.monotonic()] * len(records)
        return super().handle(partition, records)


def test_a_waiting_reader_wakes_promptly(bed: Bed) -> None:
    notes = Arrivals()
    appender = bed.open()
    delays = []

    with consuming(bed.open(), notes):
        for number in range(20):
            fill(appender, number % PARTITIONS, 1, start=number)
            appended = time.monotonic()
            check_soon(lambda seen=number: len(notes.times) > seen, "the record arrived")  # type: ignore[misc] # the default binds the loop's value
            delays.append(notes.times[-1] - appended)

    assert statistics.median(delays) < 0.02


def test_stopping_takes_no_longer_than_a_tenth_of_a_second(log: EventLog) -> None:
    delays = []
    for _ in range(3):
        notes = Notes()
        with consuming(log, notes) as consumption:
            check_soon(lambda notes=notes: notes.idles != [], "reading")  # type: ignore[misc] # as above
            asked = time.monotonic()
            consumption.stop.set()
            consumption.ended.wait()
            delays.append(time.monotonic() - asked)

    assert min(delays) < 0.1


def test_stopping_during_an_outage_does_not_wait_for_its_end(log: EventLog) -> None:
    fill(log, 0, 1)
    reached = threading.Event()

    class Down(Notes):
        def handle(self, partition: int, records: Sequence[LogRecord]) -> int:  # noqa: ARG002 - it fails before it looks
            reached.set()
            raise Retriable("the store does not answer", retry_after_s=3600)

    with consuming(log, Down()) as consumption:
        reached.wait()
        consumption.stop.set()
        check_soon(consumption.ended.is_set, "consume ended")

    assert consumption.failure is None
