"""Bad messages get a reason and the path of the field at fault; nothing of them is repeated."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hmpps.envelope import LARGEST
from hub.errors import Poison
from tests.unit.hmpps.support import (
    NUMBER,
    RELEASED,
    bare,
    event,
    info,
    translated,
    wrapped,
)

MERGED = "prison-offender-events.prisoner.merged"
BOOKING_MOVED = "prison-offender-events.prisoner.booking.moved"
BOOKING_DELETED = "prison-offender-events.prisoner.booking.deleted"
INFO = "additionalInformation"


def of(identifiers: object) -> dict[str, object]:
    """Return a person reference."""
    return {"identifiers": identifiers}


BAD: list[tuple[str, bytes, str, str]] = [
    ("no JSON", b"{", "invalid-json", ""),
    ("not UTF-8", b'{"eventType": "\xff"}', "invalid-json", ""),
    ("nested too deep", b"[" * 100_000, "invalid-json", ""),
    ("half a surrogate", b'{"eventType": "\\ud800"}', "invalid-json", ""),
    ("a list", b"[]", "wrong-type", ""),
    ("empty", b"", "invalid-json", ""),
    ("nothing known", b"{}", "missing-field", "eventType"),
    ("too large", b"x" * (LARGEST + 1), "value-too-long", ""),
    ("no Type", json.dumps({"Message": "{}"}).encode(), "missing-field", "Type"),
    ("foreign Type", wrapped(event(), Type="Other"), "unknown-envelope", "Type"),
    ("no Message", wrapped(event(), Message=None), "missing-field", "Message"),
    ("Message is an object", wrapped(event(), Message={"a": 1}), "wrong-type", "Message"),
    ("Message is no JSON", wrapped(event(), Message="{"), "invalid-json", "Message"),
    ("Message is a list", wrapped(event(), Message="[]"), "wrong-type", "Message"),
    ("Message without type", wrapped({}), "missing-field", "Message.eventType"),
    ("MessageId is a number", wrapped(event(), MessageId=7), "wrong-type", "MessageId"),
    (
        "subscription",
        wrapped(event(), Type="SubscriptionConfirmation", SubscribeURL="https://sns.example/x"),
        "subscription-confirmation-refused",
        "Type",
    ),
    (
        "unsubscription",
        wrapped(event(), Type="UnsubscribeConfirmation"),
        "subscription-confirmation-refused",
        "Type",
    ),
    ("later version", bare(event(version="2.1")), "unsupported-version", "version"),
    ("no time", bare(event(occurredAt=None)), "missing-field", "occurredAt"),
    ("time is a number", bare(event(occurredAt=1)), "wrong-type", "occurredAt"),
    ("no such day", bare(event(occurredAt="2026-02-30T00:00:00Z")), "bad-timestamp", "occurredAt"),
    ("words for a time", bare(event(occurredAt="today")), "bad-timestamp", "occurredAt"),
    (
        "first year",
        bare(event(occurredAt="0001-01-01T00:00:00+14:00")),
        "bad-timestamp",
        "occurredAt",
    ),
    ("offset", bare(event(occurredAt="2026-01-01T00:00:00+99:00")), "bad-timestamp", "occurredAt"),
    (
        "no reason",
        bare(event(additionalInformation=info(reason=None))),
        "missing-field",
        INFO + ".reason",
    ),
    ("info is a list", bare(event(additionalInformation=[])), "wrong-type", INFO),
    (
        "code is a number",
        bare(event(additionalInformation=info(nomisMovementReasonCode=24))),
        "wrong-type",
        INFO + ".nomisMovementReasonCode",
    ),
    (
        "NUL",
        bare(event(additionalInformation=info(prisonId="M\x00I"))),
        "nul-in-text",
        INFO + ".prisonId",
    ),
    (
        "long",
        bare(event(additionalInformation=info(prisonId="M" * 21))),
        "value-too-long",
        INFO + ".prisonId",
    ),
    ("long type", bare(event("x" * 201)), "value-too-long", "eventType"),
    (
        "odd number",
        bare(event(additionalInformation=info(nomsNumber="Z0000Z"))),
        "bad-person-number",
        INFO + ".nomsNumber",
    ),
    (
        "wide digits",
        bare(event(additionalInformation=info(nomsNumber="Z\N{FULLWIDTH DIGIT ZERO}000ZZ"))),
        "bad-person-number",
        INFO + ".nomsNumber",
    ),
    (
        "odd reference",
        bare(event(personReference=of([{"type": "NOMS", "value": "1"}]))),
        "bad-person-number",
        "personReference.identifiers[0].value",
    ),
    (
        "reference without value",
        bare(event(personReference=of([{"type": "NOMS"}]))),
        "missing-field",
        "personReference.identifiers[0].value",
    ),
    ("reference is a text", bare(event(personReference=NUMBER)), "wrong-type", "personReference"),
    (
        "identifiers is a text",
        bare(event(personReference=of("a"))),
        "wrong-type",
        "personReference.identifiers",
    ),
    (
        "identifier is a text",
        bare(event(personReference=of(["a"]))),
        "wrong-type",
        "personReference.identifiers[0]",
    ),
    (
        "nobody",
        bare(event(personReference=None, additionalInformation=info(nomsNumber=None))),
        "missing-person",
        INFO + ".nomsNumber",
    ),
    (
        "two persons",
        bare(event(additionalInformation=info(nomsNumber="Z0001ZZ"))),
        "contradictory-person",
        "personReference.identifiers[0].value",
    ),
    (
        "merged with itself",
        bare(event(MERGED, additionalInformation=info(removedNomsNumber=NUMBER))),
        "contradictory-person",
        INFO + ".removedNomsNumber",
    ),
    ("merged with nobody", bare(event(MERGED)), "missing-field", INFO + ".removedNomsNumber"),
    (
        "moved to itself",
        bare(
            event(
                BOOKING_MOVED,
                additionalInformation={"movedToNomsNumber": NUMBER, "movedFromNomsNumber": NUMBER},
            )
        ),
        "contradictory-person",
        INFO + ".movedFromNomsNumber",
    ),
    (
        "moved without booking",
        bare(event(BOOKING_MOVED, additionalInformation={"movedFromNomsNumber": "Z0001ZZ"})),
        "missing-field",
        INFO + ".bookingId",
    ),
    (
        "deleted of nobody",
        bare(event(BOOKING_DELETED, personReference=None, additionalInformation={"bookingId": 1})),
        "missing-person",
        INFO + ".nomsNumber",
    ),
    (
        "deleted what",
        bare(event(BOOKING_DELETED, additionalInformation=None)),
        "missing-field",
        INFO + ".bookingId",
    ),
]


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("body", "reason", "path"), [row[1:] for row in BAD], ids=[r[0] for r in BAD]
)
def test_a_bad_message_names_reason_and_field(body: bytes, reason: str, path: str) -> None:
    with pytest.raises(Poison) as caught:
        translated(body)

    assert (caught.value.reason, caught.value.field_path) == (reason, path)
    assert caught.value.remedy


@pytest.mark.promise("P11")
def test_a_fault_inside_the_envelope_is_named_from_the_outside() -> None:
    with pytest.raises(Poison) as caught:
        translated(wrapped(event(additionalInformation=info(reason=None))))

    assert caught.value.field_path == "Message.additionalInformation.reason"


CANARY = "Canary-Kanarienvogel-4711"


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "body",
    [
        bare(event(additionalInformation=info(nomsNumber=CANARY))),
        bare(event(additionalInformation=info(prisonId=CANARY + "\x00"))),
        bare(event(additionalInformation=info(reason=[CANARY]))),
        bare(event(occurredAt=CANARY)),
        wrapped(event(), Message='{"a": ' + CANARY),
        b'{"eventType": ' + CANARY.encode(),
        bare(event(personReference=of([{"type": "NOMS", "value": CANARY}]))),
    ],
)
def test_an_error_repeats_nothing_of_the_message(body: bytes) -> None:
    with pytest.raises(Poison) as caught:
        translated(body)

    chain: list[BaseException] = [caught.value]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    assert CANARY not in "".join(f"{error} {error!r} {error.args}" for error in chain)


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = st.sampled_from(["eventType", "version", "occurredAt", INFO, "personReference"])
DETAILS = st.sampled_from(["nomsNumber", "reason", "nomisMovementReasonCode", "prisonId"])


@pytest.mark.promise("P11")
@given(
    st.dictionaries(FIELDS, ANYTHING, max_size=3), st.dictionaries(DETAILS, ANYTHING, max_size=3)
)
def test_whatever_stands_in_a_field_only_the_message_is_refused(
    outer: dict[str, object], inner: dict[str, object]
) -> None:
    message = event(RELEASED, additionalInformation=info() | inner) | outer
    found = None
    with contextlib.suppress(Poison):
        found = translated(json.dumps(message).encode())

    assert found is None or bool(found.drafts) != bool(found.ignored)


@pytest.mark.promise("P11")
@given(st.binary(max_size=200))
def test_whatever_bytes_arrive_only_the_message_is_refused(body: bytes) -> None:
    with pytest.raises(Poison):
        translated(body)
