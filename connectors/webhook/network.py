"""The HTTP session: checks the address connected to, and the intent before the first byte."""

from __future__ import annotations

import ipaddress
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import aiohttp
from typing_extensions import override

from hub.ports import IntentWindow

if TYPE_CHECKING:
    from aiohttp.connector import AddrInfoType, Connection


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(OSError):
    """The address is private, loopback or otherwise not a public one."""


class Departure:
    """What the request in flight must know: its window, and whether its first byte may be out."""

    def __init__(self, window: IntentWindow) -> None:
        self._window = window
        self.begun = False

    def begin(self) -> None:
        """Let the first byte go. Raises `Retriable(possibly_sent=False)` if it is too late."""
        self._window.ensure_open()
        self.begun = True


departure: ContextVar[Departure | None] = ContextVar("departure", default=None)


class _GuardedRequest(aiohttp.ClientRequest):
    """Asks for leave once the connection (and TLS) stands and nothing of the request is written."""

    @override
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        current = departure.get()
        if current is not None:
            current.begin()
        return await super().send(conn)


def _public_socket(address: AddrInfoType) -> socket.socket:
    """Open a socket to a public address; called with what the name was resolved to just now."""
    family, kind, protocol, _, peer = address
    if not is_public(str(peer[0])):
        raise AddressRefused("The inbox's name resolves to an address that is not public.")
    return socket.socket(family=family, type=kind, proto=protocol)


def is_public(address: str) -> bool:
    """True for a public unicast address; IPv6 forms that lead to an IPv4 one are judged by it."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if not found.is_global or found.is_multicast:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return True
    inner = found.ipv4_mapped or found.sixtofour
    if found in _NAT64:
        inner = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return inner is None or (inner.is_global and not inner.is_multicast)


def make_session(
    *, private: bool, connect_timeout_s: float, total_timeout_s: float
) -> aiohttp.ClientSession:
    """Return a session without cookies, proxies, redirects and decompression."""
    options: dict[str, Any] = {} if private else {"socket_factory": _public_socket}
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, use_dns_cache=False, **options),
        request_class=_GuardedRequest,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=total_timeout_s, connect=connect_timeout_s),
        headers={"user-agent": "justice-welfare-hub"},
        auto_decompress=False,
        trust_env=False,
    )
