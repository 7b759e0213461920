"""What must be true of any run, looked at in the hub's own files after the story."""

from __future__ import annotations

import pytest

from hub.demo.cast import CAST
from hub.demo.evidence import MANY
from hub.domain.referral import Operation
from tests.acceptance.demo.conftest import Played

pytestmark = pytest.mark.timeout(180)


@pytest.mark.promise("P3")
def test_every_content_left_under_an_intent_that_names_its_consents(played: Played) -> None:
    views = played.files.views
    sends = [s for s in views.sends(limit=MANY) if s.operation != Operation.RETRACT]
    gone = [s for s in sends if s.state == "delivered"]
    intents = [intent for send in gone for intent in views.intents(send.send_id)]
    assert len(intents) == len(gone) > 0
    assert all(intent.consents and intent.policy == "demo-1" for intent in intents)


@pytest.mark.promise("P4")
def test_no_content_left_after_its_consent_was_withdrawn(played: Played) -> None:
    views = played.files.views
    recalled = [s for s in views.sends(limit=MANY) if s.operation == Operation.RETRACT]
    assert len(recalled) == 1
    others = [
        intent.at
        for send in views.sends(referral_id=recalled[0].referral_id)
        if send.operation != Operation.RETRACT
        for intent in views.intents(send.send_id)
    ]
    assert others
    assert max(others) < recalled[0].ready_at


@pytest.mark.promise("P5", "P2")
def test_the_inbox_saw_no_breach_of_order_and_nothing_twice(played: Played) -> None:
    assert played.inbox.breaches == ()
    assert played.inbox.refused == ()
    assert set(played.inbox.receipts.values()) == {1}


@pytest.mark.promise("P6")
def test_no_name_and_no_number_lies_in_clear_in_the_hubs_files_and_log_lines(
    played: Played,
) -> None:
    # Short given names are left out: sealed bytes hold them by chance.
    words = [word for parent in CAST for word in (parent.number, parent.name)]
    words += ["Erfundene Gasse", "Oma Gerda", "Hintermusterland"]
    folders = (played.place.data_dir, played.place.logs)
    files = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    found = {
        (path.name, word)
        for path in files
        for content in [path.read_bytes()]
        for word in words
        if word.encode() in content
    }
    assert len(files) > len(played.processes)
    assert found == set()
    assert b"Erfundene Gasse" in played.place.journal.read_bytes()


def test_every_process_was_ended(played: Played) -> None:
    assert len(played.processes) == 5
    assert all(running.process.poll() is not None for running in played.processes)
