"""Runs an ASGI app with uvicorn: no access log, no server header, signals left to the process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.applications import Starlette
from typing_extensions import override

from hub.errors import ConfigError

DRAIN_S = 10
BACKLOG = 1024
MOST_HEADERS = 64 * 1024


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone: the process drains all roles together, in order."""
        yield


class HttpServer:
    """One listening app; `port` is the one really used.

    Binding happens at once, so that a taken port is told before anything runs.
    """

    def __init__(self, app: Starlette, *, name: str, host: str, port: int) -> None:
        self._socket = _bound(name, host, port)
        self.name = name
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                lifespan="off",
                loop="asyncio",
                http="h11",
                ws="none",
                h11_max_incomplete_event_size=MOST_HEADERS,
                timeout_graceful_shutdown=DRAIN_S,
                proxy_headers=False,
            )
        )

    @property
    def url(self) -> str:
        """Where the app is reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def serve(self, beat: Callable[[], None] | None = None) -> None:
        """Serve until `stop`, then let requests under way end. `beat` is called about every second.

        A call that blocks the event loop also stops the beat: liveness sees it.
        """
        beating = asyncio.create_task(_every_second(beat)) if beat is not None else None
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._socket.close()
            if beating is not None:
                beating.cancel()

    def run(self, beat: Callable[[], None] | None = None) -> None:
        """Serve in this thread with a loop of its own."""
        asyncio.run(self.serve(beat))

    def stop(self) -> None:
        """End serving; may be called from any thread."""
        self._server.should_exit = True


async def _every_second(beat: Callable[[], None]) -> None:
    while True:
        beat()
        await asyncio.sleep(1)


def _bound(name: str, host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; with it every answer on
    # a connection kept open comes 40 ms late.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Who connects before the loop runs waits in the queue instead of being refused.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        remedy = f"End what uses it, or set {name}.host and {name}.port to a free address"
        message = f"{name}.port: {host}:{port} can't be listened at ({error.strerror}). {remedy}"
        raise ConfigError((message,)) from None
    return listener
