"""The example contacts API of a prison: token, contacts, restrictions, count, prisoner state.

Run it with `python -m hub.testing.contacts_api --data FILE --port 8091`, or inside a test as
`with ContactsApi(prisoners) as api`. It serves loopback only and knows nothing of the hub's code.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import signal
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.testing.contacts_data import Answers, ExamplePrisoner, Json, read_people
from hub.testing.loopback import HOST, LoopbackServer, loopback_socket

CLIENT_ID: Final = "hub"
CLIENT_SECRET: Final = "example-secret"  # noqa: S105 - an example, on loopback only

Endpoint = Callable[[Request], Awaitable[Response]]


class Fault(msgspec.Struct, kw_only=True, frozen=True):
    """How the API fails on the next `times` requests whose path holds `path` (below 0: on all).

    It waits `delay_s`, then answers `status`, or breaks the true answer off with `truncate`.
    """

    path: str = "/prisoner"
    status: int | None = 500
    delay_s: float = 0.0
    truncate: bool = False
    retry_after: str | None = None
    times: int = -1


class ContactsApp:
    """The ASGI application. `requests` counts what was asked, by route template."""

    def __init__(self, prisoners: Sequence[ExamplePrisoner], *, token_life_s: int = 3600) -> None:
        self.answers = Answers(prisoners)
        self.requests: Counter[str] = Counter()
        self.fault: Fault | None = None
        self._token_life_s = token_life_s
        self._tokens: set[str] = set()
        routes: tuple[tuple[str, str, Endpoint], ...] = (
            ("/prisoner/{no}/contact", "GET", self._contacts),
            ("/prisoner-contact/restrictions", "POST", self._restrictions),
            ("/prisoner-restrictions/{no}", "GET", self._towards_all),
            ("/prisoner/{no}/number-of-children", "GET", self._count),
            ("/prisoner/{no}", "GET", self._state),
        )
        self.asgi = Starlette(
            routes=[
                Route("/oauth/token", self._counted("(token)", self._token), methods=["POST"]),
                *(
                    Route(path, self._counted(path, self._authorised(call)), methods=[method])
                    for path, method, call in routes
                ),
            ],
            exception_handlers={HTTPException: _no_route},
        )

    def revoke(self) -> None:
        """Forget every token given out."""
        self._tokens.clear()

    def _counted(self, route: str, call: Endpoint) -> Endpoint:
        """Return `call` with its requests counted and the present fault applied."""

        async def counted(request: Request) -> Response:
            self.requests[route] += 1
            fault = self._take_fault(request.url.path)
            if fault is None:
                return await call(request)
            await asyncio.sleep(fault.delay_s)
            if fault.truncate:
                whole = await call(request)
                half = bytes(whole.body)[: len(whole.body) // 2]
                return Response(half, media_type="application/json")
            if fault.status is None:
                return await call(request)
            headers = {"location": "/elsewhere"} if fault.status // 100 == 3 else {}  # noqa: PLR2004 - the redirect statuses
            if fault.retry_after is not None:
                headers["retry-after"] = fault.retry_after
            return _error(fault.status, "Unexpected error", headers)

        return counted

    def _take_fault(self, path: str) -> Fault | None:
        fault = self.fault
        if fault is None or fault.path not in path:
            return None
        if fault.times > 0:
            left = fault.times - 1
            self.fault = msgspec.structs.replace(fault, times=left) if left else None
        return fault

    def _authorised(self, call: Endpoint) -> Endpoint:
        """Return `call` for those who bring a token."""

        async def authorised(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            return await call(request) if token in self._tokens else Response(status_code=401)

        return authorised

    async def _token(self, request: Request) -> Response:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return _error(401, "Bad credentials")
        if request.query_params.get("grant_type") != "client_credentials":
            return _error(400, "unsupported_grant_type")
        token = secrets.token_urlsafe(24)
        self._tokens.add(token)
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": self._token_life_s}
        )

    async def _contacts(self, request: Request) -> Response:
        number = request.path_params["no"]
        if number not in self.answers.prisoners:
            return _error(404, f"Entity not found : Prisoner not found ({number})")
        rows = self.answers.contacts(number)
        if "sort" not in request.query_params:
            # The real API promises no order then: show that nobody may count on one.
            rows.reverse()
        return _page(request, rows)

    async def _restrictions(self, request: Request) -> Response:
        wanted = (await request.json())["prisonerContactIds"]
        return JSONResponse({"prisonerContactRestrictions": self.answers.restrictions(wanted)})

    async def _towards_all(self, request: Request) -> Response:
        return _page(request, self.answers.towards_all(request.path_params["no"]))

    async def _count(self, request: Request) -> Response:
        number = request.path_params["no"]
        count = self.answers.count(number)
        if count is None:
            return _error(404, f"Entity not found : No number of children found for: {number}")
        return JSONResponse(count)

    async def _state(self, request: Request) -> Response:
        number = request.path_params["no"]
        state = self.answers.state(number)
        if state is None:
            return JSONResponse({"status": 404, "developerMessage": f"{number} not found"}, 404)
        return JSONResponse(state)


def _page(request: Request, rows: list[Json]) -> Response:
    """Return one page of a list."""
    size = int(request.query_params.get("size", "10"))
    number = int(request.query_params.get("page", "0"))
    info = {"size": size, "number": number, "totalElements": len(rows)}
    info["totalPages"] = -(-len(rows) // size)
    return JSONResponse({"content": rows[number * size : (number + 1) * size], "page": info})


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    """Return an error as the real API words it: with the number in the text."""
    body = {"status": status, "userMessage": message, "developerMessage": message}
    return JSONResponse(body, status_code=status, headers=headers)


async def _no_route(_: Request, error: Exception) -> Response:
    """Return the real API's answer for a path that it does not have."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error(status, "No resource found failure: No static resource")


class ContactsApi:
    """The API on loopback in a thread of its own. Port 0 takes a free one."""

    def __init__(
        self, prisoners: Sequence[ExamplePrisoner], *, port: int = 0, token_life_s: int = 3600
    ) -> None:
        self.app = ContactsApp(prisoners, token_life_s=token_life_s)
        self._socket = loopback_socket(port)
        self.port: int = self._socket.getsockname()[1]
        self._server = LoopbackServer(
            uvicorn.Config(
                self.app.asgi, log_config=None, lifespan="off", timeout_graceful_shutdown=1
            )
        )
        self._thread = threading.Thread(target=self._run, name="contacts-api", daemon=True)

    @property
    def url(self) -> str:
        """Base URL of contacts and prisoner search; the token endpoint is `/oauth/token`."""
        return f"http://{HOST}:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        self._server.listening.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the first line on standard output names the port as JSON."""
    parser = argparse.ArgumentParser(prog="python -m hub.testing.contacts_api", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="JSON file with the prisoners")
    parser.add_argument("--port", type=int, default=0, help="port to listen at; 0 takes a free one")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ContactsApi(read_people(options.data), port=options.port) as api:
        sys.stdout.write(json.dumps({"port": api.port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
