"""A small schema registry over real HTTP, with the compatibility check of FULL_TRANSITIVE."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from hub.codec.compatibility import obstacles

FIRST_ID = 100_001


class Answer(NamedTuple):
    """What the stub answers, in place of its own."""

    status: int
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()


class StubRegistry(ThreadingHTTPServer):
    """Keeps schemas in memory. `answer` overrides every answer; `calls` counts the requests."""

    daemon_threads = True

    def __init__(self, credentials: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scheme = "https" if tls else "http"
        self.expected = None
        if credentials is not None:
            self.expected = "Basic " + base64.b64encode(credentials.encode()).decode()
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.schemas: dict[int, str] = {}
        self.subjects: dict[str, list[int]] = {}
        self.levels: dict[str, str] = {}
        self.answer: Answer | None = None
        self.calls: list[str] = []

    @property
    def url(self) -> str:
        """The base URL of this stub."""
        return f"{self.scheme}://localhost:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that refuses the certificate is what some tests are about."""

    def respond(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Return the answer of the protocol."""
        self.calls.append(f"{method} {path}")
        if self.answer is not None:
            return self.answer
        return self._protocol([unquote(part) for part in path.strip("/").split("/")], body)

    def _protocol(self, path: list[str], body: dict[str, Any]) -> Answer:
        answer: object = None
        match path:
            case ["schemas", "ids", number] if int(number) in self.schemas:
                answer = {"schema": self.schemas[int(number)]}
            case ["subjects", subject] if found := self._number(subject, body["schema"]):
                answer = {"id": found}
            case ["subjects", subject, "versions"]:
                return self._register(subject, body["schema"])
            case ["compatibility", "subjects", subject, "versions"] if subject in self.subjects:
                answer = {"is_compatible": self._compatible(subject, body["schema"])}
            case ["config", subject]:
                self.levels[subject] = body["compatibility"]
                answer = body
            case _:
                return Answer(404)
        return _json(answer)

    def _number(self, subject: str, text: str) -> int | None:
        return next((n for n in self.subjects.get(subject, []) if self.schemas[n] == text), None)

    def _compatible(self, subject: str, text: str) -> bool:
        new = json.loads(text)
        old = [json.loads(self.schemas[number]) for number in self.subjects.get(subject, [])]
        return not any(obstacles(new, other) or obstacles(other, new) for other in old)

    def _register(self, subject: str, text: str) -> Answer:
        number = self._number(subject, text)
        if number is None:
            if not self._compatible(subject, text):
                return Answer(409)
            number = FIRST_ID + len(self.schemas)
            self.schemas[number] = text
            self.subjects.setdefault(subject, []).append(number)
        return _json({"id": number})


class _Handler(BaseHTTPRequestHandler):
    def _serve(self) -> None:
        stub = cast("StubRegistry", self.server)
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        answer = Answer(401)
        if stub.expected in {None, self.headers.get("Authorization")}:
            answer = stub.respond(self.command, self.path, body)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = _serve  # noqa: N815 - http.server looks these names up

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Keep the tests' output clean."""


def _json(body: object) -> Answer:
    return Answer(200, json.dumps(body).encode())


@contextmanager
def served(stub: StubRegistry) -> Iterator[StubRegistry]:
    """Serve `stub` until the block is left."""
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stub
    finally:
        stub.shutdown()
        thread.join()
        stub.server_close()
