"""A recipient answers its own referrals, and learns nothing of any other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.domain.events import Acknowledged
from hub.domain.referral import Business
from tests.integration.api import rig
from tests.integration.api.rig import REFERRAL, Client, Log, ingress, listening

GOOD = {"referral_id": str(REFERRAL), "generation": 1, "status": "accepted"}


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def client(log: Log) -> Iterator[Client]:
    with listening(ingress(log)) as found:
        yield found


def test_an_answer_becomes_an_event_of_the_person(client: Client, log: Log) -> None:
    answer = client.post("/acknowledgements", GOOD, token=rig.OFFICE)

    assert answer.status == 202
    [draft] = log.drafts
    assert isinstance(draft.payload, Acknowledged)
    assert (draft.payload.status, draft.payload.recipient) == (Business.ACCEPTED, "office-a")
    assert draft.person == "ab" * 32


def test_an_answer_sent_twice_is_one_event(client: Client, log: Log) -> None:
    for _ in range(2):
        assert client.post("/acknowledgements", GOOD, token=rig.OFFICE).status == 202

    assert len({draft.event_id for draft in log.drafts}) == 1


@pytest.mark.promise("P12")
def test_anothers_referral_is_answered_like_one_that_does_not_exist(
    client: Client, log: Log
) -> None:
    theirs = client.post("/acknowledgements", GOOD, token=rig.OTHER_OFFICE)
    nowhere = client.post(
        "/acknowledgements",
        {**GOOD, "referral_id": "22222222-2222-5222-8222-222222222222"},
        token=rig.OTHER_OFFICE,
    )

    assert theirs.status == nowhere.status == 404
    assert theirs.document == nowhere.document
    assert log.drafts == []


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("body", "answered"),
    [
        (b"{", (400, "invalid-json", "")),
        ([], (422, "wrong-type", "")),
        ({**GOOD, "generation": 2}, (404, "unknown-referral", "referral_id")),
        ({**GOOD, "generation": "1"}, (422, "wrong-type", "generation")),
        ({**GOOD, "status": "thanks"}, (422, "unknown-value", "status")),
        ({**GOOD, "status": "unknown"}, (422, "unknown-value", "status")),
        ({**GOOD, "code": "we know this family"}, (422, "bad-format", "code")),
        ({**GOOD, "note": "free text"}, (422, "unknown-field", "")),
        ({**GOOD, "referral_id": "7"}, (422, "bad-format", "referral_id")),
        ({"generation": 1, "status": "accepted"}, (422, "missing-field", "referral_id")),
        (b" " * 20_000, (413, "body-too-large", "")),
    ],
)
def test_a_bad_answer_is_named(
    client: Client, log: Log, body: object, answered: tuple[int, str, str]
) -> None:
    answer = client.post("/acknowledgements", body, token=rig.OFFICE)

    assert (answer.status, answer.document["reason"], answer.document["field"]) == answered
    assert log.drafts == []


def test_a_senders_credential_opens_nothing_here(client: Client) -> None:
    assert client.post("/acknowledgements", GOOD, token=rig.PRISON).status == 401
    assert client.post("/acknowledgements", GOOD).status == 401
