"""Those who talk to the hub over HTTP: the prison, the consent desk, a recipient's people."""

from __future__ import annotations

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any

from hub.demo.errors import DemoFailed
from hub.demo.workplace import HOST

CLOUD_EVENTS = "application/cloudevents-batch+json"
TIMEOUT_S = 20


class Caller:
    """One connection with one credential."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=TIMEOUT_S)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> Any:  # noqa: ANN401 - any JSON
        """Post a body and return the JSON answer. Raises `DemoFailed` unless it was taken (202)."""
        return self._call("POST", path, body, {"Content-Type": content_type}, HTTPStatus.ACCEPTED)

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Return a JSON document. Raises `DemoFailed` if it is not there."""
        return self._call("GET", path, None, {}, HTTPStatus.OK)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _call(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], wanted: int
    ) -> Any:  # noqa: ANN401 - any JSON
        try:
            self._connection.request(method, path, body, self._headers | headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            self._connection.close()
            raise DemoFailed(f"{method} {path}: no answer ({type(error).__name__}).") from error
        if answer.status != wanted:
            raise DemoFailed(f"{method} {path} was answered {answer.status}: {text.decode()}")
        return json.loads(text)
