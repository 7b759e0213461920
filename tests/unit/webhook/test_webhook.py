"""The connector against the example inbox, over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.webhook.answers import seconds
from connectors.webhook.connector import WebhookConnector
from connectors.webhook.network import is_public
from connectors.webhook.signing import sign
from hub.domain.referral import Operation
from hub.domain.values import changed
from hub.errors import Permanent, Retriable
from hub.ports import OutboundMessage, Receipt
from hub.testing.clock import START
from hub.testing.inbox import Behaviour, Inbox
from tests.unit.webhook.support import (
    NEXT_SECRET,
    REFERRAL,
    SECRET,
    ClosedWindow,
    OpenWindow,
    config,
    message,
    recall,
    with_connector,
)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A well-behaved inbox."""
    with Inbox([SECRET]) as listening:
        yield listening


def deliver(
    inbox: Inbox, *messages: OutboundMessage, total_timeout_s: float = 5.0, max_bytes: int = 100_000
) -> list[Receipt]:
    settings = config(inbox.url, total_timeout_s=total_timeout_s, max_bytes=max_bytes)

    async def use(connector: WebhookConnector) -> list[Receipt]:
        return [await connector.deliver(each, OpenWindow()) for each in messages]

    return with_connector(settings, use)


def test_signature_equals_the_vector_of_the_standard() -> None:
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signature = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_referral_arrives_whole_and_is_receipted(inbox: Inbox) -> None:
    receipts = deliver(inbox, message())

    held = inbox.ledger.referrals[str(REFERRAL)]
    assert receipts == [Receipt(accepted=True)]
    assert held.open
    assert held.pages == message().pages
    assert held.content is not None
    assert held.content["items"] == {"child-identity": [{"key": "given_name", "value": "Testkind"}]}
    assert held.content["verified"] is False


@pytest.mark.promise("P2")
def test_a_repeated_message_has_the_same_bytes_and_one_effect(inbox: Inbox) -> None:
    deliver(inbox, message(), message(), message())

    assert inbox.ledger.receipts == {str(message().idempotency_id): 3}
    assert inbox.ledger.referrals[str(REFERRAL)].operations == ["refer/1/1"]
    assert inbox.ledger.breaches == []


@pytest.mark.promise("P3")
def test_a_recall_carries_ids_kind_reason_and_norm_and_nothing_else(
    inbox: Inbox, tmp_path: Path
) -> None:
    with Inbox([SECRET], journal=tmp_path / "journal") as journalling:
        deliver(journalling, message(), recall())
    last = json.loads((tmp_path / "journal").read_bytes().splitlines()[-1])["body"]

    assert last["data"] == {
        "referral_id": str(REFERRAL),
        "generation": 1,
        "operation": "retract",
        "content_version": 1,
        "purpose": "family-support",
        "retraction": {
            "kind": "withdrawn",
            "reason": "consent-withdrawn",
            "norm": "norm of retraction",
        },
    }
    assert inbox.ledger.referrals == {}


def test_a_recall_of_an_unknown_referral_becomes_a_tombstone(inbox: Inbox) -> None:
    deliver(inbox, recall(), message())

    held = inbox.ledger.referrals[str(REFERRAL)]
    assert held.tombstone
    assert not held.open
    assert len(inbox.ledger.breaches) == 1


def test_both_secrets_sign_so_that_either_side_may_rotate_first() -> None:
    with Inbox([NEXT_SECRET]) as rotated:
        settings = config(rotated.url, SECRET, NEXT_SECRET)
        with_connector(settings, lambda c: c.deliver(message(), OpenWindow()))

        assert str(REFERRAL) in rotated.ledger.referrals


def test_a_wrong_secret_is_refused_by_the_inbox_and_final() -> None:
    with Inbox([NEXT_SECRET]) as other:
        with pytest.raises(Permanent) as caught:
            deliver(other, message())

        assert caught.value.code == "rejected-401"
        assert other.app.refused == ["signature-wrong"]


def test_an_old_timestamp_is_refused_by_the_inbox(inbox: Inbox) -> None:
    with pytest.raises(Permanent):
        with_connector(
            config(inbox.url),
            lambda c: c.deliver(message(), OpenWindow()),
            epoch=lambda: 1_700_000_000.0,
        )

    assert inbox.app.refused == ["timestamp-out-of-tolerance"]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (302, Permanent, "redirect"),
        (400, Permanent, "rejected-400"),
        (404, Permanent, "rejected-404"),
        (408, Retriable, "http-408"),
        (410, Permanent, "recipient-gone"),
        (429, Retriable, "http-429"),
        (500, Retriable, "http-500"),
        (502, Retriable, "http-502"),
        (503, Retriable, "http-503"),
        (504, Retriable, "http-504"),
    ],
)
def test_each_status_says_how_to_go_on(
    inbox: Inbox, status: int, error: type[Exception], code: str
) -> None:
    inbox.behave(Behaviour(status=status))

    with pytest.raises((Permanent, Retriable)) as caught:
        deliver(inbox, message())

    problem = caught.value
    assert isinstance(problem, Permanent | Retriable)
    assert (type(problem), problem.code, problem.possibly_sent) == (error, code, True)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 08:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str | None, wait: float | None) -> None:
    assert seconds(header, lambda: START) == wait


def test_retry_after_reaches_the_dispatcher(inbox: Inbox) -> None:
    inbox.behave(Behaviour(status=429, retry_after="7"))

    with pytest.raises(Retriable) as caught:
        deliver(inbox, message())

    assert caught.value.retry_after_s == 7.0


def test_an_inbox_that_hangs_is_given_up_and_may_have_it(inbox: Inbox) -> None:
    inbox.behave(Behaviour(hang=True, keep=True))

    with pytest.raises(Retriable) as caught:
        deliver(inbox, message(), total_timeout_s=0.2)

    assert caught.value.code == "timeout"
    assert caught.value.possibly_sent
    assert str(REFERRAL) in inbox.ledger.referrals


@pytest.mark.promise("P3")
def test_where_nobody_listens_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    window = OpenWindow()

    with pytest.raises(Retriable) as caught:
        with_connector(config(f"http://127.0.0.1:{port}/"), lambda c: c.deliver(message(), window))

    assert caught.value.code == "no-connection"
    assert not caught.value.possibly_sent
    assert window.asked == 0


@pytest.mark.promise("P4")
def test_an_intent_that_ran_out_stops_the_first_byte_on_an_open_connection() -> None:
    received = bytearray()

    async def story() -> bool:
        async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            received.extend(await reader.read())
            writer.close()
            connected.set()

        connected = asyncio.Event()
        server = await asyncio.start_server(note, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connector = WebhookConnector(config(f"http://127.0.0.1:{port}/"))
        try:
            await connector.deliver(message(), ClosedWindow())
        except Retriable as error:
            await connected.wait()
            return error.possibly_sent
        finally:
            await connector.close()
            server.close()
        return True

    assert asyncio.run(story()) is False
    assert received == b""


@pytest.mark.promise("P3")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_private_addresses_are_refused_unless_allowed(inbox: Inbox, host: str) -> None:
    settings = config(f"https://{host}:{inbox.port}/", private=False)

    with pytest.raises(Retriable) as caught:
        with_connector(settings, lambda c: c.deliver(message(), OpenWindow()))

    assert caught.value.code == "address-refused"
    assert not caught.value.possibly_sent


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:a00:1::1", False),
    ],
)
def test_what_counts_as_a_public_address(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def test_a_message_larger_than_allowed_is_refused_before_sending(inbox: Inbox) -> None:
    big = message(pages={"de": "x" * 5000})

    with pytest.raises(Permanent) as caught:
        deliver(inbox, big, max_bytes=4096)

    assert caught.value.code == "too-large"
    assert not caught.value.possibly_sent
    assert inbox.ledger.receipts == {}


def test_an_endpoint_the_connector_does_not_have_waits_for_the_operator(inbox: Inbox) -> None:
    with pytest.raises(Retriable) as caught:
        deliver(inbox, changed(message(), endpoint="elsewhere"))

    assert caught.value.code == "endpoint-unknown"
    assert not caught.value.possibly_sent


@pytest.mark.promise("P6")
@pytest.mark.parametrize("status", [302, 400, 410, 503])
def test_errors_hold_no_personal_data_and_no_secret(inbox: Inbox, status: int) -> None:
    inbox.behave(Behaviour(status=status))

    with pytest.raises((Permanent, Retriable)) as caught:
        deliver(inbox, message())

    said = repr(caught.value) + repr(config(inbox.url))
    assert "Testkind" not in said
    assert SECRET not in said


def test_check_reaches_the_inbox_and_sends_nothing_about_a_person(inbox: Inbox) -> None:
    with_connector(config(inbox.url), lambda c: c.check())

    assert inbox.ledger.receipts == {}
    assert inbox.app.refused == []


def test_check_says_which_endpoint_cannot_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(Retriable, match="musterstadt"):
        with_connector(config(f"http://127.0.0.1:{port}/"), lambda c: c.check())


def test_every_operation_is_carried(inbox: Inbox) -> None:
    deliver(
        inbox,
        message(),
        message(Operation.UPDATE, content_version=2),
        message(Operation.RELEASE_NOTICE),
        recall(),
    )

    held = inbox.ledger.referrals[str(REFERRAL)]
    assert held.operations == ["refer/1/1", "update/1/2", "release-notice/1/1", "retract/1/1"]
    assert not held.open
    assert inbox.ledger.breaches == []
