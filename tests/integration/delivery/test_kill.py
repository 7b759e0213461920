"""A dispatcher killed at every point: at least once, never twice in effect, in order, recalled."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.crashpoints import CrashPoint
from hub.domain.referral import Operation
from hub.ports import SendRow
from hub.testing.crash import DISPATCHER_POINTS, crashed, dying_at
from hub.testing.inbox import Inbox
from tests.integration.delivery.people import case_of, send, withdrawn
from tests.integration.delivery.worker import SECRET, deliver, open_vault
from tests.integration.delivery.world import World

PEOPLE = (1, 2, 3)


class Scene:
    """A store with referrals to three people's office, and the inbox that verifies."""

    def __init__(self, folder: Path, inbox: Inbox) -> None:
        self.inbox = inbox
        self._folder = folder
        self._vault = open_vault(folder)
        self.world = World(folder, self._vault)
        self.sends = [
            send(operation, number=number, version=version, later_s=float(version))
            for number in PEOPLE
            for operation, version in ((Operation.REFER, 1), (Operation.UPDATE, 2))
        ]
        self.world.put(*self.sends, cases=[case_of(number) for number in PEOPLE])

    def die_at(self, point: CrashPoint) -> int:
        """Run a delivery process to its death and return its code."""
        command = [sys.executable, "-m", "tests.integration.delivery.worker"]
        return subprocess.run(
            [*command, str(self._folder), self.inbox.url],
            env=os.environ | dying_at(point),
            check=False,
            timeout=40,
        ).returncode

    def finish(self) -> None:
        """Deliver what is left; the successor needs no process of its own."""
        asyncio.run(deliver(self._folder, self.inbox.url))

    def intents(self, row: SendRow) -> int:
        """Count the intents under which content about a person was to leave."""
        by_consent = "select 1 from intents where person = :person and consents <> '[]'"
        return len(self.world.query(by_consent, person=row.person))

    def close(self) -> None:
        """Close store and vault."""
        self.world.close()
        self._vault.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Three referrals, each followed by an update."""
    with Inbox([SECRET], journal=tmp_path / "journal") as inbox:
        made = Scene(tmp_path, inbox)
        yield made
        made.close()


@pytest.mark.promise("P1")
@pytest.mark.promise("P2")
@pytest.mark.promise("P4")
@pytest.mark.promise("P5")
@pytest.mark.parametrize("point", DISPATCHER_POINTS)
def test_after_kill_9_everything_arrives_once_in_order_and_what_left_is_recalled(
    scene: Scene, point: CrashPoint
) -> None:
    died = scene.die_at(point)
    first = scene.sends[0]
    begun = scene.intents(first)
    scene.world.put(
        send(Operation.RETRACT, number=1, version=2, later_s=60.0),
        cases=[withdrawn(case_of(1))],
    )
    scene.finish()

    ledger = scene.inbox.ledger
    others = [row for row in scene.sends if row.referral_id != first.referral_id]
    assert crashed(died)
    assert ledger.breaches == []
    for row in others:
        held = ledger.referrals[str(row.referral_id)]
        assert held.open
        assert held.operations == ["refer/1/1", "update/1/2"]
        assert ledger.receipts[str(row.idempotency_id)] >= 1
    assert scene.intents(first) == begun
    if begun:
        assert ledger.referrals[str(first.referral_id)].recall is not None
        assert not ledger.referrals[str(first.referral_id)].open
    else:
        assert str(first.referral_id) not in ledger.referrals


@pytest.mark.promise("P2")
def test_a_message_whose_result_was_lost_is_sent_again_under_the_same_id(scene: Scene) -> None:
    died = scene.die_at("after-send")
    arrived = dict(scene.inbox.ledger.receipts)
    scene.finish()

    ledger = scene.inbox.ledger
    assert crashed(died)
    assert arrived
    assert set(ledger.receipts) == {str(row.idempotency_id) for row in scene.sends}
    assert max(ledger.receipts.values()) >= 2
    assert ledger.breaches == []
