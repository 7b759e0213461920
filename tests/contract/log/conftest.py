"""The backends under contract. A new one is a new bed here and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.log import EmbeddedLog
from hub.ports import EventLog, Topic
from hub.testing.memory_log import MemoryLog
from tests.contract.log.harness import BATCH, PARTITIONS, Bed


class EmbeddedBed:
    """A log file in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opened: list[EmbeddedLog] = []

    def open(self) -> EventLog:
        log = EmbeddedLog(self._directory, partitions=PARTITIONS, batch_records=BATCH)
        self._opened.append(log)
        return log

    def prune(self, topic: Topic, partition: int, before_offset: int) -> None:
        self._opened[0].prune(topic, partition, before_offset)

    def close(self) -> None:
        for log in self._opened:
            log.close()


class MemoryBed:
    """One log in memory, shared by all who open it."""

    def __init__(self) -> None:
        self._log = MemoryLog(partitions=PARTITIONS, batch_records=BATCH)

    def open(self) -> EventLog:
        return self._log

    def prune(self, topic: Topic, partition: int, before_offset: int) -> None:
        self._log.prune(topic, partition, before_offset)


@pytest.fixture(params=["embedded", "memory"])
def bed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bed]:
    if request.param == "memory":
        yield MemoryBed()
        return
    embedded = EmbeddedBed(tmp_path)
    yield embedded
    embedded.close()


@pytest.fixture
def log(bed: Bed) -> EventLog:
    return bed.open()
