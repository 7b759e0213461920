"""`POST /acknowledgements`: what a recipient's people answered. Codes only, no free text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.api.bodies import JSON, media_type, parse
from hub.api.gather import Gatherer
from hub.api.refusals import Refused
from hub.domain.events import Acknowledged, Draft
from hub.domain.ids import Namespace, PersonKey, RecipientId, SourceId, TenantId, mint
from hub.domain.referral import Business
from hub.ports import Clock

HUB_REGISTER = Namespace("hub")
"""The namespace of events in which no register's number occurs."""


class Answer(BaseModel):
    """The body of an acknowledgement."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    referral_id: UUID
    generation: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    status: Literal[
        "acknowledged",
        "accepted",
        "declined",
        "forwarded",
        "in-progress",
        "completed",
        "closed-no-contact",
    ]
    code: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")] | None = None


class Disclosed(NamedTuple):
    """Whom a referral is about."""

    tenant: TenantId
    person: PersonKey


FindReferral = Callable[[RecipientId, UUID, int], Disclosed | None]
"""(recipient, referral, generation) -> whom it is about; None unless sent to that recipient."""


def media(request: Request) -> str:
    """Return the media type. Raises `Refused` (415)."""
    return media_type(request, (JSON,))


class Acknowledgements:
    """Takes answers. Another recipient's referral is answered like one that does not exist."""

    def __init__(self, gatherer: Gatherer, find: FindReferral, clock: Clock) -> None:
        self._gatherer = gatherer
        self._find = find
        self._clock = clock

    async def handle(self, request: Request, recipient: RecipientId, body: bytes) -> Response:
        """Take one answer."""
        del request
        answer = _read(body)
        found = await asyncio.to_thread(
            self._find, recipient, answer.referral_id, answer.generation
        )
        if found is None:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                "unknown-referral",
                "No referral with this id and generation was sent to you.",
                field="referral_id",
            )
        draft = Draft(
            # The same answer sent twice is one event.
            event_id=mint(
                answer.referral_id,
                "acknowledgement",
                answer.generation,
                recipient,
                answer.status,
                answer.code or "",
            ),
            tenant=found.tenant,
            source=SourceId(recipient),
            namespace=HUB_REGISTER,
            person=found.person,
            occurred_at=self._clock.now(),
            payload=Acknowledged(
                referral_id=answer.referral_id,
                generation=answer.generation,
                recipient=recipient,
                status=Business(answer.status),
                code=answer.code,
            ),
        )
        [poison] = await self._gatherer.append([draft])
        if poison is not None:
            raise poison
        return JSONResponse({"accepted": 1}, status_code=HTTPStatus.ACCEPTED)


def _read(body: bytes) -> Answer:
    try:
        return Answer.model_validate(parse(body))
    except ValidationError as error:
        problems = [_problem(detail["type"], detail["loc"]) for detail in error.errors()]
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            problems[0]["reason"],
            "An answer has referral_id, generation, status and, if declined, a code.",
            field=problems[0]["field"],
            members={"problems": problems},
        ) from None


_REASONS = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "literal_error": "unknown-value",
    "string_pattern_mismatch": "bad-format",
    "uuid_parsing": "bad-format",
}


def _problem(kind: str, place: tuple[int | str, ...]) -> dict[str, str]:
    # The name of an unknown field is the sender's text; it may hold anything.
    field = "" if kind == "extra_forbidden" else ".".join(str(part) for part in place)
    return {"reason": _REASONS.get(kind, "wrong-type"), "field": field}
