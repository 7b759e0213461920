"""Bad input gets a clear answer and costs nothing else; good input is answered when durable."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from hub.domain.consent import AskState
from hub.domain.events import ConsentAsked, Draft
from hub.errors import Poison, Retriable
from tests.integration.api import rig
from tests.integration.api.rig import Client, Log, ingress, listening, message, refusal_of_consent

CLOUD = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def client(log: Log) -> Iterator[Client]:
    with listening(ingress(log)) as found:
        yield found


BAD = {
    "invalid JSON": (b"{", None, rig.PRISON, 400, "invalid-json", ""),
    "not UTF-8": (b'"\xff"', None, rig.PRISON, 400, "invalid-json", ""),
    "nested too deeply": (b"[" * 100_000, None, rig.PRISON, 400, "invalid-json", ""),
    "a number of 5000 digits": (b"1" * 5000, None, rig.PRISON, 400, "invalid-json", ""),
    "not a number": (b"[NaN]", None, rig.PRISON, 400, "invalid-json", ""),
    "a member twice": (b'{"a":1,"a":2}', None, rig.PRISON, 400, "duplicate-member", ""),
    "unsupported content type": (
        message(),
        "text/plain",
        rig.PRISON,
        415,
        "unsupported-content-type",
        "Content-Type",
    ),
    "another character set": (
        message(),
        "application/json; charset=latin-1",
        rig.PRISON,
        415,
        "unsupported-content-type",
        "Content-Type",
    ),
    "wrong credential": (message(), None, "guess", 401, "wrong-credential", "Authorization"),
    "no credential": (message(), None, None, 401, "wrong-credential", "Authorization"),
    "a recipient's credential": (
        message(),
        None,
        rig.OFFICE,
        401,
        "wrong-credential",
        "Authorization",
    ),
    "10 MB body": (b" " * 10_000_000, None, rig.PRISON, 413, "body-too-large", ""),
    "a message of a sender that has none": (
        message(),
        None,
        rig.DESK,
        422,
        "no-messages-of-its-own",
        "",
    ),
    "consent by a prison feed": (
        refusal_of_consent(),
        CLOUD,
        rig.PRISON,
        422,
        "type-not-allowed",
        "type",
    ),
    "the hub's own word": (
        refusal_of_consent(type="timers.due"),
        CLOUD,
        rig.DESK,
        422,
        "type-not-allowed",
        "type",
    ),
    "unknown type": (
        refusal_of_consent(type="consent.guessed"),
        CLOUD,
        rig.DESK,
        422,
        "unknown-type",
        "type",
    ),
    "NUL in text": (
        refusal_of_consent(
            data={
                "person": {"namespace": "NOMS", "number": "A1234BC"},
                "state": "declined",
                "taken_by": "so\x00cial",
            }
        ),
        CLOUD,
        rig.DESK,
        422,
        "nul-in-text",
        "data.taken_by",
    ),
    "a time without zone": (
        refusal_of_consent(time="2026-03-02T09:00:00"),
        CLOUD,
        rig.DESK,
        422,
        "bad-timestamp",
        "time",
    ),
    "a message from the future": (
        message(occurredAt="2026-03-04T12:00:01Z"),
        None,
        rig.PRISON,
        422,
        "future-event",
        "occurred_at",
    ),
    "no batch": ({}, BATCH, rig.DESK, 422, "not-a-batch", ""),
    "broken base64": (
        refusal_of_consent(type="hmpps", data=None, data_base64="%"),
        CLOUD,
        rig.PRISON,
        422,
        "bad-format",
        "data_base64",
    ),
}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_and_its_neighbours_go_through(
    name: str, client: Client, log: Log
) -> None:
    body, kind, token, status, reason, field = BAD[name]

    before = client.post("/events", message("A0001AA"), token=rig.PRISON)
    answer = client.post("/events", body, token=token, kind=kind or "application/json")
    after = client.post("/events", message("A0002AA"), token=rig.PRISON)

    assert (before.status, after.status, len(log.drafts)) == (202, 202, 2)
    assert (answer.status, answer.document["reason"]) == (status, reason)
    assert answer.document["field"] == field
    assert answer.document["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.promise("P6", "P11")
def test_a_subscription_confirmation_is_refused_and_its_url_is_neither_fetched_nor_repeated(
    client: Client, log: Log
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)  # noqa: FBT003 - the socket's own signature
        place = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/confirm"
        body = {
            "Type": "SubscriptionConfirmation",
            "MessageId": "5e1f0a34-0000-4000-8000-000000000002",
            "SubscribeURL": place,
            "Message": "You have chosen to subscribe",
        }
        answer = client.post("/events", body, token=rig.PRISON)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert (answer.status, answer.document["field"]) == (422, "Type")
    assert answer.document["reason"] == "subscription-confirmation-refused"
    assert place not in json.dumps(answer.document)
    assert log.drafts == []


@pytest.mark.parametrize("wrapping", ["plain", "string", "object", "base64"])
def test_a_message_may_come_as_it_is_or_inside_a_cloud_event(
    wrapping: str, client: Client, log: Log
) -> None:
    plain = message()
    event = {"specversion": "1.0", "id": "1", "source": "/forwarder", "type": "hmpps.message"}
    encoded = base64.b64encode(json.dumps(plain).encode()).decode()
    body, kind = {
        "plain": (plain, "application/json"),
        "string": ({**event, "data": json.dumps(plain)}, CLOUD),
        "object": ({**event, "data": plain}, CLOUD),
        "base64": ({**event, "data_base64": encoded}, CLOUD),
    }[wrapping]

    answer = client.post("/events", body, token=rig.PRISON, kind=kind)

    assert answer.status == 202, answer.document
    assert answer.document["events"] == [str(log.drafts[0].event_id)]
    assert log.drafts[0].source == "prison"


def test_what_a_source_ignores_is_answered_with_the_reason(client: Client, log: Log) -> None:
    answer = client.post(
        "/events", message(eventType="prisoner-offender-search.prisoner.updated"), token=rig.PRISON
    )

    assert answer.status == 202
    assert (answer.document["accepted"], log.drafts) == (0, [])
    assert len(answer.document["ignored"]) == 1


@pytest.mark.promise("P11")
def test_a_batch_with_bad_events_says_which_and_takes_the_others(client: Client, log: Log) -> None:
    batch = [
        refusal_of_consent("A0001AA", id="1"),
        {"specversion": "1.0"},
        refusal_of_consent("A0002AA", id="2"),
        refusal_of_consent("A0003AA", id="3", time="yesterday"),
        7,
        refusal_of_consent("A0003AA", id="\ud800"),
        refusal_of_consent("A0003AA", id="4", time="2026-04-02T09:00:00+01:00"),
    ]

    answer = client.post("/events", batch, token=rig.DESK, kind=BATCH)

    assert answer.status == 422
    assert answer.document["accepted"] == 2
    assert [refused["index"] for refused in answer.document["refused"]] == [1, 3, 4, 5, 6]
    assert len(log.drafts) == 2


@pytest.mark.promise("P11")
def test_a_date_beyond_all_calendars_costs_a_batch_its_own_event_only(
    client: Client, log: Log
) -> None:
    for_ever = refusal_of_consent("A0001AA", id="1")
    for_ever["data"] = {**_data(for_ever), "until": "9999-12-31T00:00:00Z"}

    answer = client.post(
        "/events", [for_ever, refusal_of_consent("A0002AA", id="2")], token=rig.DESK, kind=BATCH
    )

    [refused] = answer.document["refused"]
    assert (answer.status, answer.document["accepted"], len(log.drafts)) == (422, 1, 1)
    assert (refused["index"], refused["problems"][0]["field"]) == (0, "data.until")


def _data(event: dict[str, object]) -> dict[str, object]:
    data = event["data"]
    assert isinstance(data, dict)
    return data


@pytest.mark.promise("P11")
def test_an_event_that_only_the_append_refuses_costs_a_batch_itself_only() -> None:
    class Strict(Log):
        """Refuses at the last moment what it said nothing against before."""

        def append(self, drafts: Sequence[Draft]) -> None:
            """Refuse all, for the sake of a postponement."""
            states = [d.payload.state for d in drafts if isinstance(d.payload, ConsentAsked)]
            if AskState.POSTPONED in states:
                raise Poison("value-too-long", "payload", "send less")
            super().append(drafts)

    batch = [refusal_of_consent(f"A000{n}AA", id=str(n)) for n in range(3)]
    batch[1]["data"] = {**_data(batch[1]), "state": "postponed"}
    log = Strict()
    with listening(ingress(log)) as client:
        answer = client.post("/events", batch, token=rig.DESK, kind=BATCH)
        alone = client.post("/events", batch[1], token=rig.DESK, kind=CLOUD)

    assert (answer.status, answer.document["accepted"], len(log.drafts)) == (422, 2, 2)
    assert [refused["index"] for refused in answer.document["refused"]] == [1]
    assert (alone.status, alone.document["reason"]) == (422, "value-too-long")


def test_a_good_batch_is_taken_as_one(client: Client, log: Log) -> None:
    batch = [refusal_of_consent(f"A000{n}AA", id=str(n)) for n in range(5)]

    answer = client.post("/events", batch, token=rig.DESK, kind=BATCH)

    assert (answer.status, answer.document["accepted"], log.calls) == (202, 5, 1)


def test_the_same_message_twice_is_one_event(client: Client, log: Log) -> None:
    for _ in range(2):
        assert client.post("/events", message(), token=rig.PRISON).status == 202

    assert len({draft.event_id for draft in log.drafts}) == 1


@pytest.mark.promise("P10", "P11")
def test_while_log_or_vault_is_away_nothing_is_accepted(client: Client, log: Log) -> None:
    log.fault = Retriable("the vault does not answer", retry_after_s=7)

    answer = client.post("/events", message(), token=rig.PRISON)

    assert (answer.status, answer.headers["retry-after"]) == (503, "7")
    assert answer.document["reason"] == "temporarily-unavailable"
    log.fault = None
    assert client.post("/events", message(), token=rig.PRISON).status == 202


@pytest.mark.promise("P6", "P11")
def test_a_fault_of_the_hub_says_nothing_of_its_cause(client: Client, log: Log) -> None:
    log.fault = RuntimeError("A1234BC was here")

    answer = client.post("/events", message(), token=rig.PRISON)

    assert (answer.status, answer.document["reason"]) == (500, "fault-of-the-hub")
    assert "A1234BC" not in json.dumps(answer.document)


@pytest.mark.promise("P11")
def test_an_endless_body_is_cut_off_at_the_limit(client: Client, log: Log) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        while True:
            sent.append(1)
            yield b" " * 65_536

    try:
        answer = client.request(
            "POST",
            "/events",
            endless(),  # type: ignore[arg-type]  # http.client sends an iterator in chunks
            {
                "Content-Type": "application/json",
                "Authorization": f"Bearer {rig.PRISON}",
                "Transfer-Encoding": "chunked",
            },
        )
        status = answer.status
    except (ConnectionError, BrokenPipeError):
        # The server closed while we were writing: it read no further.
        status = 413

    assert status == 413
    assert log.drafts == []
    assert len(sent) < 3_000


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/events", 405),
        ("PUT", "/events", 405),
        ("POST", "/", 404),
        ("GET", "/live", 404),
        ("GET", "/metrics", 404),
        ("POST", "/persons", 404),
        ("GET", "/referrals", 404),
    ],
)
@pytest.mark.promise("P12")
def test_there_is_no_other_door(client: Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, None, {"Authorization": f"Bearer {rig.PRISON}"})

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_concurrent_requests_share_one_append() -> None:
    class SlowLog(Log):
        """Holds the first append until the others wait."""

        def __init__(self) -> None:
            super().__init__()
            self.first = threading.Event()
            self.go_on = threading.Event()

        def append(self, drafts: Sequence[Draft]) -> None:
            """Keep the drafts once told to."""
            self.first.set()
            assert self.go_on.wait(10)
            super().append(drafts)

    log = SlowLog()
    statuses: list[int] = []
    with listening(ingress(log)) as client:

        def send(number: int) -> None:
            answer = client.post("/events", message(f"A{number:04}AA"), token=rig.PRISON)
            statuses.append(answer.status)

        threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
        threads[0].start()
        assert log.first.wait(10)
        for thread in threads[1:]:
            thread.start()
        log.go_on.set()
        for thread in threads:
            thread.join(10)

    assert statuses == [202] * 8
    assert len(log.drafts) == 8
