"""Starts a role or the inbox as a real process within milliseconds, so that it can be killed often.

A server process imports what is slow to import and forks from there; what knows crash points is
imported after the fork, when the child's environment is set.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

_PRELOADED: Final = [
    "aiohttp",
    "alembic",
    "connectors.webhook",
    "cryptography.hazmat.primitives.ciphers.aead",
    "fastavro",
    "hub.app.roles",
    "hub.config",
    "hub.testing.inbox",
    "sqlalchemy.dialects.sqlite",
    "tests.support.chaos_plan",
]

_servers = multiprocessing.get_context("forkserver")
_servers.set_forkserver_preload(_PRELOADED)


def start(
    role: str, arguments: Sequence[str], environment: Mapping[str, str], output: Path
) -> ForkServerProcess:
    """Start a role of `tests.support.chaos_worker`, or `inbox`; its words are added to `output`.

    No setting of the caller's own hub reaches it.
    """
    process = _servers.Process(
        target=_live, args=(role, list(arguments), dict(environment), str(output)), daemon=True
    )
    process.start()
    return process


def _live(role: str, arguments: list[str], environment: dict[str, str], output: str) -> None:
    """Be the child."""
    for name in [name for name in os.environ if name.startswith("HUB_")]:
        del os.environ[name]
    os.environ.update(environment)
    handle = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    os.dup2(handle, sys.stdout.fileno())
    os.dup2(handle, sys.stderr.fileno())
    if role == "inbox":
        from hub.testing.inbox import main as receive  # noqa: PLC0415 - see the module's docstring

        receive(arguments)
    else:
        from tests.support.chaos_worker import main as work  # noqa: PLC0415 - as above

        work(role, Path(arguments[0]))
