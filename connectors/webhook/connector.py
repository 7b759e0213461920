"""The connector: one signed POST per attempt, after Standard Webhooks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiohttp

from connectors.webhook.answers import receipt_for
from connectors.webhook.body import CONTENT_TYPE, encode
from connectors.webhook.config import Endpoint, WebhookConfig, secret_bytes
from connectors.webhook.network import AddressRefused, Departure, departure, make_session
from connectors.webhook.signing import sign
from hub.domain.consent import Category
from hub.domain.referral import Operation
from hub.errors import Permanent, Retriable
from hub.ports import Capabilities, IntentWindow, OutboundMessage, Receipt


class WebhookConnector:
    """Posts messages to the inboxes of its configuration. Delivery class: at least once.

    `epoch` gives seconds since 1970 for the signature's timestamp: real time, because recipients
    compare it with their own clock.
    """

    def __init__(self, config: WebhookConfig, epoch: Callable[[], float] = time.time) -> None:
        self._config = config
        self._epoch = epoch
        self._keys = {
            name: tuple(secret_bytes(secret) for secret in endpoint.secrets)
            for name, endpoint in config.endpoints.items()
        }
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self.capabilities = Capabilities(
            operations=(
                Operation.REFER,
                Operation.UPDATE,
                Operation.RELEASE_NOTICE,
                Operation.RETRACT,
            ),
            categories=tuple(c for c in Category if c is not Category.UNKNOWN),
            max_bytes=config.max_bytes,
        )

    async def check(self) -> None:
        """Ask every inbox for its headers (HEAD). Any answer will do: it is reachable."""
        await asyncio.gather(
            *(self._reach(name, endpoint) for name, endpoint in self._config.endpoints.items())
        )

    async def deliver(self, message: OutboundMessage, window: IntentWindow) -> Receipt:
        """Post one message. Errors name status and endpoint, never content."""
        endpoint = self._config.endpoints.get(message.endpoint)
        if endpoint is None:
            raise Retriable(
                f"The directory names endpoint '{message.endpoint}', which this connector does not "
                "have. Add it to the connector's settings.",
                possibly_sent=False,
                code="endpoint-unknown",
            )
        body = encode(message, self._config.source)
        if len(body) > self._config.max_bytes:
            raise Permanent(
                f"The message has {len(body)} bytes, more than max_bytes allows.",
                code="too-large",
                possibly_sent=False,
            )
        message_id = str(message.idempotency_id)
        timestamp = int(self._epoch())
        headers = {
            "content-type": CONTENT_TYPE,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self._keys[message.endpoint], message_id, timestamp, body),
        }
        return await self._post(message.endpoint, endpoint, headers, body, Departure(window))

    async def close(self) -> None:
        """Release connections; closing twice is harmless."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    async def _post(
        self,
        name: str,
        endpoint: Endpoint,
        headers: dict[str, str],
        body: bytes,
        leave: Departure,
    ) -> Receipt:
        token = departure.set(leave)
        try:
            async with self._session(endpoint).post(
                str(endpoint.url), data=body, headers=headers, allow_redirects=False
            ) as response:
                return receipt_for(response.status, response.headers.get("retry-after"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered(name, error, possibly_sent=leave.begun) from error
        finally:
            departure.reset(token)

    async def _reach(self, name: str, endpoint: Endpoint) -> None:
        try:
            async with self._session(endpoint).head(str(endpoint.url), allow_redirects=False):
                return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unanswered(name, error, possibly_sent=False) from error

    def _session(self, endpoint: Endpoint) -> aiohttp.ClientSession:
        private = endpoint.allow_private_addresses
        session = self._sessions.get(private)
        if session is None:
            session = make_session(
                private=private,
                connect_timeout_s=self._config.connect_timeout_s,
                total_timeout_s=self._config.total_timeout_s,
            )
            self._sessions[private] = session
        return session


def _unanswered(name: str, error: Exception, *, possibly_sent: bool) -> Retriable:
    """Say what kept the answer away; the library's own text may quote a URL and is left out."""
    if _refused(error):
        what, code = "its address is not a public one (allow_private_addresses)", "address-refused"
    elif isinstance(error, TimeoutError):
        what, code = "it did not answer in time", "timeout"
    elif possibly_sent:
        what, code = "the connection broke before its answer", "connection-lost"
    else:
        what, code = "no connection could be made", "no-connection"
    return Retriable(
        f"Endpoint '{name}': {what} ({type(error).__name__}).",
        possibly_sent=possibly_sent,
        code=code,
    )


def _refused(error: BaseException | None) -> bool:
    """True if an `AddressRefused` is among the causes."""
    while error is not None:
        if isinstance(error, AddressRefused):
            return True
        error = error.__cause__ or error.__context__
    return False
