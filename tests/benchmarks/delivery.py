"""How many messages per second leave through the signed webhook to an inbox on this machine."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from connectors.webhook import WebhookConfig
from connectors.webhook.connector import WebhookConnector
from hub.delivery.settings import DeliverySettings
from hub.testing.inbox import Inbox
from tests.integration.delivery.people import case_of, send
from tests.integration.delivery.world import World

SECRET = "whsec_" + "QmVuY2htYXJrQmVuY2htYXJrQmVuY2htYXJr"
LIMIT_S = 120.0
_AT_ONCE = 100


class Delivery(NamedTuple):
    """Messages delivered per second: permit, intent, signed request, receipt, result."""

    messages: int
    per_second: float


def measure(folder: Path, messages: int) -> Delivery:
    """Deliver one referral for each of so many people."""
    with Inbox([SECRET]) as inbox:
        return asyncio.run(_deliver(folder, inbox, messages))


async def _deliver(folder: Path, inbox: Inbox, messages: int) -> Delivery:
    world = World(folder)
    numbers = range(1, messages + 1)
    for start in range(0, messages, _AT_ONCE):
        some = numbers[start : start + _AT_ONCE]
        world.put(*(send(number=n) for n in some), cases=[case_of(n) for n in some])
    endpoint = {"url": inbox.url, "secrets": [SECRET], "allow_private_addresses": True}
    connector = WebhookConnector(
        WebhookConfig.model_validate({"endpoints": {"musterstadt": endpoint}})
    )
    started = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT_S), world.delivering(connector, DeliverySettings()):
            while _undelivered(world):  # noqa: ASYNC110 - what is waited for is a row in a database
                await asyncio.sleep(0.02)
            taken = time.perf_counter() - started
    finally:
        await connector.close()
        world.close()
    return Delivery(messages, messages / taken)


def _undelivered(world: World) -> int:
    open_rows = "select count(*) from outbox where state <> 'delivered'"
    found: int = world.query(open_rows)[0][0]
    return found
