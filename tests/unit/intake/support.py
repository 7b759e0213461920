"""What the tests of the intake share: a consent desk and an event it sends."""

import json
from typing import Any

from hub.domain.events import Draft
from hub.domain.ids import Namespace, SourceId, TenantId
from hub.intake import IntakeContext, translate_cloudevent
from hub.privacy.master_key import MasterKey
from hub.privacy.pseudonyms import HmacPseudonyms

TENANT = TenantId("default")
NOMS = Namespace("NOMS")
PSEUDONYMS = HmacPseudonyms(MasterKey(b"x" * 32))
DESK = IntakeContext(
    tenant=TENANT,
    source=SourceId("consent-desk"),
    namespace=NOMS,
    may_write=frozenset({"consent", "safety", "children", "identity", "tasks", "movements"}),
    pseudonyms=PSEUDONYMS,
    links_with=frozenset({Namespace("MATRIKEL")}),
)
NUMBER = "Z0000ZZ"
PERSON = {"namespace": "NOMS", "number": NUMBER}
CHILD = {"namespace": "NOMS", "contact_id": "20900001"}
FREEZE = {"person": PERSON, "set_by": "officer"}
PERSON_KEY = PSEUDONYMS.person(TENANT, NOMS, NUMBER)
CHILD_KEY = PSEUDONYMS.child(TENANT, NOMS, "20900001")
TIME = "2026-03-02T09:00:00+01:00"


def reference(number: str) -> str:
    """Return what travels in place of the number under which the desk files a consent."""
    told = PSEUDONYMS.fingerprint(TENANT, f'["consent-record","NOMS","{number}"]'.encode())
    return f"c-{told[:32]}"


def record(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of the form
    """Return the consent of an invented parent, with fields changed; None takes one out."""
    whole: dict[str, Any] = {
        "record_id": "F-1",
        "given_at": TIME,
        "purposes": ["family-support"],
        "categories": ["imprisonment", "child-identity"],
        "grantors": [{"capacity": "own-data", "given_at": TIME}],
        "children": [CHILD],
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def cloudevent(record_type: str, data: object, **changes: object) -> bytes:
    """Return an event in the structured JSON mode, with attributes changed."""
    whole: dict[str, object] = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/desk/7",
        "type": record_type,
        "time": TIME,
        "data": data,
    } | changes
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def drafted(body: bytes) -> Draft:
    """Return the one draft of an event."""
    (draft,) = translate_cloudevent(body, DESK)
    return draft
