"""What permits and recalls share: the dispatcher's means, and how an intent is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from hub.crashpoints import reach
from hub.delivery import record
from hub.delivery.cases import Reader
from hub.delivery.messages import Parcel
from hub.delivery.settings import DeliverySettings
from hub.delivery.window import Window
from hub.domain.events import DeliveryStage
from hub.domain.ids import mint
from hub.ports import (
    ClaimedSend,
    Clock,
    Connector,
    DeliveryBatch,
    DeliveryStore,
    Intent,
    OutboundMessage,
)


class Ready(NamedTuple):
    """A row whose intent is stored: it may leave while the window is open."""

    claim: ClaimedSend
    intent: Intent
    message: OutboundMessage
    connector: Connector
    window: Window


class Desk(NamedTuple):
    """What permits and recalls are decided with."""

    worker: str
    store: DeliveryStore
    reader: Reader
    clock: Clock
    connectors: Mapping[str, Connector]
    partitions: int
    settings: DeliverySettings
    monotonic: Callable[[], float]

    def mine(self, batch: DeliveryBatch, claims: Sequence[ClaimedSend]) -> list[ClaimedSend]:
        """Return the claims that still hold, their rows locked."""
        held = batch.still_leased(self.worker, [claim.row.send_id for claim in claims])
        return [claim for claim in claims if claim.row.send_id in held]

    def ready(
        self,
        claim: ClaimedSend,
        found: Parcel,
        now: datetime,
        opened: float,
        *,
        consents: tuple[str, ...],
        policy: str,
    ) -> Ready:
        """Mint the intent of a claim and open its window."""
        row, attempt = claim.row, claim.attempts + 1
        lifetime = self.settings.intent_lifetime_s
        intent = Intent(
            intent_id=mint(row.send_id, "intent", attempt),
            send_id=row.send_id,
            tenant=row.tenant,
            person=row.person,
            recipient=row.recipient,
            at=now,
            lifetime_s=lifetime,
            attempt=attempt,
            consents=consents,
            policy=policy,
        )
        window = Window(opened=opened, lifetime_s=lifetime, monotonic=self.monotonic)
        return Ready(claim, intent, found.message, found.connector, window)


def write_intents(batch: DeliveryBatch, ready: Sequence[Ready]) -> None:
    """Store intents with their lines in the decision log; tell the case of each first one."""
    if not ready:
        return
    reach("after-permit")
    batch.intend([item.intent for item in ready])
    batch.owe(
        [
            record.noted(item.claim.row, DeliveryStage.INTENT, item.intent.at)
            for item in ready
            if item.intent.attempt == 1
        ]
    )
    batch.log([record.intended(item.claim.row, item.intent) for item in ready])
