"""The demo's folder: a configuration the hub accepts, secrets for this user only."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.config import load
from hub.config.rules_files import directory_problems, read_directory, read_policy
from hub.demo.workplace import DATA, RECIPIENTS, ROLES, free_ports, prepare


def test_the_hub_accepts_the_configuration(tmp_path: Path) -> None:
    place = prepare(tmp_path)
    config = load(place.config, {})
    assert config.data_dir == place.data_dir
    assert set(config.recipients) == set(RECIPIENTS)
    assert config.clock.offset_file == place.offset


def test_policy_and_directory_are_sound_and_every_recipient_can_answer() -> None:
    directory = read_directory(DATA / "directory.toml")
    assert read_policy(DATA / "policy.toml").settle_minutes == 45
    assert directory_problems(directory, frozenset({"webhook"})) == []
    assert {name: entry.endpoint for name, entry in directory.recipients.items()} == RECIPIENTS


def test_secrets_and_data_are_readable_by_this_user_only(tmp_path: Path) -> None:
    place = prepare(tmp_path)
    others = stat.S_IRWXG | stat.S_IRWXO
    secrets = list((tmp_path / "secrets").iterdir())
    assert len(secrets) > len(RECIPIENTS)
    assert not [path for path in (*secrets, place.data_dir) if path.stat().st_mode & others]


def test_ports_are_all_different() -> None:
    ports = free_ports()
    found = {ports.ingress, ports.inbox, ports.contacts, *ports.management}
    assert len(found) == 3 + len(ROLES)


def test_the_clock_shows_the_time_it_was_moved_to(tmp_path: Path) -> None:
    place = prepare(tmp_path)
    to = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    place.move_clock(to)
    assert timedelta() <= place.now() - to < timedelta(seconds=10)
