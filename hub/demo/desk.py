"""What the consent desk states, as CloudEvents: consent, refusal, safety, carers, freezes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from hub.demo.cast import NAMESPACE, Kid, Parent

OFFICER: Final = "social-service"
"""The role that asks; the policy of the story lets it answer the safety question."""

MINIMUM: Final = ("imprisonment", "child-identity", "place-of-stay")
USUAL: Final = (*MINIMUM, "child-birth-date", "custody", "help-requested")
EVERYTHING: Final = (
    *USUAL,
    "child-language",
    "carer",
    "carer-contact",
    "child-told",
    "child-view",
    "prison-contact",
    "release",
)


def living_situation(
    parent: Parent,
    kid: Kid,
    at: datetime,
    *,
    area: str,
    town: tuple[str, str],
    carer: str,
    custody: str = "sole",
    told: str | None = None,
) -> bytes:
    """Return who cares for a child, where it stays, and who has custody, as the parent says."""
    postcode, city = town
    data: dict[str, Any] = {
        "child": _child(kid),
        "language": "de",
        "address": {
            "area": area,
            "lines": ["Erfundene Gasse 1"],
            "postcode": postcode,
            "city": city,
        },
        "carer": {
            "state": "known",
            "name": carer,
            "contact": "Tel. 030 23125 001",
            "safe_times": "werktags ab 17 Uhr",
            "no_letter": True,
            "knows": True,
            "stated_by": "parent",
        },
        "custody": custody,
        "custody_source": "parent",
    }
    if told is not None:
        data["told"] = told
        data["view"] = {"view": "agrees", "asked_at": at.isoformat(), "asked_by": OFFICER}
    return _event("children.changed", parent, at, data)


def safety(parent: Parent, kid: Kid, at: datetime) -> bytes:
    """Return the answer that nothing is known against it."""
    data = {
        "child": _child(kid),
        "kind": "clear",
        "answered_at": at.isoformat(),
        "role": OFFICER,
    }
    return _event("safety.answered", parent, at, data)


def consent(
    parent: Parent,
    at: datetime,
    *,
    categories: Sequence[str] = USUAL,
    purposes: Sequence[str] = ("family-support",),
    capacities: Sequence[str] = ("own-data", "custodial-parent"),
    recipients: str = "youth-office",
) -> bytes:
    """Return a consent record for all children of a parent, for this stay."""
    record = {
        "record_id": consent_id(parent),
        "given_at": at.isoformat(),
        "purposes": list(purposes),
        "categories": list(categories),
        "grantors": [{"capacity": c, "given_at": at.isoformat()} for c in capacities],
        "all_children": True,
        "scope": "episode",
        "recipient_class": recipients,
        "lawful_basis": "BDSG § 51",
        "notice": "E-17",
        "notice_version": "2026-01",
        "notice_language": "de",
        "collection_method": "conversation",
        "help_requested": ["sgb8-16", "sgb8-18-3"],
    }
    return _event("consent.granted", parent, at, {"record": record})


def consent_id(parent: Parent) -> str:
    """Return the number under which the desk files a parent's consent."""
    return f"E-{parent.number[1:5]}/26"


def withdrawal(parent: Parent, at: datetime) -> bytes:
    """Return that the parent took everything back, orally."""
    data = {"declared_at": at.isoformat(), "channel": "oral", "taken_by": OFFICER}
    return _event("consent.withdrawn", parent, at, data)


def refusal(parent: Parent, at: datetime) -> bytes:
    """Return that the parent said no."""
    return _event("consent.asked", parent, at, {"state": "declined", "taken_by": OFFICER})


def freeze(parent: Parent, at: datetime) -> bytes:
    """Return that an officer stopped everything; no reason is asked."""
    return _event("safety.freeze-set", parent, at, {"set_by": OFFICER})


def _child(kid: Kid) -> dict[str, str]:
    return {"namespace": NAMESPACE, "contact_id": str(kid.contact)}


def _event(kind: str, parent: Parent, at: datetime, data: dict[str, Any]) -> bytes:
    whole = {"person": {"namespace": NAMESPACE, "number": parent.number}, **data}
    text = msgspec.json.encode(whole, order="deterministic")
    event = {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"{kind} {at.isoformat()} {text.decode()}")),
        "source": "urn:example:consent-desk",
        "type": kind,
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": whole,
    }
    return msgspec.json.encode(event)
