"""CloudEvents 1.0, JSON, structured mode: the door for consent desks and other systems.

The `source` attribute is the sender's own word: it is required by the standard and never used; who
sends is known from the credential alone. Extension attributes are skipped.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import ConfigDict, Field

from hub.domain.events import Draft
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.errors import Poison
from hub.intake.context import IntakeContext
from hub.intake.fields import Form, Instant, Text
from hub.intake.problems import validated
from hub.intake.record_types import read_form, refuse, to_draft, type_problems


class CloudEvent(Form):
    """The attributes of an event; `data` is checked by the form of its type."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    specversion: Literal["1.0"]
    id: Text
    source: Annotated[str, Field(min_length=1, max_length=1000)]
    type: Text
    time: Instant
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, object]


def translate_cloudevent(body: bytes, context: IntakeContext) -> tuple[Draft, ...]:
    """Return the draft of one event. Raises `IntakeError` with every fault, or `Poison`.

    The same event sent again has the same id, however it is laid out; another content under the
    same CloudEvents id is another event.
    """
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        # No cause: a parser's message may quote what it stumbled over.
        raise Poison("invalid-json", "", "send one JSON object in UTF-8") from None
    if not isinstance(raw, dict):
        raise Poison("wrong-type", "", "send one JSON object, not a batch")
    event = validated(CloudEvent, raw, "")
    problems = event if isinstance(event, list) else []
    record_type, data = raw.get("type"), raw.get("data")
    if not isinstance(record_type, str):
        refuse(problems)
        raise Poison("missing-field", "type", "give the record type")
    problems += type_problems(record_type, context)
    if isinstance(data, dict) and not type_problems(record_type, context):
        at = None if isinstance(event, list) else event.time
        form = read_form(record_type, data, "data", context, at=at)
        if isinstance(form, list):
            problems += form
        elif not isinstance(event, list):
            content = msgspec.json.encode([record_type, raw["time"], data], order="deterministic")
            fingerprint = context.pseudonyms.fingerprint(context.tenant, content)
            event_id = mint(HUB_NAMESPACE, context.source, event.id, fingerprint)
            draft = to_draft(
                record_type, form, event_id=event_id, occurred_at=event.time, context=context
            )
            return (draft,)
    refuse(problems)
    raise Poison("missing-field", "data", "give the data of the event")
