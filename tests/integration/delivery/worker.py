"""A delivery process for tests that kill it: delivers what the outbox holds, then ends."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from connectors.webhook import WebhookConfig
from connectors.webhook.connector import WebhookConnector
from hub.delivery.dispatcher import Dispatcher
from hub.delivery.retry import RetrySchedule
from hub.delivery.settings import DeliverySettings
from hub.privacy.sealing import AesGcmSealer
from hub.privacy.vault import VAULT_FILE, FileVault, local_master_key
from hub.store.dialect import create_engine
from hub.store.store import Store
from hub.testing.clock import FakeClock
from tests.integration.delivery.world import PARTITIONS, store_url, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

SETTINGS = DeliverySettings(
    intent_lifetime_s=0.6,
    attempt_timeout_s=0.4,
    claim_patience_s=0.1,
    poll_s=0.02,
    recall_wait_s=0.05,
    retry=RetrySchedule(waits_s=(0.0,) * 50, jitter=0.0),
)
"""Leases run out after 1.5 seconds, so that a successor needs not wait long."""


def open_vault(folder: Path) -> FileVault:
    """Return the key vault that parent and children share."""
    return FileVault(folder / VAULT_FILE, local_master_key(folder))


async def deliver(folder: Path, url: str) -> None:
    """Run a dispatcher until no row of the outbox is open."""
    store, vault = Store(create_engine(store_url(folder))), open_vault(folder)
    endpoint = {"url": url, "secrets": [SECRET], "allow_private_addresses": True}
    connector = WebhookConnector(
        WebhookConfig.model_validate({"endpoints": {"musterstadt": endpoint}})
    )
    dispatcher = Dispatcher(
        worker=f"worker-{id(store)}",
        store=store.delivery,
        vault=vault,
        sealer=AesGcmSealer(),
        clock=FakeClock(),
        connectors={"webhook": connector},
        partitions=PARTITIONS,
        settings=SETTINGS,
    )

    def done() -> bool:
        with store.engine.connect() as connection:
            open_rows = "select count(*) from outbox where state = 'ready'"
            return not connection.exec_driver_sql(open_rows).scalar_one()

    stop = asyncio.Event()
    running = asyncio.create_task(dispatcher.run(stop))
    await until(done)
    stop.set()
    await running
    await connector.close()
    vault.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(deliver(Path(sys.argv[1]), sys.argv[2]))
