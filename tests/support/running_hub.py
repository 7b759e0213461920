"""A hub of real processes at log level debug, as tests talk to it: over HTTP and by commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from hub.demo.driver import at_rest
from hub.demo.hub_files import HubFiles
from hub.demo.processes import Processes
from hub.demo.workplace import HOST, Workplace, prepare
from hub.ports import Outcome

REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT_S = 60.0
CLOUD = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"


class Answer(NamedTuple):
    """What the hub answered over HTTP; `document` is empty unless it is a JSON object."""

    status: int
    text: str
    kind: str

    @property
    def document(self) -> dict[str, Any]:
        """The body as an object."""
        found = json.loads(self.text) if "json" in self.kind else {}
        return found if isinstance(found, dict) else {}


class Ran(NamedTuple):
    """What a command printed, and its exit code."""

    command: str
    code: int
    out: str
    err: str


class RunningHub:
    """Remembers every answer and all output of commands: `answers`, `ran`."""

    def __init__(self, place: Workplace, files: HubFiles, processes: Processes) -> None:
        self.place = place
        self.files = files
        self.processes = processes
        self.answers: list[Answer] = []
        self.ran: list[Ran] = []
        self._look_again = threading.Event()

    def post(
        self,
        body: bytes | object,
        *,
        holder: str | None = "prison",
        kind: str = JSON,
        path: str = "/events",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post a body with the credential of `holder`; anything but bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": kind}
        if holder is not None:
            sent["Authorization"] = f"Bearer {self.place.token(holder)}"
        return self.call("POST", path, data, {**sent, **(headers or {})})

    def call(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        """Make one request on a connection of its own."""
        connection = HTTPConnection(HOST, self.place.ports.ingress, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            found = connection.getresponse()
            text = found.read().decode("utf-8", "backslashreplace")
            kind = found.headers.get("Content-Type", "")
            answer = Answer(found.status, text + "\n" + str(found.headers), kind)
        finally:
            connection.close()
        self.answers.append(answer)
        return answer._replace(text=text)

    def raw(self, data: bytes) -> bytes:
        """Send bytes that are no request, and return what is answered."""
        connection = HTTPConnection(HOST, self.place.ports.ingress, timeout=30)
        try:
            connection.connect()
            connection.sock.sendall(data)
            found = connection.sock.recv(65_536)
        finally:
            connection.close()
        self.answers.append(Answer(0, found.decode("latin-1"), ""))
        return found

    def command(self, *arguments: str, given: str = "") -> Ran:
        """Run `hub ...` as an operator would, `given` typed into it."""
        [ran] = self.commands([(arguments, given)])
        return ran

    def commands(self, wanted: Sequence[tuple[Sequence[str], str]]) -> list[Ran]:
        """Run commands one after the other in one process: each its words, and what is typed."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.commands_worker"],
            cwd=REPOSITORY,
            env=environment | {"HUB_CONFIG": str(self.place.config), "COLUMNS": "300"},
            input=json.dumps([{"arguments": words, "given": typed} for words, typed in wanted]),
            capture_output=True,
            text=True,
            timeout=2 * LIMIT_S,
            check=True,
            # A prompt must read what is typed here, not from the terminal of whoever runs the test.
            start_new_session=True,
        )
        found = [
            Ran(" ".join(words[:2]), said["code"], said["out"], said["err"] + done.stderr)
            for (words, _), said in zip(wanted, json.loads(done.stdout), strict=True)
        ]
        self.ran += found
        return found

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - any JSON
        """Run a command with `--json` and return what it prints; it must succeed."""
        done = self.command(*arguments, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def metrics(self) -> str:
        """Return the metrics of all processes."""
        found = []
        for port in self.place.ports.management:
            connection = HTTPConnection(HOST, port, timeout=30)
            try:
                connection.request("GET", "/metrics")
                found.append(connection.getresponse().read().decode())
            finally:
                connection.close()
        return "\n".join(found)

    def rest(self) -> None:
        """Wait until nothing is undecided, due or sendable."""
        self.until(lambda: at_rest(self.files, self.place.now()))

    def move_clock(self, to: datetime) -> None:
        """Come to rest, let it be `to`, and come to rest again."""
        self.rest()
        self.place.move_clock(to)
        self.rest()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the condition holds; fail at the deadline or when a process ends."""
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            self.processes.check()
            assert time.monotonic() < deadline, self.files.views.counts(self.place.now())
            self._look_again.wait(0.02)

    def outcomes(self, answer: Answer) -> list[Outcome]:
        """Return what became of the events that an answer names."""
        ids = [UUID(event) for event in answer.document["events"]]
        return [outcome for event in ids for outcome in self.files.views.outcomes(event)]


@contextmanager
def running(
    root: Path, start: datetime, change: Callable[[Workplace], None] = lambda _: None
) -> Iterator[RunningHub]:
    """Run all processes of a hub in a folder; `change` may alter its files before."""
    place = prepare(root)
    with place.config.open("a", encoding="utf-8") as config:
        config.write('\n[logging]\nlevel = "debug"\n')
    change(place)
    place.move_clock(start)
    scratch = root / "tmp"
    scratch.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(scratch))
        with Processes(place) as processes:
            processes.wait_ready()
            files = HubFiles(place)
            try:
                yield RunningHub(place, files, processes)
            finally:
                files.close()
