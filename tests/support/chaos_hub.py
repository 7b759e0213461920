"""A hub of separate processes on one data directory: started, killed, restarted, waited for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hub.testing.crash import crashed
from tests.support import chaos_processes, chaos_state
from tests.support.chaos_parts import JOURNAL_FILE, SECRETS_FILE, URL_FILE

ROLES: Final = ("processor", "delivery", "ingest")
ENDING: Final = {"append"}
"""Roles that end by themselves when their work is done."""
DEADLINE_S: Final = 90.0
_LOOK_AGAIN_S: Final = 0.04

_pause: Final = threading.Event()
"""Never set: waiting for it is a pause between two looks at a condition."""


class HubDied(AssertionError):
    """A process ended that nobody killed."""


class Hub:
    """The hub's processes and the inbox. Leaving the block kills whatever still runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.deaths: list[str] = []
        """Roles that died at an armed crash point or were killed, in order."""
        self._running: dict[str, ForkServerProcess] = {}
        self._armed: set[str] = set()
        self._environment: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        try:
            self._open_inbox()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(
        self,
        role: str,
        dying: Mapping[str, str] | None = None,
        always: Mapping[str, str] | None = None,
    ) -> None:
        """Start a role. `dying` arms it for this one life; `always` stays over restarts."""
        self._environment.setdefault(role, {}).update(always or {})
        if dying:
            self._armed.add(role)
        self._spawn(role, [str(self.folder)], {**self._environment[role], **(dying or {})})

    def start_all(self, dying: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """Start every role; `dying` arms some of them."""
        for role in ROLES:
            self.start(role, (dying or {}).get(role))

    def kill(self, role: str) -> None:
        """Kill a role with SIGKILL and wait until it is gone."""
        process = self._running.pop(role)
        process.kill()
        process.join()
        self._armed.discard(role)
        self.deaths.append(role)

    def kill_and_restart(self, role: str) -> None:
        """Kill a role and start it anew."""
        self.kill(role)
        self.start(role)

    def finish(self, role: str) -> None:
        """Wait until a role that ends by itself has ended well."""
        process = self._running.pop(role)
        process.join(DEADLINE_S)
        if process.exitcode != 0:
            raise HubDied(f"{role} ended with {process.exitcode}:\n{self._tail(role)}")

    def revive(self) -> None:
        """Restart armed roles that died as they should. Raises `HubDied` for any other end."""
        for role, process in list(self._running.items()):
            code = process.exitcode
            if code is None or (code == 0 and role in ENDING):
                continue
            if not (role in self._armed and crashed(code)):
                raise HubDied(f"{role} ended with {code}:\n{self._tail(role)}")
            self._armed.discard(role)
            self.deaths.append(role)
            self.start(role)

    def wait_for(
        self, condition: Callable[[], bool], what: str, *, deadline_s: float = DEADLINE_S
    ) -> None:
        """Wait until the condition holds, reviving who dies as planned meanwhile."""
        deadline = time.monotonic() + deadline_s
        while not condition():
            self.revive()
            if time.monotonic() > deadline:
                raise AssertionError(f"not in time: {what}\n{self.describe()}")
            _pause.wait(_LOOK_AGAIN_S)

    def settle(self) -> None:
        """Wait until nothing is undecided, due, sendable or unpublished (rule 6)."""
        self.wait_for(lambda: not chaos_state.left_to_do(self.folder), "the hub came to rest")

    def describe(self) -> str:
        """Say what is left to do, and the last words of every process."""
        tails = "\n".join(f"--- {role}\n{self._tail(role)}" for role in self._running)
        return f"{chaos_state.left_to_do(self.folder)}\n{tails}"

    def close(self) -> None:
        """Kill everything that was started here."""
        for process in self._running.values():
            process.kill()
            process.join()
        self._running.clear()

    def _open_inbox(self) -> None:
        journal, secrets = self.folder / JOURNAL_FILE, self.folder / SECRETS_FILE
        self._spawn("inbox", ["--journal", str(journal), "--secrets", str(secrets)], {})
        said = self._log("inbox")
        self.wait_for(lambda: said.exists() and said.read_bytes().endswith(b"\n"), "an inbox")
        port = json.loads(said.read_bytes().splitlines()[0])["port"]
        (self.folder / URL_FILE).write_text(f"http://127.0.0.1:{port}/referrals", encoding="ascii")

    def _spawn(self, role: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self._running[role] = chaos_processes.start(role, arguments, environment, self._log(role))

    def _log(self, role: str) -> Path:
        return self.folder / f"{role}.log"

    def _tail(self, role: str) -> str:
        log = self._log(role)
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-20:])
