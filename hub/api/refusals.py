"""Refusals: every error the HTTP interface answers, as an RFC 9457 problem document.

A problem names the reason by code and the field at fault by path; it never repeats a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.errors import Poison, Retriable

log = structlog.get_logger(__name__)

DEFAULT_RETRY_S = 5


class Refused(Exception):
    """A request that is answered with a problem document.

    `reason` is a code of a fixed vocabulary, `field` the dotted path of the field at fault (""
    if it is the request as a whole), `members` further members of the document.
    """

    def __init__(
        self,
        status: HTTPStatus,
        reason: str,
        detail: str,
        *,
        field: str = "",
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status.value} {reason}")
        self.status = status
        self.reason = reason
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        self.members = dict(members or {})


def unauthorised() -> Refused:
    """Return the answer to a missing or wrong credential; it says no more than that."""
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "wrong-credential",
        "Present the bearer token that the operator of the hub gave you.",
        field="Authorization",
        headers={"WWW-Authenticate": 'Bearer realm="hub"'},
    )


def from_poison(error: Poison) -> Refused:
    """Return the answer to a body that was not understood."""
    return Refused(
        HTTPStatus.UNPROCESSABLE_ENTITY, error.reason, error.remedy, field=error.field_path
    )


def unavailable(error: Retriable) -> Refused:
    """Return the answer while log, store or vault do not work; nothing was taken."""
    wait = DEFAULT_RETRY_S if error.retry_after_s is None else max(1, round(error.retry_after_s))
    return Refused(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "temporarily-unavailable",
        "Nothing was taken. Send the same request again later; repeating it is harmless.",
        headers={"Retry-After": str(wait)},
    )


def problem(refused: Refused) -> Response:
    """Return the problem document of a refusal."""
    document = {
        "type": "about:blank",
        "title": refused.status.phrase,
        "status": refused.status.value,
        "detail": refused.detail,
        "reason": refused.reason,
        "field": refused.field,
        **refused.members,
    }
    return JSONResponse(
        document,
        status_code=refused.status.value,
        headers=refused.headers,
        media_type="application/problem+json",
    )


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer a `Refused`."""
    del request
    if not isinstance(error, Refused):
        raise error
    return problem(error)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: no such path, wrong method."""
    del request
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    reason = status.phrase.lower().replace(" ", "-")
    return problem(
        Refused(
            status,
            reason,
            "This hub offers POST /events and POST /acknowledgements.",
            headers=error.headers,
        )
    )


async def on_error(request: Request, error: Exception) -> Response:
    """Answer a fault of the hub itself. The log names its class and place, never its text."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    place = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else ""
    log.error("request-failed", path=request.url.path, error=type(error).__name__, place=place)
    return problem(
        Refused(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "fault-of-the-hub",
            "Nothing is known to be taken. Repeating the request is harmless.",
        )
    )


HANDLERS: Mapping[Any, Any] = {
    Refused: on_refused,
    HTTPException: on_http,
    Exception: on_error,
}
"""What every app of the hub answers errors with."""
