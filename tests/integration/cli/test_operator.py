"""A command that lifts or sets a protection is logged with the account that ran it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from hub.app.build import Hub
from hub.cli.common import operator
from hub.config import load
from tests.integration.cli.conftest import Cli, first_start


def test_stopping_delivery_is_logged_with_account_and_reason(cli: Cli, folder: Path) -> None:
    first_start(folder)

    cli("delivery", "stop", "--all", "--reason", "wrong directory applied")

    with Hub(load(folder / "hub.toml", {})) as hub, hub.store.engine.connect() as connection:
        query = text("SELECT reasons, refs FROM decision_log WHERE kind = 'delivery-stopped'")
        (line,) = connection.execute(query)
    assert msgspec.json.decode(line.reasons) == ["wrong directory applied"]
    assert msgspec.json.decode(line.refs) == {"operator": operator().account}


def test_an_account_without_name_is_told_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def unnamed(_: int) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unnamed)

    assert operator().account == f"uid-{os.getuid()}"
