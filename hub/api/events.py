"""`POST /events`: a sender's own messages, or CloudEvents; 202 only once they are durable."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api.bodies import CLOUD_EVENT, CLOUD_EVENT_BATCH, JSON, media_type, parse
from hub.api.gather import Gatherer
from hub.api.refusals import Refused
from hub.domain.events import RECORD_TYPES, Draft
from hub.errors import Poison
from hub.intake import IntakeContext, IntakeError, translate_cloudevent
from hub.ports import SourceContext, Translation

KNOWN: Final = (JSON, CLOUD_EVENT, CLOUD_EVENT_BATCH)
MOST_IN_BATCH: Final = 1000


Fault = Callable[[Draft], Poison | None]
"""Why a draft can't be appended, if it can't."""


class Sender(NamedTuple):
    """An authenticated source: how it is read, and what it may write.

    `translate` reads the system's own messages; None for senders that speak canonical events only.
    """

    context: SourceContext
    intake: IntakeContext
    translate: Callable[[bytes, SourceContext], Translation] | None


class Refusal(NamedTuple):
    """One event of a batch that was not taken."""

    place: int
    problems: list[dict[str, str]]


def media(request: Request) -> str:
    """Return the media type. Raises `Refused` (415)."""
    return media_type(request, KNOWN)


class Events:
    """Reads bodies into drafts, and answers once they are durable."""

    def __init__(self, gatherer: Gatherer, fault: Fault) -> None:
        self._gatherer = gatherer
        self._fault = fault

    async def handle(self, request: Request, sender: Sender, body: bytes) -> Response:
        """Take one body."""
        kind = media(request)
        value = parse(body)
        if kind == CLOUD_EVENT_BATCH:
            return await self._batch(sender, value)
        try:
            found = read_event(sender, value, body) if kind == CLOUD_EVENT else own(sender, body)
            self._require_appendable(found.drafts)
        except Poison as error:
            raise refused(error) from None
        for poison in await self._append(found.drafts):
            if poison is not None:
                raise refused(poison)
        return _accepted(found.drafts, [found.ignored] if found.ignored else [])

    async def _batch(self, sender: Sender, value: Any) -> Response:  # noqa: ANN401 - any JSON
        if not isinstance(value, list) or len(value) > MOST_IN_BATCH:
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "not-a-batch",
                f"Send a JSON array of at most {MOST_IN_BATCH} events.",
            )
        drafts: list[Draft] = []
        places: list[int] = []
        ignored: list[str] = []
        refusals: list[Refusal] = []
        for index, event in enumerate(value):
            try:
                found = read_event(sender, event, _encoded(event))
                self._require_appendable(found.drafts)
                drafts += found.drafts
                places += [index] * len(found.drafts)
                ignored += [found.ignored] if found.ignored else []
            except Poison as error:
                refusals.append(Refusal(index, faults(error)))
        outcomes = await self._append(drafts)
        refusals += [
            Refusal(place, faults(poison))
            for place, poison in zip(places, outcomes, strict=True)
            if poison is not None
        ]
        if refusals:
            raise _partly(outcomes.count(None), sorted(refusals, key=lambda each: each.place))
        return _accepted(drafts, ignored)

    async def _append(self, drafts: Sequence[Draft]) -> list[Poison | None]:
        return await self._gatherer.append(drafts) if drafts else []

    def _require_appendable(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            poison = self._fault(draft)
            if poison is not None:
                raise poison


def own(sender: Sender, body: bytes) -> Translation:
    """Read a message of the sender's own system. Raises `Poison`."""
    if sender.translate is None:
        remedy = f"this sender speaks canonical events only: send {CLOUD_EVENT}"
        raise Poison("no-messages-of-its-own", "", remedy)
    return sender.translate(body, sender.context)


def read_event(sender: Sender, value: Any, body: bytes) -> Translation:  # noqa: ANN401 - any JSON
    """Read one CloudEvent: a canonical one, or one that carries a message of the sender's system.

    Raises `Poison`.
    """
    wrapped = (
        isinstance(value, dict)
        and sender.translate is not None
        and value.get("type") not in RECORD_TYPES
    )
    if not wrapped:
        return Translation(translate_cloudevent(body, sender.intake))
    return own(sender, _message(value))


def _message(event: dict[str, Any]) -> bytes:
    if event.get("specversion") != "1.0":
        raise Poison("unknown-value", "specversion", "CloudEvents 1.0 is understood")
    if "data_base64" in event:
        try:
            return base64.b64decode(event["data_base64"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            raise Poison("bad-format", "data_base64", "send base64") from None
    data = event.get("data")
    if isinstance(data, str):
        return data.encode("utf-8", "surrogatepass")
    if data is None:
        raise Poison("missing-field", "data", "give the message")
    return _encoded(data)


def _encoded(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """Return JSON once more as bytes. Raises `Poison` for what only Python's parser takes."""
    try:
        return msgspec.json.encode(value)
    except (ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        # No cause: it quotes the value.
        raise Poison("invalid-text", "", "half a character, or a number beyond 64 bits") from None


def faults(error: Poison) -> list[dict[str, str]]:
    """Return every fault of one event as a problem document lists them."""
    if isinstance(error, IntakeError):
        return [
            {"reason": p.code, "field": p.field_path, "remedy": p.remedy} for p in error.problems
        ]
    return [{"reason": error.reason, "field": error.field_path, "remedy": error.remedy}]


def refused(error: Poison) -> Refused:
    """Return the answer to one event that was not understood, with all its faults."""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        error.reason,
        error.remedy,
        field=error.field_path,
        members={"problems": faults(error)},
    )


def _partly(accepted: int, refusals: Sequence[Refusal]) -> Refused:
    first = refusals[0].problems[0]
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        first["reason"],
        f"{accepted} events were taken and are durable; those in `refused` were not. Mend and "
        "send them again; sending the whole batch again is harmless.",
        field=f"[{refusals[0].place}].{first['field']}".rstrip("."),
        members={
            "accepted": accepted,
            "refused": [{"index": r.place, "problems": r.problems} for r in refusals],
        },
    )


def _accepted(drafts: Sequence[Draft], ignored: Sequence[str]) -> Response:
    document = {
        "accepted": len(drafts),
        "events": [str(draft.event_id) for draft in drafts],
        "ignored": list(ignored),
    }
    return JSONResponse(document, status_code=HTTPStatus.ACCEPTED)
