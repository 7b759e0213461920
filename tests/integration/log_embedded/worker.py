"""What a child process does with a log: `append NAME CALLS` or `consume`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hub.log import EmbeddedLog
from hub.ports import LogRecord, NewRecord, Topic

PARTITIONS = 4
CALL = 7
"""Records per call; they go to all partitions in turn."""


def say(*words: object) -> None:
    """Write a line that the parent sees at once."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Echo:
    """A handler that says on stdout what it got."""

    def start_offset(self, partition: int) -> int:
        say("assigned", partition)
        return 0

    def handle(self, partition: int, records: Sequence[LogRecord]) -> int:
        say("handled", partition, len(records))
        return records[-1].offset + 1

    def idle(self, partition: int, end: int, asked: float) -> None:  # noqa: ARG002 - the log tells it
        say("idle", partition, end)


def append(log: EmbeddedLog, name: str, calls: int) -> None:
    """Append `calls` times, saying after each that it is durable."""
    for call in range(calls):
        values = [f"{name}/{call}/{number}" for number in range(CALL)]
        log.append(
            Topic.CASES,
            [NewRecord(n % PARTITIONS, name, value.encode()) for n, value in enumerate(values)],
        )
        say(call)


if __name__ == "__main__":
    opened = EmbeddedLog(Path(sys.argv[1]), partitions=PARTITIONS)
    if sys.argv[2] == "append":
        append(opened, sys.argv[3], int(sys.argv[4]))
    else:
        opened.consume(Echo(), lambda: False)
