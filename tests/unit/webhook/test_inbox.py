"""The example inbox as an independent verifier: it sees breaches and survives its own death."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import msgspec
import pytest

from connectors.webhook.body import encode
from hub.domain.referral import Operation
from hub.ports import OutboundMessage
from hub.testing.inbox import Behaviour, Inbox
from hub.testing.inbox_ledger import Ledger, Refused
from tests.unit.webhook.support import (
    REFERRAL,
    SECRET,
    OpenWindow,
    config,
    message,
    recall,
    with_connector,
)


def take(ledger: Ledger, *messages: OutboundMessage) -> None:
    for each in messages:
        ledger.take(str(each.idempotency_id), encode(each, "urn:test"))


UPDATE = message(Operation.UPDATE, content_version=2)


@pytest.mark.parametrize(
    ("messages", "breaches"),
    [
        ([message(), UPDATE, recall()], 0),
        ([message(), message()], 0),
        ([message(), recall(), recall()], 0),
        ([recall()], 0),
        ([UPDATE], 1),
        ([message(Operation.RELEASE_NOTICE)], 1),
        ([message(), recall(), UPDATE], 1),
        ([recall(), message()], 1),
        ([message(), message(pages={"de": "other"})], 1),
        ([message(), message(content_version=2, idempotency_id=REFERRAL)], 1),
        ([message(generation=2), UPDATE], 1),
        ([message(generation=2, idempotency_id=REFERRAL), recall()], 0),
    ],
    ids=[
        "in order",
        "repeated",
        "recall repeated",
        "recall of an unknown referral",
        "update first",
        "notice first",
        "update after the recall",
        "referral after its recall",
        "same id, other body",
        "referred twice",
        "update of a former generation",
        "recall of a former generation",
    ],
)
def test_breaches_are_seen(messages: list[OutboundMessage], breaches: int) -> None:
    ledger = Ledger()

    take(ledger, *messages)

    assert len(ledger.breaches) == breaches


def test_a_body_that_is_not_a_message_is_refused() -> None:
    with pytest.raises(Refused, match="body-not-understood"):
        Ledger().take("id", b'{"specversion": "1.0"}')


def test_a_header_that_names_another_message_is_refused() -> None:
    with pytest.raises(Refused, match="id-differs-from-header"):
        Ledger().take("other", encode(message(), "urn:test"))


def test_the_journal_brings_back_everything_and_drops_a_torn_last_line(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    before = Ledger(journal)
    take(before, message(), message(), UPDATE)
    before.close()
    with journal.open("ab") as file:
        file.write(b'{"id": "torn')

    after = Ledger(journal)
    take(after, recall())
    after.close()
    again = Ledger(journal)
    again.close()

    assert again.receipts == after.receipts == before.receipts | {str(recall().idempotency_id): 1}
    assert again.listing() == after.listing()
    assert journal.stat().st_mode & 0o077 == 0


def test_it_is_good_again_after_as_many_messages_as_it_was_told() -> None:
    with Inbox([SECRET]) as inbox:
        put = urllib.request.Request(  # noqa: S310  # loopback only
            inbox.url.replace("/referrals", "/behaviour"),
            data=msgspec.json.encode(Behaviour(status=500, times=2)),
            method="PUT",
        )
        with urllib.request.urlopen(put) as answer:  # noqa: S310  # loopback only
            assert answer.status == 204
        failures = 0
        for _ in range(3):
            try:
                with_connector(config(inbox.url), lambda c: c.deliver(message(), OpenWindow()))
            except Exception as error:  # noqa: BLE001  # counted and compared below
                failures += "500" in str(error)

    assert failures == 2
    assert inbox.ledger.receipts == {str(message().idempotency_id): 1}


def test_what_it_answered_survives_kill_9(tmp_path: Path) -> None:
    secrets, journal = tmp_path / "secrets", tmp_path / "journal"
    secrets.write_text(SECRET + "\n", encoding="ascii")
    command = [sys.executable, "-m", "hub.testing.inbox", "--secrets", str(secrets)]
    with subprocess.Popen(
        [*command, "--journal", str(journal)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        url = f"http://127.0.0.1:{port}/referrals"
        receipt = with_connector(config(url), lambda c: c.deliver(message(), OpenWindow()))
        with urllib.request.urlopen(url) as answer:  # loopback only
            listed = json.load(answer)["referrals"]
        process.kill()

    ledger = Ledger(journal)
    ledger.close()
    assert receipt.accepted
    assert [held["referral_id"] for held in listed] == [str(REFERRAL)]
    assert ledger.listing() == listed
