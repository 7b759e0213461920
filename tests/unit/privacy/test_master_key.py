"""The master key's file: made once, whole, and refused when anybody else could have read it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.privacy import FileVault, MasterKey, create_master_key, local_master_key, read_master_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


def test_a_new_key_is_random_and_only_its_owner_may_read_it(path: Path, tmp_path: Path) -> None:
    create_master_key(path)
    create_master_key(tmp_path / "other.key")

    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_bytes()) == 32
    assert path.read_bytes() != (tmp_path / "other.key").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["master.key", "other.key"]


def test_a_key_is_never_replaced(path: Path, tmp_path: Path) -> None:
    create_master_key(path)
    before = path.read_bytes()

    create_master_key(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_starts_at_the_same_time_agree_on_one_key(tmp_path: Path) -> None:
    ids = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        ids.append(local_master_key(tmp_path).key_id)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ids) == 8
    assert len(set(ids)) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666, 0o777])
def test_a_key_that_others_have_rights_on_is_refused(path: Path, mode: int) -> None:
    create_master_key(path)
    path.chmod(mode)

    with pytest.raises(ConfigError, match=rf"mode {mode:04o}.*chmod 600"):
        read_master_key(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_for_its_owner_only_is_read(path: Path, mode: int) -> None:
    create_master_key(path)
    path.chmod(mode)

    assert read_master_key(path).key_id == MasterKey(path.read_bytes()).key_id


def test_a_key_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_master_key(path)
    other = os.geteuid() + 1
    monkeypatch.setattr("hub.privacy.master_key.os.geteuid", lambda: other)

    with pytest.raises(ConfigError, match=r"another user.*chown"):
        read_master_key(path)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(path: Path, length: int) -> None:
    path.touch(0o600)
    path.write_bytes(bytes(length))

    with pytest.raises(ConfigError, match=r"32 bytes.*backup"):
        read_master_key(path)


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir(0o700)

    with pytest.raises(ConfigError, match="not a regular file"):
        read_master_key(path)


def test_a_pipe_in_its_place_is_refused_without_waiting_for_it(path: Path) -> None:
    os.mkfifo(path, 0o600)

    with pytest.raises(ConfigError, match="not a regular file"):
        read_master_key(path)


def test_a_link_that_leads_round_in_circles_is_refused(path: Path) -> None:
    path.symlink_to(path)

    with pytest.raises(ConfigError, match="can't be read"):
        read_master_key(path)


def test_a_missing_key_is_named_with_its_remedy(path: Path) -> None:
    with pytest.raises(ConfigError, match=r"master\.key: it is missing.*backup"):
        read_master_key(path)


def test_beside_a_vault_no_new_key_is_made(path: Path, tmp_path: Path) -> None:
    FileVault(tmp_path / "vault.db", local_master_key(tmp_path)).close()
    path.unlink()

    with pytest.raises(ConfigError, match="missing"):
        local_master_key(tmp_path)

    assert not path.exists()


def test_derived_keys_are_apart_by_purpose_and_context() -> None:
    key = MasterKey(bytes(32))

    derived = [key.derive("a"), key.derive("b"), key.derive("a", b"b"), key.derive("ab")]

    assert len(set(derived)) == 4
    assert all(len(secret) == 32 for secret in derived)
    assert MasterKey(bytes(32)).derive("a") == derived[0]


@pytest.mark.promise("P6")
def test_no_secret_is_shown() -> None:
    secret = bytes(range(65, 97))

    shown = repr(MasterKey(secret))

    assert secret.hex() not in shown
    assert secret.decode() not in shown
    assert "key_id" not in shown
    assert MasterKey(secret).key_id in shown
