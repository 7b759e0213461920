"""SQLite files: durable, whole transactions, no network file systems, errors by recovery."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.errors import ConfigError, Halted, Retriable
from hub.local_sqlite import (
    connect,
    file_system_of,
    refuse_network_file_system,
    translated,
    writing,
)

MOUNTS = r"""
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
40 22 0:45 / /srv/share rw,relatime shared:1 - nfs4 files:/export rw,vers=4.2
41 40 254:1 / /srv/share/local rw - xfs /dev/vdb rw
42 22 0:46 / /srv/with\040space rw - cifs //files/share rw
43 22 254:2 / /srv/covered rw - nfs files:/old rw
44 22 254:3 / /srv/covered rw - ext4 /dev/vdc rw
45 22 0:47 / /srv/overlay rw - overlay overlay rw
46 22 0:48 / /srv/sshfs rw master:5 shared:6 - fuse.sshfs host:/ rw
unreadable line
"""


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(tmp_path / "a.db", busy_timeout_s=0.05)) as opened:
        opened.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)")
        yield opened


def pragma(connection: sqlite3.Connection, name: str) -> object:
    """Return a setting of the connection."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_a_commit_is_on_disk(connection: sqlite3.Connection) -> None:
    assert pragma(connection, "journal_mode") == "wal"
    assert pragma(connection, "synchronous") == 2
    assert pragma(connection, "busy_timeout") == 50
    assert pragma(connection, "secure_delete") == 1


def test_a_transaction_is_written_whole_or_not_at_all(connection: sqlite3.Connection) -> None:
    with writing(connection):
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError), writing(connection):
        connection.executemany("INSERT INTO t VALUES (?)", [(2,), (1,)])

    assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]
    assert not connection.in_transaction


def test_a_locked_file_is_retriable(tmp_path: Path, connection: sqlite3.Connection) -> None:
    def insert() -> None:
        with translated("a.db"), writing(connection):
            connection.execute("INSERT INTO t VALUES (1)")

    other = connect(tmp_path / "a.db")
    with closing(other), writing(other), pytest.raises(Retriable, match="SQLITE_BUSY"):
        insert()

    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_damage_halts_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "b.db").write_bytes(b"no database" * 500)

    with pytest.raises(Halted, match=r"restore b\.db"):
        connect(tmp_path / "b.db")


def test_a_defect_of_ours_is_not_hidden(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO t VALUES (1)")

    with pytest.raises(sqlite3.IntegrityError), translated("a.db"):
        connection.execute("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/hub", "ext4"),
        ("/srv/share", "nfs4"),
        ("/srv/share/hub", "nfs4"),
        ("/srv/shared", "ext4"),
        ("/srv/share/local/hub", "xfs"),
        ("/srv/with space/hub", "cifs"),
        ("/srv/covered/hub", "ext4"),
        ("/srv/overlay", "overlay"),
    ],
)
def test_the_nearest_mount_tells_the_kind(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_an_unknown_table_of_mounts_tells_nothing() -> None:
    assert file_system_of(Path("/srv"), "") == ""


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs"])
def test_a_network_file_system_is_refused_with_the_remedy(tmp_path: Path, kind: str) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 0 0:1 / / rw - {kind} files:/ rw\n", encoding="utf-8")

    with pytest.raises(ConfigError, match=f"{kind}.*local disk"):
        refuse_network_file_system(tmp_path, mountinfo)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "overlay", "9p", "tmpfs", "virtiofs"])
def test_file_systems_of_one_host_are_taken(tmp_path: Path, kind: str) -> None:
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text(f"1 0 0:1 / / rw - {kind} disk rw\n", encoding="utf-8")

    assert file_system_of(tmp_path, mountinfo.read_text(encoding="utf-8")) == kind
    refuse_network_file_system(tmp_path, mountinfo)


def test_where_the_system_does_not_tell_nothing_is_refused(tmp_path: Path) -> None:
    assert not (tmp_path / "missing").exists()
    refuse_network_file_system(tmp_path, tmp_path / "missing")
