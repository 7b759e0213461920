"""A PostgreSQL server of our own for a test run: in a temporary folder, on a socket only."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACES = ("/usr/lib/postgresql", "/usr/local/lib/postgresql")


def binaries() -> Path | None:
    """Return the folder of the newest server found, or None."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    found = [path.parent for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def _account() -> str | None:
    """Return the account to run the server under: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Start a server and yield its URL; stop it at the end."""
    program = binaries()
    assert program is not None
    account = _account()
    prefix = [] if account is None else ["runuser", "-u", account, "--"]
    data = folder / "data"
    if account is not None:
        shutil.chown(folder, account)

    def run(name: str, *arguments: str) -> None:
        subprocess.run(
            [*prefix, str(program / name), *arguments], check=True, capture_output=True, cwd=folder
        )

    run("initdb", "-D", str(data), "-A", "trust", "-U", "hub", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql://hub@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@contextmanager
def temporary_server() -> Iterator[str]:
    """Like `server`, in a new folder with a path short enough for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="hub-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with server(folder) as url:
            yield url
