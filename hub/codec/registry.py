"""A client of the Confluent Schema Registry's REST protocol (also spoken by others).

Synchronous, as the codec is: it is asked at start, and once for each id not seen before. Redirects
are not followed, so that credentials reach nobody but the configured host.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from hub.errors import ConfigError, Permanent, Retriable

CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
FULL_TRANSITIVE = "FULL_TRANSITIVE"
_MAX_ANSWER = 4_000_000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class RegistryTls(NamedTuple):
    """Files for TLS: whom to trust instead of the system's list, and who we are (both PEM)."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class SchemaRegistry:
    """One registry. Answers about ids are kept: an id never changes its schema. Thread-safe."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str = "",
        tls: RegistryTls = RegistryTls(),  # noqa: B008 - an immutable value
        timeout_s: float = 10.0,
    ) -> None:
        """Take the base URL, basic-auth credentials and TLS files; `timeout_s` is per answer.

        Raises `ConfigError` for a URL that is none, or that would carry credentials in clear.
        """
        parts = urlsplit(url)
        if problems := _url_problems(parts.scheme, parts.hostname, parts.username, user):
            raise ConfigError(problems)
        self._base = parts.path.rstrip("/")
        self._connect = _connector(parts.scheme, parts.hostname or "", parts.port, tls, timeout_s)
        self._headers = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE}
        if user is not None:
            token = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._headers["Authorization"] = f"Basic {token}"
        self._schemas: dict[int, dict[str, Any]] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def schema(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema with this id, or None if the registry knows none."""
        with self._lock:
            if schema_id not in self._schemas:
                answer = self._call("GET", f"/schemas/ids/{schema_id}")
                if answer is None:
                    return None
                self._schemas[schema_id] = _parsed(answer.get("schema"))
            return self._schemas[schema_id]

    def lookup(self, subject: str, schema: Mapping[str, Any]) -> int | None:
        """Return the id of exactly this schema under `subject`, or None."""
        return self._id("", subject, schema)

    def register(self, subject: str, schema: Mapping[str, Any]) -> int:
        """Register a schema under `subject` and return its id; the same schema keeps its id.

        Raises `Permanent` with code `incompatible-schema` or `invalid-schema`.
        """
        number = self._id("/versions", subject, schema)
        if number is None:
            raise Permanent("The registry did not take the schema.", code="invalid-schema")
        return number

    def compatible(self, subject: str, schema: Mapping[str, Any]) -> bool:
        """True if the registry would accept the schema beside all versions of `subject`."""
        path = f"/compatibility/subjects/{quote(subject, safe='')}/versions"
        answer = self._call("POST", path, {"schema": _text(schema)})
        return answer is None or answer.get("is_compatible") is True

    def require_full_transitive(self, subject: str) -> None:
        """Make the registry refuse every version of `subject` that breaks another one."""
        path = f"/config/{quote(subject, safe='')}"
        self._call("PUT", path, {"compatibility": FULL_TRANSITIVE})

    def _id(self, suffix: str, subject: str, schema: Mapping[str, Any]) -> int | None:
        text = _text(schema)
        with self._lock:
            if (subject, text) not in self._ids:
                path = f"/subjects/{quote(subject, safe='')}{suffix}"
                answer = self._call("POST", path, {"schema": text})
                if answer is None:
                    return None
                self._ids[subject, text] = _number(answer.get("id"))
            return self._ids[subject, text]

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any] | None:
        """Return the answer, or None for 404. Raises by how to recover, never with a body."""
        connection = self._connect()
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, self._base + path, sent, self._headers)
            response = connection.getresponse()
            status, data = response.status, response.read(_MAX_ANSWER)
        except ssl.SSLCertVerificationError as error:
            raise ConfigError(
                ("The schema registry's certificate is not trusted: check the CA file.",)
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise Retriable("The schema registry can't be reached.", code="registry") from error
        finally:
            connection.close()
        if status == HTTPStatus.NOT_FOUND:
            return None
        _refuse(status, response.headers.get("Retry-After"))
        try:
            answer = json.loads(data)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Permanent("The schema registry's answer is not its protocol.", code="registry")
        return answer


def _refuse(status: int, retry_after: str | None) -> None:
    if status == HTTPStatus.OK:
        return
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise ConfigError(("The schema registry refused the credentials: check user and role.",))
    if status == HTTPStatus.CONFLICT:
        raise Permanent(
            "The schema is not compatible with an earlier version.", code="incompatible-schema"
        )
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise Permanent("The schema registry calls the schema invalid.", code="invalid-schema")
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        wait = float(retry_after) if retry_after and retry_after.isdecimal() else None
        raise Retriable(
            f"The schema registry answered {status}.", retry_after_s=wait, code="registry"
        )
    raise Permanent(f"The schema registry answered {status}.", code="registry")


def _url_problems(
    scheme: str, host: str | None, user_in_url: str | None, user: str | None
) -> tuple[str, ...]:
    problems = []
    if scheme not in {"http", "https"} or not host:
        problems.append("The schema registry's URL must begin with http:// or https:// and a host.")
    if user_in_url is not None:
        problems.append("The schema registry's URL must not hold credentials: set them apart.")
    if scheme == "http" and user is not None and host not in _LOOPBACK:
        problems.append("The schema registry's password would travel in clear: use https.")
    return tuple(problems)


def _connector(
    scheme: str, host: str, port: int | None, tls: RegistryTls, timeout_s: float
) -> Callable[[], http.client.HTTPConnection]:
    if scheme == "http":
        return lambda: http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file is not None:
            # Without a password given, an encrypted key would ask for one on the terminal.
            context.load_cert_chain(tls.cert_file, tls.key_file, password=lambda: "")
    except OSError as error:
        raise ConfigError(
            ("A TLS file of the schema registry can't be read: check its path and format.",)
        ) from error
    return lambda: http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, separators=(",", ":"))


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise Permanent("The schema registry's answer is not its protocol.", code="registry")
    return value


def _parsed(text: object) -> dict[str, Any]:
    try:
        schema = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        schema = None
    if not isinstance(schema, dict) or "name" not in schema:
        # A schema that is no record was not written by a hub; its id is as good as unknown.
        return {"type": "record", "name": "foreign", "fields": []}
    return schema
