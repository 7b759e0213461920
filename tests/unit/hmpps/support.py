"""What the tests of the HMPPS source share: a context, messages, the folder of samples."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.hmpps import HmppsConfig, HmppsSource
from hub.domain.events import Draft
from hub.domain.ids import Namespace, SourceId, TenantId
from hub.ports import SourceContext, Translation
from hub.privacy.master_key import MasterKey
from hub.privacy.pseudonyms import HmacPseudonyms

TENANT = TenantId("default")
NOMS = Namespace("NOMS")
PSEUDONYMS = HmacPseudonyms(MasterKey(b"x" * 32))
CONTEXT = SourceContext(
    tenant=TENANT,
    source=SourceId("hmpps"),
    namespace=NOMS,
    person=lambda number: PSEUDONYMS.person(TENANT, NOMS, number),
    child=lambda contact_id: PSEUDONYMS.child(TENANT, NOMS, contact_id),
    fingerprint=lambda content: PSEUDONYMS.fingerprint(TENANT, content),
)
SOURCE = HmppsSource(HmppsConfig())
NUMBER = "Z0000ZZ"

RECEIVED = "prison-offender-events.prisoner.received"
RELEASED = "prison-offender-events.prisoner.released"
RECEIVED_SOON = "prisoner-offender-search.prisoner.received"
RELEASED_SOON = "prisoner-offender-search.prisoner.released"


def event(event_type: str = RECEIVED, **changes: object) -> dict[str, object]:
    """Return an admission of an invented person, with fields changed; None takes one out."""
    whole: dict[str, object] = {
        "eventType": event_type,
        "version": 1,
        "occurredAt": "2026-03-02T08:55:00+00:00",
        "additionalInformation": info(),
        "personReference": {"identifiers": [{"type": "NOMS", "value": NUMBER}]},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def info(**changes: object) -> dict[str, object]:
    """Return the additional information of an admission, with fields changed."""
    whole: dict[str, object] = {
        "nomsNumber": NUMBER,
        "reason": "ADMISSION",
        "nomisMovementReasonCode": "N",
        "prisonId": "MDI",
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def bare(message: Mapping[str, object]) -> bytes:
    """Return an event without envelope."""
    return json.dumps(message).encode()


def wrapped(message: Mapping[str, object], **changes: object) -> bytes:
    """Return an event in an SNS notification, with fields of the envelope changed."""
    envelope: dict[str, object] = {
        "Type": "Notification",
        "MessageId": "00000000-0000-4000-8000-000000000001",
        "Message": json.dumps(message),
        "Timestamp": "2026-03-02T09:40:00.000Z",
    } | changes
    return json.dumps({k: v for k, v in envelope.items() if v is not None}).encode()


def translated(body: bytes, source: HmppsSource = SOURCE) -> Translation:
    """Return what a message became."""
    return source.translate(body, CONTEXT)


def drafted(body: bytes, source: HmppsSource = SOURCE) -> Draft:
    """Return the one draft of a message."""
    (draft,) = translated(body, source).drafts
    return draft


def samples() -> Path:
    """Return the folder of handed-over samples; without it a local run skips and CI fails."""
    here = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("HUB_TEST_DATA") or here.parent / "shared" / "data") / "hmpps"
    if not folder.is_dir():
        reason = "the HMPPS samples are missing: put them in ../shared/data or set HUB_TEST_DATA"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
