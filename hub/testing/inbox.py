"""The example youth-welfare inbox: takes signed webhooks over real HTTP, for demo and tests.

Run it with `python -m hub.testing.inbox --port 8090 --secrets FILE --journal FILE`, or inside a
test as `with Inbox(secrets) as inbox`. It serves loopback only and knows nothing of the hub's code.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.testing.inbox_ledger import Ledger, Refused, verify
from hub.testing.loopback import HOST, LoopbackServer, loopback_socket

MAX_BODY = 1_048_576


class Behaviour(msgspec.Struct, kw_only=True, frozen=True):
    """How the inbox misbehaves on the next `times` messages (below 0: until told otherwise).

    It waits `delay_s`, then hangs until it is stopped or told otherwise, or answers `status`. With
    `keep` it takes the message first, as an inbox does whose answer gets lost.
    """

    status: int = 503
    retry_after: str | None = None
    delay_s: float = 0.0
    hang: bool = False
    keep: bool = False
    times: int = -1


class InboxApp:
    """The ASGI application: `POST` and `GET /referrals`, `GET /journal`, `PUT /behaviour`."""

    def __init__(
        self, secrets: Sequence[str], ledger: Ledger, epoch: Callable[[], float] = time.time
    ) -> None:
        self._secrets = secrets
        self._ledger = ledger
        self._epoch = epoch
        self._behaviour: Behaviour | None = None
        self._changed = asyncio.Event()
        self.refused: list[str] = []
        self.asgi = Starlette(
            routes=[
                Route("/referrals", self._receive, methods=["POST"]),
                Route("/referrals", self._list, methods=["GET"]),
                Route("/journal", self._journal, methods=["GET"]),
                Route("/behaviour", self._behave, methods=["PUT"]),
            ]
        )

    def behave(self, behaviour: Behaviour | None) -> None:
        """Misbehave from now on, or be good again; whoever hangs is let go."""
        self._behaviour = behaviour
        self._changed.set()
        self._changed = asyncio.Event()

    async def _receive(self, request: Request) -> Response:
        try:
            body = await _read(request)
            message_id = verify(self._secrets, request.headers, body, epoch=self._epoch())
            behaviour = self._take_behaviour()
            if behaviour is None:
                new = self._ledger.take(message_id, body)
                return JSONResponse({"taken": new}, status_code=202 if new else 200)
            if behaviour.keep:
                self._ledger.take(message_id, body)
        except Refused as refused:
            self.refused.append(refused.code)
            return JSONResponse({"code": refused.code}, status_code=refused.status)
        except ClientDisconnect:
            return Response(status_code=400)
        return await self._misbehave(behaviour)

    async def _misbehave(self, behaviour: Behaviour) -> Response:
        await asyncio.sleep(behaviour.delay_s)
        if behaviour.hang:
            await self._changed.wait()
        headers = {"location": "/elsewhere"} if 300 <= behaviour.status < 400 else {}  # noqa: PLR2004 - the redirect statuses
        if behaviour.retry_after is not None:
            headers["retry-after"] = behaviour.retry_after
        return JSONResponse({"code": "told-to"}, status_code=behaviour.status, headers=headers)

    def _take_behaviour(self) -> Behaviour | None:
        behaviour = self._behaviour
        if behaviour is not None and behaviour.times > 0:
            left = behaviour.times - 1
            self._behaviour = msgspec.structs.replace(behaviour, times=left) if left else None
        return behaviour

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"referrals": self._ledger.listing()})

    async def _journal(self, _: Request) -> Response:
        return JSONResponse(
            {
                "receipts": self._ledger.receipts,
                "breaches": self._ledger.breaches,
                "refused": self.refused,
            }
        )

    async def _behave(self, request: Request) -> Response:
        self.behave(msgspec.json.decode(await _read(request), type=Behaviour | None))
        return Response(status_code=204)


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise Refused("body-too-large", 413)
    return bytes(body)


class Inbox:
    """An inbox on loopback in a thread of its own. Port 0 takes a free one."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        port: int = 0,
        journal: Path | None = None,
        epoch: Callable[[], float] = time.time,
    ) -> None:
        self.ledger = Ledger(journal)
        self.app = InboxApp(secrets, self.ledger, epoch)
        self._socket = loopback_socket(port)
        self.port: int = self._socket.getsockname()[1]
        self._server = LoopbackServer(
            uvicorn.Config(
                self.app.asgi, log_config=None, lifespan="off", timeout_graceful_shutdown=2
            )
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return f"http://{HOST}:{self.port}/referrals"

    def behave(self, behaviour: Behaviour | None) -> None:
        """Misbehave from now on, or be good again with None."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self.app.behave, behaviour)

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
        self.behave(None)
        self._server.should_exit = True
        self._thread.join()
        self.ledger.close()

    def _run(self) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[self._socket])

        asyncio.run(serve())


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the first line on standard output names the port as JSON."""
    parser = argparse.ArgumentParser(prog="python -m hub.testing.inbox", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen at; 0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file to keep what was received (JSON lines)")
    parser.add_argument(
        "--secrets", type=Path, required=True, help="file with signing secrets, one a line"
    )
    options = parser.parse_args(arguments)
    secrets = options.secrets.read_text(encoding="ascii").split()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Inbox(secrets, port=options.port, journal=options.journal) as inbox:
        sys.stdout.write(json.dumps({"port": inbox.port, "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
