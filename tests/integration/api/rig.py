"""A listening ingress with invented senders, and a plain client to talk to it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from starlette.applications import Starlette

from hub.api.acknowledgements import Disclosed
from hub.api.credentials import Credentials
from hub.api.events import Sender
from hub.api.ingress import ingress_app
from hub.api.server import HttpServer
from hub.config.plugins import source_type
from hub.domain.events import Draft
from hub.domain.ids import Namespace, PersonKey, RecipientId, SourceId, TenantId
from hub.errors import Poison
from hub.intake import IntakeContext
from hub.ports import SourceContext
from hub.privacy import HmacPseudonyms, MasterKey

TENANT = TenantId("default")
NOMS = Namespace("NOMS")
PRISON = "invented-token-of-the-prison"
DESK = "invented-token-of-the-desk"
OFFICE = "invented-token-of-office-a"
OTHER_OFFICE = "invented-token-of-office-b"
REFERRAL = UUID("11111111-1111-5111-8111-111111111111")
LIMIT = 256 * 1024


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    document: Any


class FixedClock:
    """A clock that stands."""

    def now(self) -> datetime:
        """Return the same instant always."""
        return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class Client:
    """Sends one request per connection."""

    def __init__(self, port: int) -> None:
        self._port = port

    def post(
        self,
        path: str,
        body: bytes | str | object,
        *,
        token: str | None = None,
        kind: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post a body; anything but text and bytes is sent as JSON."""
        if not isinstance(body, bytes | str):
            body = json.dumps(body)
        sent = dict(headers or {})
        if kind is not None:
            sent["Content-Type"] = kind
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return self.request("POST", path, body, sent)

    def request(
        self, method: str, path: str, body: bytes | str | None, headers: Mapping[str, str]
    ) -> Answer:
        """Send any request and read the whole answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(
                method, path, body.encode() if isinstance(body, str) else body, dict(headers)
            )
            response = connection.getresponse()
            text = response.read()
            fields = {name.lower(): value for name, value in response.getheaders()}
            is_json = "json" in fields.get("content-type", "")
            return Answer(
                response.status, fields, json.loads(text) if is_json else text.decode("utf-8")
            )
        finally:
            connection.close()


@contextmanager
def listening(app: Starlette) -> Iterator[Client]:
    """Serve an app on a free port of this machine."""
    server = HttpServer(app, name="test", host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield Client(server.port)
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive()


class Log:
    """Stands where events become durable; `fault` is raised in its place."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.calls = 0
        self.fault: Exception | None = None

    def fault_of(self, draft: Draft) -> Poison | None:
        """Refuse what is more than a day ahead of the fixed clock."""
        if draft.occurred_at > FixedClock().now() + timedelta(days=1):
            return Poison("future-event", "occurred_at", "check the sender's clock")
        return None

    def append(self, drafts: Sequence[Draft]) -> None:
        """Keep the drafts, or fail."""
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        self.drafts += drafts


def pseudonyms() -> HmacPseudonyms:
    """Return pseudonyms under a fixed key."""
    return HmacPseudonyms(MasterKey(bytes(32)))


def senders() -> Credentials[Sender]:
    """Return a prison system and a consent desk."""
    hidden = pseudonyms()
    hmpps = source_type("hmpps")
    assert hmpps is not None

    def sender(source: str, contexts: frozenset[str], *, translates: bool) -> Sender:
        return Sender(
            context=SourceContext(
                tenant=TENANT,
                source=SourceId(source),
                namespace=NOMS,
                person=partial(hidden.person, TENANT, NOMS),
                child=partial(hidden.child, TENANT, NOMS),
                fingerprint=partial(hidden.fingerprint, TENANT),
            ),
            intake=IntakeContext(TENANT, SourceId(source), NOMS, contexts, hidden),
            translate=hmpps.build(hmpps.config()).translate if translates else None,
        )

    return Credentials(
        [
            (PRISON, sender("prison", frozenset(), translates=True)),
            (DESK, sender("desk", frozenset({"consent", "safety"}), translates=False)),
        ]
    )


def find(recipient: RecipientId, referral: UUID, generation: int) -> Disclosed | None:
    """Know one referral, sent to office a."""
    known = (recipient, referral, generation) == ("office-a", REFERRAL, 1)
    return Disclosed(TENANT, PersonKey("ab" * 32)) if known else None


def ingress(log: Log) -> Starlette:
    """Return an ingress that appends to `log`."""
    return ingress_app(
        senders=senders(),
        recipients=Credentials(
            [(OFFICE, RecipientId("office-a")), (OTHER_OFFICE, RecipientId("office-b"))]
        ),
        append=log.append,
        fault=log.fault_of,
        find=find,
        clock=FixedClock(),
        max_body_bytes=LIMIT,
    )


def message(number: str = "A1234BC", **changes: object) -> dict[str, object]:
    """Return a prison message in its envelope, about an invented person."""
    inner = {
        "eventType": "prisoner-offender-search.prisoner.received",
        "version": 1,
        "occurredAt": "2026-03-02T08:55:00Z",
        "additionalInformation": {
            "nomsNumber": number,
            "reason": "NEW_ADMISSION",
            "prisonId": "EXA",
        },
        "personReference": {"identifiers": [{"type": "NOMS", "value": number}]},
        **changes,
    }
    return {
        "Type": "Notification",
        "MessageId": "5e1f0a34-0000-4000-8000-000000000001",
        "Message": json.dumps(inner),
    }


def refusal_of_consent(number: str = "A1234BC", **changes: object) -> dict[str, object]:
    """Return a canonical CloudEvent about an invented person."""
    return {
        "specversion": "1.0",
        "id": "desk-1",
        "source": "/desk",
        "type": "consent.asked",
        "time": "2026-03-02T09:00:00+01:00",
        "data": {
            "person": {"namespace": "NOMS", "number": number},
            "state": "declined",
            "taken_by": "social-service",
        },
        **changes,
    }
