"""One role of the hub as a process of its own: `processor`, `delivery`, `ingest` or `append`.

`processor` is what `hub run` runs. `delivery` has waits short enough for a test, and `ingest` asks
the plan's people instead of a prison.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog
from pydantic import SecretStr

from connectors.webhook import WebhookConfig
from connectors.webhook.connector import WebhookConnector
from hub.app.build import Hub
from hub.app.logs import configure
from hub.app.roles import Role, run
from hub.config import load
from hub.delivery.dispatcher import Dispatcher
from hub.delivery.relay import Relay
from hub.delivery.retry import RetrySchedule
from hub.delivery.settings import DeliverySettings
from hub.domain.events import LookupAnswered, PersonNumber
from hub.domain.ids import ChildKey, PersonKey, SourceId
from hub.errors import Permanent
from hub.ingress import DuePoller, LookupRunner, RetryPlan
from hub.ports import SourceContext
from tests.support.chaos_parts import CONFIG_FILE, SECRETS_FILE, URL_FILE, Parts, open_parts
from tests.support.chaos_people import Someone
from tests.support.chaos_plan import people, plan, saved_size
from tests.support.chaos_rules import REGISTER, TENANT

APPEND_AT_ONCE: Final = 4
STALENESS: Final = "CHAOS_STALENESS_S"
"""Variable with the age in seconds up to which the dispatcher trusts the decided view."""

POLL_S: Final = 0.02
LEASE_S: Final = 2.0
"""How long a job of a killed worker stays with it."""


def quick(staleness_s: float) -> DeliverySettings:
    """Return delivery's own rules with short waits: a killed worker's claims last three seconds."""
    return DeliverySettings(
        intent_lifetime_s=1.0,
        attempt_timeout_s=1.0,
        max_consent_staleness_s=staleness_s,
        claim_limit=8,
        claim_patience_s=0.2,
        concurrency=3,
        per_recipient=2,
        denied_retry_s=0.5,
        recall_wait_s=0.05,
        poll_s=POLL_S,
        retry=RetrySchedule(waits_s=(0.0, *(0.1,) * 40)),
        breaker_failures=1000,
    )


def process(folder: Path) -> None:
    """Decide until killed, as `hub run --role processor` does."""
    config = load(folder / CONFIG_FILE)
    configure(config.logging.level)
    with Hub(config) as hub:
        run(hub, Role.PROCESSOR)


async def deliver(parts: Parts, folder: Path) -> None:
    """Run dispatcher and relay until killed."""
    config = WebhookConfig.model_validate(
        {
            "endpoints": {
                "inbox": {
                    "url": (folder / URL_FILE).read_text(encoding="ascii"),
                    "secrets": [SecretStr((folder / SECRETS_FILE).read_text(encoding="ascii"))],
                    "allow_private_addresses": True,
                }
            }
        }
    )
    worker = f"delivery-{os.getpid()}"
    dispatcher = Dispatcher(
        worker=worker,
        store=parts.store.delivery,
        vault=parts.vault,
        sealer=parts.sealer,
        clock=parts.clock,
        connectors={"webhook": WebhookConnector(config)},
        partitions=parts.log.identity().partitions,
        settings=quick(float(os.environ.get(STALENESS, "300"))),
    )
    relay = Relay(
        worker=worker,
        store=parts.store.relay,
        codec=parts.codec,
        log=parts.log,
        poll_s=POLL_S,
        lease_s=LEASE_S,
    )
    never = asyncio.Event()
    await asyncio.gather(dispatcher.run(never), relay.run(never))


class Register:
    """The prison's systems: they know the plan's people."""

    def __init__(self, folder: Path) -> None:
        self._people: dict[str, Someone] = {
            someone.number.number: someone for someone in people(saved_size(folder))
        }

    async def ask(
        self, lookup_id: UUID, number: PersonNumber, context: SourceContext
    ) -> LookupAnswered:
        """Answer at once."""
        del context
        someone = self._people.get(number.number)
        if someone is None:
            raise Permanent("nobody has this number", code="not-found")
        return someone.answer(lookup_id)

    async def close(self) -> None:
        """Nothing is held."""


async def ingest(parts: Parts, folder: Path) -> None:
    """Poll what is due and make look-ups until killed."""
    worker = f"ingest-{os.getpid()}"
    appender = parts.appender()
    poller = DuePoller(
        store=parts.store.ingress, appender=appender, clock=parts.clock, worker=worker, limit=40
    )
    context = SourceContext(
        tenant=TENANT,
        source=SourceId("example"),
        namespace=REGISTER,
        person=PersonKey,
        child=ChildKey,
        fingerprint=bytes.hex,
    )
    lookups = LookupRunner(
        store=parts.store.ingress,
        vault=parts.vault,
        sealer=parts.sealer,
        appender=appender,
        clock=parts.clock,
        registers={REGISTER: (Register(folder), context)},
        worker=worker,
        plan=RetryPlan(lease_s=LEASE_S),
    )
    threading.Thread(target=poller.run, args=(threading.Event(), POLL_S), daemon=True).start()
    await lookups.run(asyncio.Event(), POLL_S)


def append(parts: Parts, folder: Path) -> None:
    """Append the plan's first phase, a few drafts per call; say after each that it is durable."""
    first = plan(saved_size(folder))[0].drafts
    appender = parts.appender()
    for begin in range(0, len(first), APPEND_AT_ONCE):
        appender.append(first[begin : begin + APPEND_AT_ONCE])
        sys.stdout.write(f"{begin}\n")
        sys.stdout.flush()


def main(role: str, folder: Path) -> None:
    """Run one role."""
    if role == "processor":
        process(folder)
        return
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    parts = open_parts(folder)
    match role:
        case "delivery":
            asyncio.run(deliver(parts, folder))
        case "ingest":
            asyncio.run(ingest(parts, folder))
        case "append":
            append(parts, folder)
        case _:
            raise SystemExit(f"no role is called {role}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
