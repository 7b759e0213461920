"""`hub run` as a process: it starts from nothing, tells its state, and ends in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hub.cli import exits
from tests.integration.api.rig import Client, message
from tests.integration.cli.conftest import CONFIG, EXAMPLES

TOKEN = "invented-token-of-the-prison"
LIMIT_S = 30.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("policy", "directory"):
        text = (EXAMPLES / f"{name}.example.toml").read_text(encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "secret").write_text("whsec_" + "a2" * 22 + "a2s=", encoding="utf-8")
    (tmp_path / "hub.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a hub: free ports, a credential for the prison."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    # Without cached bytecode every start compiles all libraries anew and takes many times as long.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {
        "HUB_INGRESS__PORT": "0",
        "HUB_MANAGEMENT__PORT": "0",
        "HUB_SOURCES__PRISON__CREDENTIAL": TOKEN,
        **more,
    }


class Process:
    """A running hub: what it logged, and clients of its two ports."""

    def __init__(self, folder: Path, *words: str, **more: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hub.cli", "run", *words],
            cwd=folder,
            env=environment(**more),
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                is_json = line.startswith("{")
                self.lines.append(json.loads(line) if is_json else {"event": line.strip()})
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def event(self, name: str) -> dict[str, Any]:
        """Wait for a line of the log."""

        def found() -> dict[str, Any] | None:
            return next((line for line in self.lines if line["event"] == name), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None or not self._reader.is_alive(), LIMIT_S)
        line = found()
        assert line is not None, self.lines
        return line

    def client(self, which: str) -> Client:
        """Return a client of the ingress or management port."""
        port = urlsplit(self.event("started")[which]).port
        assert port is not None
        return Client(port)

    def get(self, path: str) -> int:
        """Return the status of a management page."""
        return self.client("management").request("GET", path, None, {}).status

    def until(self, path: str, status: int) -> None:
        """Wait until a management page has a status."""
        deadline = time.monotonic() + LIMIT_S
        pause = threading.Event()
        while self.get(path) != status:
            assert time.monotonic() < deadline, self.lines
            pause.wait(0.05)

    def end(self) -> int:
        """End it gently and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT_S)
        self._reader.join(LIMIT_S)
        return code


@contextmanager
def running(folder: Path, *words: str, **more: str) -> Iterator[Process]:
    """Run a hub; whatever happens, it is gone afterwards."""
    process = Process(folder, *words, **more)
    try:
        yield process
    finally:
        process.process.kill()
        process.process.wait(LIMIT_S)
        process._reader.join(LIMIT_S)  # noqa: SLF001 - the helper's own thread
        assert process.process.stderr is not None
        process.process.stderr.close()


def failing(folder: Path, **more: str) -> tuple[int, str]:
    """Return code and message of a hub that can't start."""
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", "run"],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.promise("P6", "P10")
def test_it_starts_from_nothing_takes_events_and_ends_in_order(folder: Path) -> None:
    for _ in range(2):
        with running(folder) as hub:
            hub.until("/ready", 200)
            assert hub.get("/live") == 200
            answer = hub.client("ingress").post("/events", message("A7777XY"), token=TOKEN)
            metrics = hub.client("management").request("GET", "/metrics", None, {}).document
            assert hub.end() == exits.OK
        assert answer.status == 202
        assert "hub_store_readable" in metrics
        assert "A7777XY" not in metrics + json.dumps(hub.lines)
        assert hub.lines[-1]["event"] == "stopped"
    assert (folder / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("role", ["ingest", "processor", "delivery"])
def test_each_role_runs_alone_and_says_what_it_is(folder: Path, role: str) -> None:
    with running(folder, "--role", role) as hub:
        hub.until(f"/ready?role={role}", 200)
        others = {"ingest", "processor", "delivery"} - {role}
        assert all(hub.get(f"/ready?role={other}") == 404 for other in others)
        assert (hub.event("started")["ingress"] is not None) == (role == "ingest")
        assert hub.end() == exits.OK


@pytest.mark.promise("P9")
def test_a_lost_store_halts_the_processor_while_events_still_come_in(folder: Path) -> None:
    with running(folder) as hub:
        assert hub.client("ingress").post("/events", message("A7777XY"), token=TOKEN).status == 202
        assert hub.end() == exits.OK
    for file in (folder / "data").glob("store.db*"):
        file.unlink()

    with running(folder) as hub:
        hub.until("/ready?role=processor", 503)
        halted = hub.event("halted")
        assert "hub positions init" in halted["remedy"]
        assert (hub.get("/live"), hub.get("/ready?role=ingest")) == (200, 200)
        taken = hub.client("ingress").post("/events", message("A7777XZ"), token=TOKEN)
        subprocess.run(
            [sys.executable, "-m", "hub.cli", "positions", "init", "--reason", "store lost"],
            cwd=folder,
            env=environment(),
            check=True,
            capture_output=True,
            timeout=LIMIT_S,
        )
        hub.until("/ready?role=processor", 200)
        assert hub.end() == exits.OK
    assert taken.status == 202


def test_a_taken_port_is_told_before_anything_runs(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = failing(folder, HUB_INGRESS__PORT=str(port))

    assert code == exits.ERROR
    assert f"127.0.0.1:{port} can't be listened at" in said
    assert "Traceback" not in said


def test_without_rules_nothing_starts_and_the_remedy_is_told(folder: Path) -> None:
    text = (folder / "hub.toml").read_text(encoding="utf-8")
    (folder / "hub.toml").write_text(
        text.replace('policy_file = "policy.toml"', ""), encoding="utf-8"
    )

    code, said = failing(folder)

    assert code == exits.ERROR
    assert "hub policy apply FILE" in said
    assert "Traceback" not in said
