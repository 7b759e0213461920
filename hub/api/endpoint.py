"""What all writing endpoints share: authentication first, one metric and one log line each."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog
from starlette.requests import Request
from starlette.responses import Response

from hub.api.bodies import read
from hub.api.credentials import Credentials
from hub.api.refusals import Refused, from_poison, unauthorised, unavailable
from hub.errors import Poison, Retriable
from hub.metric_defs import INGRESS_REQUESTS

log = structlog.get_logger(__name__)

P = TypeVar("P")

Handler = Callable[[Request, P, bytes], Awaitable[Response]]
Media = Callable[[Request], object]


class Endpoint(Generic[P]):
    """A POST endpoint: who is it, is the type known, is the body small enough; then `handle`.

    No body, no id and no query string ever reaches the log line.
    """

    def __init__(
        self,
        name: str,
        credentials: Credentials[P],
        *,
        limit: int,
        media: Media,
        handle: Handler[P],
    ) -> None:
        self._name = name
        self._credentials = credentials
        self._limit = limit
        self._media = media
        self._handle = handle

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        started = time.perf_counter()
        outcome = "fault-of-the-hub"
        status = 500
        try:
            response = await self._answer(request)
        except Refused as refused:
            outcome, status = refused.reason, refused.status.value
            raise
        else:
            outcome, status = "accepted", int(response.status_code)
            return response
        finally:
            INGRESS_REQUESTS.labels(self._name, outcome).inc()
            log.info(
                "request",
                endpoint=self._name,
                status=status,
                outcome=outcome,
                ms=round((time.perf_counter() - started) * 1000),
            )

    async def _answer(self, request: Request) -> Response:
        holder = self._credentials.holder(request.headers.get("authorization"))
        if holder is None:
            raise unauthorised()
        self._media(request)
        body = await read(request, self._limit)
        try:
            return await self._handle(request, holder, body)
        except Poison as error:
            raise from_poison(error) from None
        except Retriable as error:
            log.warning("not-taken", endpoint=self._name, code=error.code)
            raise unavailable(error) from None
