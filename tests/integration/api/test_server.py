"""The HTTP server answers without delay on connections that are kept open."""

from __future__ import annotations

import threading
import time
from http.client import HTTPConnection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api.server import HttpServer

DELAYED_S = 0.04
"""What Nagle's algorithm and a delayed acknowledgement cost together, at the least."""


async def _echo(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


def test_an_answer_on_a_connection_kept_open_is_not_held_back() -> None:
    app = Starlette(routes=[Route("/echo", _echo, methods=["POST"])])
    server = HttpServer(app, name="ingress", host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        seconds = [_asked(connection) for _ in range(10)]
    finally:
        connection.close()
        server.stop()
        thread.join(10)
    # The quickest counts: with the delay none is quicker, however idle the machine.
    assert min(seconds[1:]) < DELAYED_S


def _asked(connection: HTTPConnection) -> float:
    started = time.monotonic()
    connection.request("POST", "/echo", b"{}")
    assert connection.getresponse().read() == b'{"bytes":2}'
    return time.monotonic() - started
