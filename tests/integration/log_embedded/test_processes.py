"""Several processes on one log, and processes that are killed in the middle of it."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from hub.log import EmbeddedLog
from hub.ports import LogRecord, Topic
from hub.testing.crash import crashed
from tests.contract.log.harness import Notes, check_soon, consuming
from tests.integration.log_embedded.worker import CALL, PARTITIONS

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start workers on the log in `tmp_path`; whatever still runs at the end is killed."""
    started = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.integration.log_embedded.worker", str(tmp_path)]
        process = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        said(process).close()


def said(process: subprocess.Popen[str]) -> IO[str]:
    """Return the worker's output."""
    assert process.stdout is not None
    return process.stdout


def everything(directory: Path) -> list[LogRecord]:
    """Read the whole log anew, checking that no partition has a gap."""
    log = EmbeddedLog(directory, partitions=PARTITIONS)
    records = []
    for partition, (first, end) in log.bounds(Topic.CASES).items():
        found = log.read(Topic.CASES, partition, 0, end + 1)
        assert [r.offset for r in found] == list(range(first, end))
        records += found
    log.close()
    return records


@pytest.mark.promise("P1")
def test_what_was_acknowledged_survives_kill_9_and_no_call_is_there_in_part(
    tmp_path: Path, start: Start
) -> None:
    acknowledged = {}
    for kill_after in (1, 20, 75):
        name = f"killed-after-{kill_after}"
        process = start("append", name, "1000000")
        for _ in range(kill_after):
            said(process).readline()
        process.kill()
        rest = said(process).read().splitlines()
        assert crashed(process.wait())
        acknowledged[name] = kill_after + len(rest)

    found = Counter(record.key for record in everything(tmp_path))

    for name, calls in acknowledged.items():
        # The call that was running may be there or not, but never in part.
        assert found[name] in {calls * CALL, (calls + 1) * CALL}


@pytest.mark.promise("P1")
def test_processes_that_start_at_once_make_one_log_and_lose_nothing(
    tmp_path: Path, start: Start
) -> None:
    processes = [start("append", name, "60") for name in ("one", "two", "three")]

    for process in processes:
        said(process).read()
        assert process.wait() == 0

    records = everything(tmp_path)
    assert Counter(r.key for r in records) == {"one": 420, "two": 420, "three": 420}
    for name in ("one", "two", "three"):
        calls = [int(r.value.split(b"/")[1]) for r in records if r.key == name and r.partition == 0]
        assert calls == sorted(calls)


def test_a_reader_that_is_killed_frees_its_place_at_once(tmp_path: Path, start: Start) -> None:
    reader = start("consume")
    assert said(reader).readline().startswith("assigned")
    log = EmbeddedLog(tmp_path, partitions=PARTITIONS)
    notes = Notes()

    with consuming(log, notes) as consumption:
        consumption.ended.wait(0.1)
        assert notes.assigned == []
        reader.kill()
        check_soon(lambda: notes.assigned != [], "the waiting reader took over")

    log.close()
    assert crashed(reader.wait())


def test_a_reader_sees_what_another_process_appends(tmp_path: Path, start: Start) -> None:
    log = EmbeddedLog(tmp_path, partitions=PARTITIONS)
    notes = Notes()

    with consuming(log, notes):
        start("append", "other", "20")
        check_soon(lambda: len(notes.records()) == 20 * CALL, "all records arrived")

    log.close()
    assert {record.key for record in notes.records()} == {"other"}
