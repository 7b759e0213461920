"""What the example servers share: a socket on loopback, and a server that tells when it listens."""

from __future__ import annotations

import socket
import threading
from typing import Final

import uvicorn
from typing_extensions import override

HOST: Final = "127.0.0.1"


def loopback_socket(port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one."""
    listening = socket.create_server((HOST, port))
    # Otherwise every answer on a connection kept open comes 40 ms late (Nagle's delay).
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class LoopbackServer(uvicorn.Server):
    """Tells another thread when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()
