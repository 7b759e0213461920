"""Opens a SQLite file as rule 17 of the spine demands: durable, patient, on a local disk, private.

A leaf for the rooms that keep such a file (log, vault, store). Errors of SQLite become the hub's
own, named by how to recover.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hub.errors import ConfigError, Halted, Retriable

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.ceph",
        "fuse.glusterfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
    }
)
"""Kinds on which locks and shared memory can't be trusted between hosts. 9p and overlay are left
out on purpose: containers on one host use them."""

_MOUNTINFO: Final = Path("/proc/self/mountinfo")
_RETRY_S: Final = 0.01
_OCTAL: Final = re.compile(r"\\([0-7]{3})")


def connect(path: Path, *, busy_timeout_s: float = 5.0) -> sqlite3.Connection:
    """Return a connection to `path` (made with mode 0600) in WAL mode, synchronous FULL.

    The connection is in autocommit mode; `writing` makes transactions. Any thread may use it, one
    at a time. Raises `ConfigError` for a network file system, `Retriable` when the file can't be
    opened now, `Halted` when it is no SQLite database.
    """
    refuse_network_file_system(path.parent)
    with translated(path.name):
        try:
            _make(path)
        except OSError as error:
            raise Retriable(f"{path.name} can't be opened: {error.strerror}.") from error
        connection = sqlite3.connect(
            path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False
        )
        try:
            _use_wal(connection, busy_timeout_s)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
    return connection


def sync_directory(directory: Path) -> None:
    """Make the names in `directory` durable: a new file survives a power failure only then."""
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: the lock is taken at once, left normally it is durable."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Turn errors of SQLite into `Retriable` (locked, full, unreadable) or `Halted` (damaged)."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            raise Halted(
                f"{name} is damaged or no SQLite database.",
                remedy=f"Stop the hub, restore {name} from its backup and start again.",
            ) from error
        if isinstance(error, sqlite3.OperationalError):
            raise Retriable(f"{name} is not available: {error.sqlite_errorname}.") from error
        raise


def refuse_network_file_system(directory: Path, mountinfo: Path = _MOUNTINFO) -> None:
    """Raise `ConfigError` if `directory` lies on a file system shared between hosts.

    Where the system does not tell (no `mountinfo`), nothing is refused.
    """
    try:
        mounts = mountinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    kind = file_system_of(directory.resolve(), mounts)
    if kind in NETWORK_FILE_SYSTEMS:
        problem = (
            f"data directory: it lies on a network file system ({kind}), where SQLite's locks "
            "do not hold. Choose a directory on a local disk."
        )
        raise ConfigError((problem,))


def file_system_of(path: Path, mountinfo: str) -> str:
    """Return the kind of file system that holds `path` (absolute), "" if unknown.

    `mountinfo` is the text of /proc/self/mountinfo (proc_pid_mountinfo(5)); the longest mount point
    wins, among equals the later one, which covers the earlier.
    """
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        mount, separator, source = line.partition(" - ")
        fields = mount.split(" ")
        if not separator or len(fields) <= 4:  # noqa: PLR2004 - the fifth field is the mount point
            continue
        point = Path(_OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), source.split(" ", 1)[0]
    return kind


def _make(path: Path) -> None:
    """Make an empty file for its owner only, durable; SQLite gives its journals the same mode."""
    if path.exists():
        return
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    sync_directory(path.parent)


def _use_wal(connection: sqlite3.Connection, patience_s: float) -> None:
    """Switch to WAL; SQLite does not apply its busy timeout to that, so wait here."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return
