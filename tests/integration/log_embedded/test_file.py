"""The log's file: who may read it, what it refuses, and what happens when it is damaged."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import ConfigError, Halted, Retriable
from hub.log import EmbeddedLog
from hub.ports import NewRecord, Topic
from tests.contract.log.harness import KEY, Notes, check_soon, consuming, ending, fill

PARTITIONS = 4


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(tmp_path, partitions=PARTITIONS, busy_timeout_s=0.05)
    yield opened
    opened.close()


def test_only_its_owner_may_read_the_files(tmp_path: Path, log: EmbeddedLog) -> None:
    fill(log, 0, 1)

    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}

    assert modes == {"log.db": 0o600, "log.db-wal": 0o600, "log.db-shm": 0o600}


def test_the_number_of_partitions_is_fixed_when_the_log_is_made(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    assert log.identity().partitions == PARTITIONS

    with pytest.raises(ConfigError, match=f"Set it to {PARTITIONS}"):
        EmbeddedLog(tmp_path, partitions=PARTITIONS + 1)


@pytest.mark.parametrize("partitions", [0, -1, 1025])
def test_a_number_of_partitions_out_of_range_is_refused(tmp_path: Path, partitions: int) -> None:
    with pytest.raises(ConfigError, match="partitions"):
        EmbeddedLog(tmp_path, partitions=partitions)


def test_two_logs_are_never_taken_for_each_other(tmp_path: Path) -> None:
    identities = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        log = EmbeddedLog(tmp_path / name, partitions=PARTITIONS)
        identities.append(log.identity())
        log.close()

    assert identities[0].cluster_id != identities[1].cluster_id
    assert identities[0].topic_id != identities[1].topic_id


def test_a_locked_file_is_retriable_and_nothing_was_appended(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Retriable, match=r"log\.db is not available: SQLITE_BUSY"):
            log.append(Topic.CASES, [NewRecord(0, KEY, b"value")])

    assert log.bounds(Topic.CASES)[0] == (0, 0)


def test_a_closed_log_is_retriable(log: EmbeddedLog) -> None:
    log.close()

    with pytest.raises(Retriable, match="closed"):
        log.append(Topic.CASES, [NewRecord(0, KEY, b"value")])


def test_a_missing_directory_is_retriable(tmp_path: Path) -> None:
    with pytest.raises(Retriable, match=r"log\.db can't be opened"):
        EmbeddedLog(tmp_path / "missing", partitions=PARTITIONS)


def test_a_file_that_is_no_database_halts_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "log.db").write_bytes(b"this is not a database" * 100)

    with pytest.raises(Halted, match="backup"):
        EmbeddedLog(tmp_path, partitions=PARTITIONS)


@pytest.mark.promise("P1")
@pytest.mark.parametrize("lost", [0, 3, 9], ids=["first", "middle", "last"])
def test_a_lost_record_halts_and_is_never_passed(
    tmp_path: Path, log: EmbeddedLog, lost: int
) -> None:
    fill(log, 0, 10)
    with closing(sqlite3.connect(tmp_path / "log.db")) as damage:
        (base,) = damage.execute("SELECT min(id) FROM record").fetchone()
        damage.execute("DELETE FROM record WHERE id = ?", (base + lost,))
        damage.commit()
    notes = Notes()

    failure = ending(log, notes)

    assert isinstance(failure, Halted)
    assert "damaged" in failure.remedy
    assert all(record.offset < lost for record in notes.records(0))


def test_pruning_takes_large_ranges_in_portions(log: EmbeddedLog) -> None:
    fill(log, 1, 25_000)

    assert log.prune(Topic.CASES, 1, 24_000) == 24_000
    assert log.bounds(Topic.CASES)[1] == (24_000, 25_000)
    assert log.prune(Topic.CASES, 1, 5) == 0


class AsksForPatience(Notes):
    """Names the wait it wants, once, and notes when it asked and when it was asked again."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def start_offset(self, partition: int) -> int:
        self.times.append(time.monotonic())
        if len(self.times) == 1:
            raise Retriable("busy", retry_after_s=0.3)
        return super().start_offset(partition)


def test_the_wait_that_the_other_side_asks_for_is_kept(log: EmbeddedLog) -> None:
    notes = AsksForPatience()

    with consuming(log, notes):
        check_soon(lambda: len(notes.times) > 1, "asked again after the wait")

    assert notes.times[1] - notes.times[0] >= 0.3


def test_records_that_trickle_in_are_gathered_for_a_while(tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path, partitions=1, batch_records=50, batch_wait_s=60)
    notes = Notes()

    with consuming(log, notes):
        for number in range(50):
            fill(log, 0, 1, start=number)
        check_soon(lambda: len(notes.records()) == 50, "a full batch handed over")

    log.close()
    assert [len(batch) for _, batch in notes.calls] == [50]
