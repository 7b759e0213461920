"""A recall that does not leave is seen, and so is whom a new directory leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.app.build import Hub
from hub.cli import exits
from hub.config import load
from hub.domain.referral import Operation
from tests.integration.cli.conftest import Cli, first_start
from tests.integration.store.build import intent, put_sends, send

REFER = send("referral")
RECALL = send("recall", operation=Operation.RETRACT, minutes=1)


@pytest.fixture
def recalled(folder: Path) -> Path:
    """A hub whose recall of a disclosed referral was denied."""
    first_start(folder)
    with Hub(load(folder / "hub.toml", {})) as hub:
        put_sends(hub.store, REFER, RECALL)
        with hub.store.delivery.batch() as batch:
            batch.intend([intent(REFER)])
            batch.deny([(RECALL.send_id, ("connector-missing",))], 60.0)
    return folder


@pytest.mark.promise("P4")
@pytest.mark.usefixtures("recalled")
def test_a_recall_that_was_denied_is_told_by_doctor_and_listed_with_its_reason(cli: Cli) -> None:
    findings = {found["what"]: found for found in cli("doctor", "--json").json}
    listed = cli("referrals", "list", "--recalls", "--json").json

    assert not findings["recalls"]["well"]
    assert "1 recalls do not leave" in findings["recalls"]["found"]
    assert [(row["operation"], row["denied"]) for row in listed] == [
        ("retract", ["connector-missing"])
    ]


def test_a_directory_that_leaves_a_recipient_behind_says_so(cli: Cli, recalled: Path) -> None:
    text = (recalled / "directory.toml").read_text(encoding="utf-8")
    lines = [
        'version = "next"' if line.startswith("version =") else line for line in text.splitlines()
    ]
    (recalled / "next.toml").write_text("\n".join(lines), encoding="utf-8")

    said = cli("directory", "apply", "next.toml")

    assert said.code == exits.OK
    assert f"{REFER.recipient} is no longer in the directory and may hold 1 referrals" in said.err
