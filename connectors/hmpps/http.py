"""Calls to the publisher's APIs: token, time-out, size limit; failures sorted by how to recover.

No error, and so no log line, holds a number, a URL or a word of an answer: only the route template.
"""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Final, NamedTuple, TypeVar

import aiohttp
import msgspec

from connectors.hmpps.answers import Token
from connectors.hmpps.config import LookupConfig
from hub.errors import Permanent, Retriable

T = TypeVar("T")

RENEW_BEFORE_S: Final = 30
"""Seconds before its end at which a token is no longer used."""

ROUTE_UNKNOWN: Final = "No resource found"
"""How the API words a 404 for a path that it does not have."""

_AGAIN: Final = frozenset({408, 425, 429})


class Call(NamedTuple):
    """One request: `route` is its template, the only part that may be told."""

    base: str
    route: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


class Client:
    """An authorised HTTP client of one set of APIs; it belongs to the loop that first uses it."""

    def __init__(self, config: LookupConfig) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._token: str | None = None
        self._token_ends = 0.0
        self._renewing = asyncio.Lock()

    async def get(self, call: Call, decoder: msgspec.json.Decoder[T]) -> T | None:
        """Return the decoded answer, or None for a 404 about the thing asked for.

        A call with a body is a POST. Raises `Retriable` (try again) or `Permanent`.
        """
        status, data = await self._send(call)
        if status == HTTPStatus.NOT_FOUND:
            # The text may name the prisoner: it is looked at and never passed on.
            if ROUTE_UNKNOWN.encode() in data:
                raise Permanent(
                    f"{call.route} does not exist there; check the configured URL",
                    code="lookup-misconfigured",
                )
            return None
        try:
            return decoder.decode(data)
        except msgspec.ValidationError as error:
            raise Permanent(
                f"the answer of {call.route} has another shape than documented: {error}",
                code="answer-not-understood",
            ) from error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Retriable(f"the answer of {call.route} broke off or is no JSON") from error

    async def close(self) -> None:
        """Release connections; closing twice is harmless."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(self, call: Call) -> tuple[int, bytes]:
        """Return status (200 or 404) and body; a refused token is renewed once."""
        status, data, wait = await self._once(call, await self._authorisation())
        if status == HTTPStatus.UNAUTHORIZED:
            self._token = None
            status, data, wait = await self._once(call, await self._authorisation())
        _raise_for(status, call.route, wait)
        return status, data

    async def _authorisation(self) -> str:
        """Return the header value, asking for a token where there is none or it ends soon."""
        async with self._renewing:
            if self._token is None or time.monotonic() >= self._token_ends:
                await self._renew()
            return f"Bearer {self._token}"

    async def _renew(self) -> None:
        """Ask for a token with client credentials."""
        secret = self._config.client_secret.get_secret_value()
        basic = aiohttp.encode_basic_auth(self._config.client_id, secret)
        call = Call(
            self._config.token_url, "(token)", "", (("grant_type", "client_credentials"),), b""
        )
        status, data, wait = await self._once(call, basic)
        _raise_for(status, call.route, wait)
        if status == HTTPStatus.NOT_FOUND:
            raise Permanent("token_url does not exist there", code="lookup-misconfigured")
        try:
            token = msgspec.json.decode(data, type=Token)
        except msgspec.MsgspecError as error:
            raise Retriable("the token endpoint gave no token") from error
        self._token = token.access_token
        self._token_ends = time.monotonic() + max(0, token.expires_in - RENEW_BEFORE_S)

    async def _once(self, call: Call, authorisation: str) -> tuple[int, bytes, float | None]:
        """Send one request; return status, body and the seconds that the answer asks to wait."""
        headers = {"Authorization": authorisation, "Accept": "application/json"}
        if call.body:
            headers["Content-Type"] = "application/json"
        try:
            async with self._open().request(
                "GET" if call.body is None else "POST",
                call.base + call.path,
                params=list(call.query),
                data=call.body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                data = await self._bounded(response, call.route)
                return response.status, data, _retry_after(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # No cause either: client errors quote the URL, and the URL holds the number.
            reason = type(error).__name__
            raise Retriable(f"{call.route} could not be asked ({reason})") from None

    async def _bounded(self, response: aiohttp.ClientResponse, route: str) -> bytes:
        """Return the body, never reading much more than allowed."""
        data = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            data += chunk
            if len(data) > self._config.max_bytes:
                raise Permanent(f"the answer of {route} is too large", code="answer-too-large")
        return bytes(data)

    def _open(self) -> aiohttp.ClientSession:
        """Return the session, made in the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._config.timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session


def _raise_for(status: int, route: str, wait: float | None) -> None:
    """Raise for every status but 200 and 404, sorted by whether another try may help."""
    if status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
        return
    if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Retriable(f"{route} answered {status}", retry_after_s=wait)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        # An operator can mend a role or a secret while the look-up still waits.
        raise Retriable(f"{route} answered {status}; check the client's secret and roles")
    raise Permanent(f"{route} answered {status}", code="lookup-refused")


def _retry_after(response: aiohttp.ClientResponse) -> float | None:
    """Return the seconds of a numeric Retry-After."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else None
