"""Drafts of what an operator types, checked by the same forms as everything else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from hub.domain.events import Draft
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.intake.context import IntakeContext
from hub.intake.problems import IntakeError
from hub.intake.record_types import read_form, refuse, to_draft, type_problems


def from_data(
    record_type: str, data: Mapping[str, object], *, at: datetime, context: IntakeContext
) -> Draft:
    """Return the draft of one record type from plain data. Raises `IntakeError` with every fault.

    `at` is when it happened (aware). The id follows from type, data and `at`: entering the same
    twice for the same instant is one event.
    """
    refuse(type_problems(record_type, context))
    form = read_form(record_type, dict(data), "", context, at=at)
    if isinstance(form, list):
        raise IntakeError(form)
    content = msgspec.json.encode([record_type, at, form.model_dump()], order="deterministic")
    fingerprint = context.pseudonyms.fingerprint(context.tenant, content)
    event_id = mint(HUB_NAMESPACE, context.source, "entered", fingerprint)
    return to_draft(record_type, form, event_id=event_id, occurred_at=at, context=context)


def consent_given(
    context: IntakeContext, at: datetime, number: str, record: Mapping[str, object]
) -> Draft:
    """Return a consent record; `record` holds the fields of `ConsentForm`."""
    data = {"person": _person(context, number), "record": dict(record)}
    return from_data("consent.granted", data, at=at, context=context)


def consent_withdrawn(
    context: IntakeContext,
    at: datetime,
    number: str,
    *,
    declared_at: datetime,
    channel: str,
    taken_by: str,
    record_id: str | None = None,
) -> Draft:
    """Return a withdrawal of one record, or of all when `record_id` is None."""
    data = {
        "person": _person(context, number),
        "declared_at": declared_at,
        "channel": channel,
        "taken_by": taken_by,
        "record_id": record_id,
    }
    return from_data("consent.withdrawn", data, at=at, context=context)


def consent_refused(
    context: IntakeContext,
    at: datetime,
    number: str,
    *,
    taken_by: str,
    until: datetime | None = None,
) -> Draft:
    """Return a refusal, to be respected until its date and for good without one."""
    data = {
        "person": _person(context, number),
        "state": "declined",
        "until": until,
        "taken_by": taken_by,
    }
    return from_data("consent.asked", data, at=at, context=context)


def safety_answered(
    context: IntakeContext,
    at: datetime,
    number: str,
    *,
    child: Mapping[str, str],
    kind: str,
    answered_at: datetime,
    role: str,
) -> Draft:
    """Return a safety answer for a child given as `{namespace, contact_id}`."""
    data = {
        "person": _person(context, number),
        "child": dict(child),
        "kind": kind,
        "answered_at": answered_at,
        "role": role,
    }
    return from_data("safety.answered", data, at=at, context=context)


def freeze_set(context: IntakeContext, at: datetime, number: str, *, set_by: str) -> Draft:
    """Return an immediate hold on everything about the person."""
    data = {"person": _person(context, number), "set_by": set_by}
    return from_data("safety.freeze-set", data, at=at, context=context)


def freeze_lifted(
    context: IntakeContext, at: datetime, number: str, *, taken_by: str, channel: str
) -> Draft:
    """Return the end of a freeze, on the parent's own word."""
    data = {"person": _person(context, number), "taken_by": taken_by, "channel": channel}
    return from_data("safety.freeze-lifted", data, at=at, context=context)


def _person(context: IntakeContext, number: str) -> dict[str, str]:
    """Return a person as forms name one."""
    return {"namespace": context.namespace, "number": number}
