"""Starts and ends the demo's processes: the hub's three roles, the inbox, the contacts API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Final, NamedTuple, Self

from hub.demo.errors import DemoFailed
from hub.demo.workplace import HOST, ROLES, Workplace

START_LIMIT_S: Final = 45.0
STOP_LIMIT_S: Final = 8.0
_LOOK_AGAIN_S: Final = 0.05
_TAIL_LINES: Final = 12


class Running(NamedTuple):
    """One process and where to ask whether it is ready."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    path: str


class Processes:
    """All processes of one demo. Leaving the block ends them, unless `keep` was said."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._keep = False
        self.running: list[Running] = []

    def __enter__(self) -> Self:
        try:
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._keep:
            self.stop()

    def keep(self) -> None:
        """Leave everything running when the block is left."""
        self._keep = True

    def wait_ready(self) -> None:
        """Return once every process answers. Raises `DemoFailed` if one ends or takes too long."""
        deadline = time.monotonic() + START_LIMIT_S
        for running in self.running:
            while not _answers(running):
                self.check()
                if time.monotonic() > deadline:
                    raise DemoFailed(f"{running.name} was not ready in time.{self._tail(running)}")
                time.sleep(_LOOK_AGAIN_S)

    def check(self) -> None:
        """Raise `DemoFailed` if a process has ended by itself."""
        for running in self.running:
            code = running.process.poll()
            if code is not None:
                raise DemoFailed(f"{running.name} ended with code {code}.{self._tail(running)}")

    def stop(self) -> None:
        """End what was started here, gently first."""
        for running in self.running:
            _signal(running.process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_LIMIT_S
        for running in self.running:
            try:
                running.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal(running.process, signal.SIGKILL)
                running.process.wait()
        self.running.clear()

    def _start_all(self) -> None:
        place, ports = self._place, self._place.ports
        for role, port in zip(ROLES, ports.management, strict=True):
            command = ["-m", "hub.cli", "run", "--role", role]
            self._start(f"hub-{role}", command, port, f"/ready?role={role}", role_port=port)
        inbox = ["-m", "hub.testing.inbox", "--port", str(ports.inbox)]
        inbox += ["--secrets", str(place.signing_secrets), "--journal", str(place.journal)]
        self._start("inbox", inbox, ports.inbox, "/journal")
        contacts = ["-m", "hub.testing.contacts_api", "--data", str(place.people)]
        contacts += ["--port", str(ports.contacts)]
        self._start("contacts-api", contacts, ports.contacts, "/")

    def _start(
        self, name: str, command: list[str], port: int, path: str, *, role_port: int | None = None
    ) -> None:
        # Settings of the caller's own hub must not reach the demo's.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HUB_")}
        # With it every process would compile every library anew: 3 s instead of 1 s to start.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment["HUB_CONFIG"] = str(self._place.config)
        if role_port is not None:
            environment["HUB_MANAGEMENT__PORT"] = str(role_port)
        with (self._place.logs / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - the interpreter that runs this, arguments of our own
                [sys.executable, *command],
                cwd=self._place.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the demo alone, which then ends the others in order.
                start_new_session=True,
            )
        self.running.append(Running(name, process, port, path))

    def _tail(self, running: Running) -> str:
        lines = (self._place.logs / f"{running.name}.log").read_text(errors="replace").splitlines()
        return "".join(f"\n    {line}" for line in lines[-_TAIL_LINES:])


def _answers(running: Running) -> bool:
    """Tell whether a process answers as one that is ready (the contacts API has no such page)."""
    connection = HTTPConnection(HOST, running.port, timeout=2)
    try:
        connection.request("GET", running.path)
        status = connection.getresponse().status
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return status == HTTPStatus.OK or (running.path == "/" and status == HTTPStatus.NOT_FOUND)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(number)
