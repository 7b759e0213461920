"""The table of bad inputs over HTTP: how each is made from a canary, and what must be answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.support.canaries import Canary
from tests.support.canary_paths import cloud, consent, living, message, safety
from tests.support.running_hub import BATCH, CLOUD, JSON

RECEIVED = "prison-offender-events.prisoner.received"


class Given(NamedTuple):
    """Whom a bad input is about, and the time of the story."""

    canary: Canary
    at: datetime


class BadRequest(NamedTuple):
    """One row: a name, how the body is made, how it is sent, and status, reason and field."""

    name: str
    body: Callable[[Given], Any]
    status: int
    reason: str
    field: str
    kind: str = JSON
    holder: str | None = "prison"
    headers: Mapping[str, str] = {}


def _inner(given: Given, **over: object) -> dict[str, object]:
    return message(given.canary, RECEIVED, given.at, over=over)


def _text(given: Given, old: str, new: str) -> bytes:
    """Return a good message with one piece of its text changed."""
    whole = json.dumps(_inner(given))
    assert old in whole
    return whole.replace(old, new, 1).encode()


def _info(given: Given, **fields: object) -> dict[str, object]:
    info = {"nomsNumber": given.canary.number, "reason": "ADMISSION", "prisonId": "MUS"}
    return _inner(given, additionalInformation=info | fields)


def _consent(given: Given, **over: object) -> dict[str, object]:
    return consent(given.canary, given.at, **over)


def _deep(given: Given) -> bytes:
    return b'{"note":' * 20_000 + json.dumps(given.canary.note).encode() + b"}" * 20_000


AHEAD = timedelta(hours=24, minutes=10)

MESSAGES: tuple[BadRequest, ...] = (
    BadRequest(
        "invalid JSON", lambda g: f'{{"{g.canary.note}": '.encode(), 400, "invalid-json", ""
    ),
    BadRequest("empty body", lambda _: b"", 400, "invalid-json", ""),
    BadRequest(
        "byte order mark",
        lambda g: b"\xef\xbb\xbf" + json.dumps(_inner(g)).encode(),
        400,
        "invalid-json",
        "",
    ),
    BadRequest("UTF-16", lambda g: json.dumps(_inner(g)).encode("utf-16"), 400, "invalid-json", ""),
    BadRequest("not UTF-8", lambda g: g.canary.told.encode("latin-1"), 400, "invalid-json", ""),
    BadRequest("deep nesting", _deep, 400, "invalid-json", ""),
    BadRequest(
        "duplicate key",
        lambda g: f'{{"Type":"{g.canary.note}","Type":"Notification"}}'.encode(),
        400,
        "duplicate-member",
        "",
    ),
    BadRequest("NaN", lambda _: b'{"Type": NaN}', 400, "invalid-json", ""),
    BadRequest("number of 5000 digits", lambda _: b"1" * 5_000, 400, "invalid-json", ""),
    BadRequest(
        "number beyond a float",
        lambda g: _text(g, '"Notification"', "1e999"),
        422,
        "invalid-json",
        "",
    ),
    BadRequest("a bare text", lambda g: g.canary.note, 422, "wrong-type", ""),
    BadRequest("a list", lambda g: [_inner(g)], 422, "wrong-type", ""),
    BadRequest(
        "half a surrogate pair",
        lambda g: _text(g, '"Notification"', '"\\ud800"'),
        422,
        "invalid-json",
        "",
    ),
    BadRequest(
        "gzip without saying so",
        lambda g: gzip.compress(json.dumps(_inner(g)).encode()),
        400,
        "invalid-json",
        "",
    ),
    BadRequest(
        "gzip",
        lambda g: gzip.compress(json.dumps(_inner(g)).encode()),
        415,
        "unsupported-content-encoding",
        "Content-Encoding",
        headers={"Content-Encoding": "gzip"},
    ),
    BadRequest(
        "unsupported content type",
        _inner,
        415,
        "unsupported-content-type",
        "Content-Type",
        kind="text/xml",
    ),
    BadRequest(
        "10 MB body",
        lambda g: (g.canary.note * 500_000)[:10_000_000].encode(),
        413,
        "body-too-large",
        "",
    ),
    BadRequest("no credential", _inner, 401, "wrong-credential", "Authorization", holder=None),
    BadRequest(
        "wrong credential",
        _inner,
        401,
        "wrong-credential",
        "Authorization",
        headers={"Authorization": "Bearer guess"},
    ),
    BadRequest(
        "a recipient's credential",
        _inner,
        401,
        "wrong-credential",
        "Authorization",
        holder="jugendamt-musterstadt",
    ),
    BadRequest(
        "subscription confirmation",
        lambda g: {"Type": "SubscriptionConfirmation", "SubscribeURL": g.canary.note},
        422,
        "subscription-confirmation-refused",
        "Type",
    ),
    BadRequest(
        "unknown envelope",
        lambda g: {"Type": g.canary.note, "Message": g.canary.told},
        422,
        "unknown-envelope",
        "Type",
    ),
    BadRequest("no envelope", lambda g: {g.canary.note: 1}, 422, "missing-field", "eventType"),
    BadRequest(
        "message that is no JSON",
        lambda g: {"Type": "Notification", "Message": g.canary.told},
        422,
        "invalid-json",
        "Message",
    ),
    BadRequest(
        "message within a message",
        lambda g: {"Type": "Notification", "Message": json.dumps(_inner(g))},
        422,
        "missing-field",
        "Message.eventType",
    ),
    BadRequest(
        "bad prisoner number",
        lambda g: _info(g, nomsNumber=g.canary.note),
        422,
        "bad-person-number",
        "Message.additionalInformation.nomsNumber",
    ),
    BadRequest(
        "two prisoner numbers",
        lambda g: _info(g, nomsNumber="A0000AA"),
        422,
        "contradictory-person",
        "Message.personReference.identifiers[0].value",
    ),
    BadRequest(
        "nobody named",
        lambda g: _inner(g, additionalInformation={"reason": "ADMISSION"}, personReference=None),
        422,
        "missing-person",
        "Message.additionalInformation.nomsNumber",
    ),
    BadRequest(
        "wrong field type",
        lambda g: _info(g, reason=[g.canary.note]),
        422,
        "wrong-type",
        "Message.additionalInformation.reason",
    ),
    BadRequest(
        "NUL in text of a message",
        lambda g: _info(g, prisonId="M\x00S"),
        422,
        "nul-in-text",
        "Message.additionalInformation.prisonId",
    ),
    BadRequest(
        "over-long value",
        lambda g: _info(g, prisonId=g.canary.note * 10),
        422,
        "value-too-long",
        "Message.additionalInformation.prisonId",
    ),
    BadRequest(
        "bad time",
        lambda g: _inner(g, occurredAt=g.canary.birth_forms[3]),
        422,
        "bad-timestamp",
        "Message.occurredAt",
    ),
    BadRequest(
        "newer version",
        lambda g: _inner(g, version="2"),
        422,
        "unsupported-version",
        "Message.version",
    ),
    BadRequest(
        "more than 24 hours ahead",
        lambda g: _inner(g, occurredAt=(g.at + AHEAD).isoformat()),
        422,
        "future-event",
        "occurred_at",
    ),
    BadRequest(
        "consent from a prison",
        _consent,
        422,
        "type-not-allowed",
        "type",
        kind=CLOUD,
    ),
)
"""Messages of the prison."""


def _desk(
    name: str, body: Callable[[Given], Any], reason: str, field: str, kind: str = CLOUD
) -> BadRequest:
    return BadRequest(name, body, 422, reason, field, kind=kind, holder="desk")


EVENTS: tuple[BadRequest, ...] = (
    _desk(
        "unknown type",
        lambda g: cloud(g.canary, g.canary.note, g.at),
        "unknown-type",
        "type",
    ),
    _desk(
        "the hub's own word",
        lambda g: cloud(g.canary, "timers.due", g.at),
        "type-not-allowed",
        "type",
    ),
    _desk(
        "unknown namespace",
        lambda g: safety(
            g.canary, g.at, person={"namespace": g.canary.note, "number": g.canary.number}
        ),
        "bad-format",
        "data.person.namespace",
    ),
    _desk(
        "number of another register's shape",
        lambda g: safety(g.canary, g.at, person={"namespace": "NOMS", "number": g.canary.consent}),
        "bad-person-number",
        "data.person",
    ),
    _desk(
        "unknown field",
        lambda g: living(g.canary, g.at, **{g.canary.note: 1}),
        "unknown-field",
        "data",
    ),
    _desk(
        "missing field",
        lambda g: cloud(g.canary, "safety.freeze-set", g.at),
        "missing-field",
        "data.set_by",
    ),
    _desk(
        "unknown word",
        lambda g: _consent(g, purposes=[g.canary.note]),
        "unknown-value",
        "data.record.purposes[0]",
    ),
    _desk(
        "NUL in text",
        lambda g: cloud(g.canary, "safety.freeze-set", g.at, set_by=f"\x00{g.canary.note}"),
        "nul-in-text",
        "data.set_by",
    ),
    _desk(
        "over-long text",
        lambda g: living(g.canary, g.at, told=g.canary.told * 100),
        "value-too-long",
        "data.told",
    ),
    _desk(
        "half a surrogate pair in an event",
        lambda g: living(g.canary, g.at, told=f"\ud800{g.canary.told}"),
        "invalid-json",
        "",
    ),
    _desk(
        "birth date as week date",
        lambda g: living(g.canary, g.at, birth_date=g.canary.birth_forms[3]),
        "bad-date",
        "data.birth_date",
    ),
    _desk(
        "birth date with time",
        lambda g: living(g.canary, g.at, birth_date=f"{g.canary.birth_forms[0]}T00:00:00Z"),
        "bad-date",
        "data.birth_date",
    ),
    _desk(
        "time without zone",
        lambda g: safety(g.canary, g.at, answered_at=f"{g.canary.birth_forms[0]}T09:00:00"),
        "bad-timestamp",
        "data.answered_at",
    ),
    _desk(
        "contradiction",
        lambda g: _consent(g, children=[{"namespace": "NOMS", "contact_id": g.canary.note}]),
        "contradiction",
        "data.record",
    ),
    _desk(
        "truth as a word",
        lambda g: _consent(g, all_children=g.canary.note),
        "wrong-type",
        "data.record.all_children",
    ),
    _desk(
        "huge number",
        lambda g: cloud(g.canary, "children.counted", g.at, count=10**30),
        "out-of-range",
        "data.count",
    ),
    _desk(
        "no data",
        lambda g: {k: v for k, v in _consent(g).items() if k != "data"},
        "missing-field",
        "data",
    ),
    _desk(
        "another CloudEvents version",
        lambda g: _consent(g) | {"specversion": g.canary.note},
        "unknown-value",
        "specversion",
    ),
    _desk(
        "more than 24 hours ahead in an event",
        lambda g: cloud(g.canary, "safety.freeze-set", g.at + AHEAD, set_by="duty-officer"),
        "future-event",
        "occurred_at",
    ),
    _desk("not a batch", lambda g: {g.canary.note: 1}, "not-a-batch", "", kind=BATCH),
    _desk(
        "message of a sender that has none",
        _inner,
        "no-messages-of-its-own",
        "",
        kind=JSON,
    ),
)
"""Events of the consent desk."""

BAD_REQUESTS = (*MESSAGES, *EVENTS)
