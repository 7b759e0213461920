"""The file vault: agreed on by processes, bound to its master key, tight when tampered with."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.domain.ids import PersonKey, TenantId
from hub.errors import ConfigError, Halted, Retriable
from hub.privacy import FileVault, MasterKey, local_master_key

TENANT = TenantId("default")
A, B = PersonKey("aa" * 32), PersonKey("bb" * 32)

RACER = """
import sys
from pathlib import Path
from hub.privacy import FileVault, local_master_key
directory = Path(sys.argv[1])
sys.stdin.readline()
vault = FileVault(directory / "vault.db", local_master_key(directory))
for start in range(0, 200, 10):
    keys = vault.get_or_create("default", [f"{n:064x}" for n in range(start, start + 10)])
    for person, key in sorted(keys.items()):
        sys.stdout.write(f"{person} {key.key_id} {key.secret.hex()}\\n")
"""


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    return local_master_key(tmp_path)


@pytest.fixture
def vault(tmp_path: Path, master: MasterKey) -> Iterator[FileVault]:
    opened = FileVault(tmp_path / "vault.db", master, busy_timeout_s=0.05)
    yield opened
    opened.close()


def beside(tmp_path: Path, *, cache_ttl_s: float = 60.0) -> FileVault:
    """Open the vault once more, as another process would."""
    return FileVault(
        tmp_path / "vault.db",
        local_master_key(tmp_path),
        cache_ttl_s=cache_ttl_s,
        busy_timeout_s=0.05,
    )


def test_processes_that_race_agree_on_every_key(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RACER, str(tmp_path)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()

    answers = [racer.communicate(timeout=50)[0] for racer in racers]

    assert [racer.returncode for racer in racers] == [0, 0]
    assert answers[0] == answers[1]
    assert len(answers[0].splitlines()) == 200


def test_keys_survive_a_restart(tmp_path: Path, vault: FileVault) -> None:
    keys = vault.get_or_create(TENANT, [A, B])
    vault.close()

    with closing(beside(tmp_path)) as again:
        assert again.get_or_create(TENANT, [A, B]) == keys


def test_only_its_owner_may_read_the_files(tmp_path: Path, vault: FileVault) -> None:
    vault.get_or_create(TENANT, [A])

    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_another_master_key_is_told_at_once(tmp_path: Path, vault: FileVault) -> None:
    vault.close()

    with pytest.raises(ConfigError, match=r"another master key.*restore the master\.key"):
        FileVault(tmp_path / "vault.db", MasterKey(bytes(32)))


@pytest.mark.promise("P6")
def test_no_secret_is_in_the_file(tmp_path: Path, vault: FileVault) -> None:
    key = vault.get_or_create(TENANT, [A])[A]
    assert key is not None
    master_secret = (tmp_path / "master.key").read_bytes()

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("vault.db*"))

    assert key.key_id.encode() in stored
    assert key.secret not in stored
    assert master_secret not in stored


@pytest.mark.promise("P7")
def test_after_erasure_the_wrapped_key_is_in_no_file(tmp_path: Path, vault: FileVault) -> None:
    vault.get_or_create(TENANT, [A, B])
    with closing(sqlite3.connect(tmp_path / "vault.db")) as peek:
        (wrapped,) = peek.execute("SELECT wrapped FROM data_key WHERE person = ?", (A,)).fetchone()
    assert wrapped in b"".join(path.read_bytes() for path in tmp_path.iterdir())

    vault.erase(TENANT, A)

    assert wrapped not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.promise("P7")
def test_erasure_asks_to_be_repeated_while_a_reader_keeps_the_journal(
    tmp_path: Path, vault: FileVault
) -> None:
    vault.get_or_create(TENANT, [A])
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM data_key").fetchone()
        with pytest.raises(Retriable, match="journal"):
            vault.erase(TENANT, A)

    assert vault.get_or_create(TENANT, [A]) == {A: None}
    vault.erase(TENANT, A)
    assert (tmp_path / "vault.db-wal").stat().st_size == 0


@pytest.mark.promise("P7")
def test_another_process_stops_using_an_erased_key_when_its_time_is_over(
    tmp_path: Path, vault: FileVault
) -> None:
    key = vault.get_or_create(TENANT, [A])[A]
    assert key is not None
    with closing(beside(tmp_path, cache_ttl_s=0)) as short, closing(beside(tmp_path)) as long:
        for other in (short, long):
            assert other.unwrap(TENANT, [key.key_id]) == {key.key_id: key}

        vault.erase(TENANT, A)

        assert short.unwrap(TENANT, [key.key_id]) == {key.key_id: None}
        assert short.get_or_create(TENANT, [A]) == {A: None}
        assert long.unwrap(TENANT, [key.key_id]) == {key.key_id: key}, "its time is not over"
        assert vault.unwrap(TENANT, [key.key_id]) == {key.key_id: None}


def test_known_keys_are_had_while_the_file_is_locked(tmp_path: Path, vault: FileVault) -> None:
    key = vault.get_or_create(TENANT, [A])[A]
    assert key is not None

    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert vault.get_or_create(TENANT, [A]) == {A: key}
        assert vault.unwrap(TENANT, [key.key_id]) == {key.key_id: key}


@pytest.mark.promise("P10")
def test_a_locked_file_is_retriable(tmp_path: Path, vault: FileVault) -> None:
    with closing(sqlite3.connect(tmp_path / "vault.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Retriable, match=r"vault\.db is not available: SQLITE_BUSY"):
            vault.get_or_create(TENANT, [A])

    assert vault.get_or_create(TENANT, [A])[A] is not None


def test_a_closed_vault_is_retriable(vault: FileVault) -> None:
    vault.close()

    with pytest.raises(Retriable, match="closed"):
        vault.get_or_create(TENANT, [A])


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE data_key AS d
            SET wrapped = (SELECT wrapped FROM data_key WHERE person <> d.person)""",
        "UPDATE data_key SET person = 'x' || person",
        "UPDATE data_key SET wrapped = zeroblob(60)",
        "UPDATE data_key SET wrapped = x''",
        "UPDATE data_key SET key_id = 'x' || key_id",
    ],
    ids=["swapped", "renamed person", "overwritten", "emptied", "renamed key"],
)
def test_a_changed_row_halts_and_no_wrong_key_is_given(
    tmp_path: Path, vault: FileVault, change: str
) -> None:
    vault.get_or_create(TENANT, [A, B])
    vault.close()
    with closing(sqlite3.connect(tmp_path / "vault.db")) as tamper:
        tamper.execute(change)
        tamper.commit()
        persons = [PersonKey(row[0]) for row in tamper.execute("SELECT person FROM data_key")]

    with closing(beside(tmp_path)) as again, pytest.raises(Halted, match="backup"):
        again.get_or_create(TENANT, persons)


@pytest.mark.parametrize("month", ["", "2026-13", "2026-1", "26-11", "2026-11-01", "2026-11\n"])
def test_a_quarantine_key_is_for_a_month_only(vault: FileVault, month: str) -> None:
    with pytest.raises(ValueError, match="month"):
        vault.quarantine(TENANT, month)
