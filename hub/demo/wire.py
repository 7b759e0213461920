"""Prison events in the real wire format: an HMPPS domain event as a JSON string in an SNS envelope.

Two families report the same movement: the search index within seconds and without a reason code,
the prison system itself later and with one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from hub.demo.cast import NAMESPACE, Parent

PRISON: Final = "prison-offender-events"
SEARCH: Final = "prisoner-offender-search"

_WORDS: Final = {
    "received": "A prisoner has been received into prison",
    "released": "A prisoner has been released from prison",
}


def first_report(parent: Parent, at: datetime, prison: str, reason: str = "NEW_ADMISSION") -> bytes:
    """Return the search index's report that a prisoner was received."""
    info = {"nomsNumber": parent.number, "reason": reason, "prisonId": prison}
    return _event(f"{SEARCH}.prisoner.received", parent, at, info)


def received(
    parent: Parent, at: datetime, prison: str, reason: str = "ADMISSION", code: str = "I"
) -> bytes:
    """Return the prison system's report that a prisoner was received."""
    info = {
        "nomsNumber": parent.number,
        "reason": reason,
        "nomisMovementReasonCode": code,
        "details": f"ACTIVE IN:ADM-{code}",
        "currentLocation": "IN_PRISON",
        "currentPrisonStatus": "UNDER_PRISON_CARE",
        "prisonId": prison,
    }
    return _event(f"{PRISON}.prisoner.received", parent, at, info)


def first_report_released(parent: Parent, at: datetime, prison: str) -> bytes:
    """Return the search index's report that a prisoner was released."""
    info = {"nomsNumber": parent.number, "reason": "RELEASED", "prisonId": prison}
    return _event(f"{SEARCH}.prisoner.released", parent, at, info)


def released(
    parent: Parent, at: datetime, prison: str, reason: str = "RELEASED", code: str = "CR"
) -> bytes:
    """Return the prison system's report that a prisoner left: released, transferred, to court."""
    info = {
        "nomsNumber": parent.number,
        "reason": reason,
        "nomisMovementReasonCode": code,
        "details": f"Movement reason code {code}",
        "currentLocation": "OUTSIDE_PRISON",
        "currentPrisonStatus": "NOT_UNDER_PRISON_CARE",
        "prisonId": prison,
    }
    return _event(f"{PRISON}.prisoner.released", parent, at, info)


def booking_deleted(parent: Parent, at: datetime) -> bytes:
    """Return the report that a stay was entered in error and removed."""
    return _event(f"{PRISON}.prisoner.booking.deleted", parent, at, {"bookingId": parent.booking})


def alerts_updated(parent: Parent, at: datetime) -> bytes:
    """Return an event of the same publisher that is none of the hub's business."""
    info = {"nomsNumber": parent.number, "alertsAdded": ["XYZ"]}
    return _event(f"{SEARCH}.prisoner.alerts-updated", parent, at, info)


def _event(kind: str, parent: Parent, at: datetime, info: dict[str, Any]) -> bytes:
    published = at + timedelta(seconds=3)
    message = {
        "eventType": kind,
        "version": 1,
        "description": _WORDS.get(kind.rpartition(".")[2], ""),
        "occurredAt": at.isoformat(),
        "publishedAt": published.isoformat(),
        "additionalInformation": info,
        "personReference": {"identifiers": [{"type": NAMESPACE, "value": parent.number}]},
    }
    text = json.dumps(message, separators=(",", ":"))
    envelope = {
        "Type": "Notification",
        "MessageId": str(uuid5(NAMESPACE_URL, text)),
        "TopicArn": "",
        "Message": text,
        "Timestamp": published.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
        "MessageAttributes": {"eventType": {"Type": "String", "Value": kind}},
    }
    return json.dumps(envelope).encode()
