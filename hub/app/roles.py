"""Runs roles in one process: ingest, processor, delivery, or all of them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import structlog

from hub.api.management import Management
from hub.api.progress import Progress
from hub.api.server import HttpServer
from hub.app.checks import role_checks
from hub.app.collector import StoreCollector
from hub.app.prepare import prepare, require_rules
from hub.app.sources import registers, senders
from hub.app.supervisor import BeatingEvent, Loop, Supervisor, on_asyncio
from hub.domain.ids import PersonKey, RecipientId, TenantId
from hub.metric_defs import BUILD_INFO, REGISTRY

if TYPE_CHECKING:
    from hub.api.acknowledgements import Disclosed
    from hub.app.build import Hub

log = structlog.get_logger(__name__)

LIMITS_S = {"lookups": 900.0}
"""A look-up may rightly take many slow pages; every other loop turns within a minute."""


class Role(StrEnum):
    """What a process does."""

    INGEST = "ingest"
    PROCESSOR = "processor"
    DELIVERY = "delivery"
    ALL = "all"


class Places(NamedTuple):
    """Where the process listens; `ingress` is None if it does not run that role."""

    ingress: str | None
    management: str


def run(hub: Hub, role: Role) -> None:
    """Run until SIGTERM or SIGINT, then drain. Raises what ended a loop, if one died.

    Raises `ConfigError`, `Retriable` or `Halted` when it can't start; nothing runs then.
    """
    roles = [r for r in Role if r is not Role.ALL] if role is Role.ALL else [role]
    prepare(hub)
    # Every role needs the key sooner or later: without it, the hub must not say that it started.
    log.info("prepared", master_key=hub.master.key_id[:8])
    if Role.PROCESSOR in roles or Role.DELIVERY in roles:
        require_rules(hub)
    progress = Progress(limits_s=LIMITS_S)
    management = _management(hub, roles, progress)
    servers = [management]
    loops: dict[str, Loop] = {}
    if Role.INGEST in roles:
        ingress = _ingress(hub)
        servers.append(ingress)
        loops |= {"ingress": _serving(ingress, progress), **_ingest_loops(hub, progress)}
    if Role.PROCESSOR in roles:
        from hub.app.processing import ProcessorLoop  # noqa: PLC0415 - other roles need no pipeline

        loops["processor"] = ProcessorLoop(hub, progress).run
    if Role.DELIVERY in roles:
        loops |= _delivery_loops(hub, progress)
    _run_all(hub, loops, management, Places(_url(servers[1:]), management.url))


def _run_all(hub: Hub, loops: dict[str, Loop], management: HttpServer, places: Places) -> None:
    BUILD_INFO.labels(version("justice-welfare-hub")).set(1)
    collector = StoreCollector(hub)
    REGISTRY.register(collector)
    answering = threading.Thread(target=management.run, name="management", daemon=True)
    answering.start()
    supervisor = Supervisor()
    try:
        for name, loop in loops.items():
            supervisor.start(name, loop)
        log.info(
            "started",
            loops=sorted(loops),
            ingress=places.ingress,
            management=places.management,
            virtual_clock=hub.config.clock.offset_file is not None,
        )
        supervisor.wait()
    finally:
        # Last of all, so that an orchestrator sees the others drain.
        management.stop()
        answering.join(5)
        REGISTRY.unregister(collector)
    log.info("stopped")
    if supervisor.fault is not None:
        raise supervisor.fault


def _url(servers: list[HttpServer]) -> str | None:
    return servers[0].url if servers else None


def _management(hub: Hub, roles: Sequence[Role], progress: Progress) -> HttpServer:
    checks = role_checks(hub, progress)
    app = Management(progress, {role.value: checks[role.value] for role in roles}, REGISTRY).app()
    place = hub.config.management
    return HttpServer(app, name="management", host=place.host, port=place.port)


def _ingress(hub: Hub) -> HttpServer:
    from hub.api.credentials import Credentials  # noqa: PLC0415 - other roles need neither
    from hub.api.ingress import ingress_app  # noqa: PLC0415 - as above

    place = hub.config.ingress
    app = ingress_app(
        senders=Credentials(senders(hub.config, hub.tenant, hub.pseudonyms)),
        recipients=Credentials(
            (entry.credential.get_secret_value(), RecipientId(name))
            for name, entry in hub.config.recipients.items()
        ),
        append=hub.appender.append,
        fault=hub.appender.fault,
        find=partial(_addressed, hub),
        clock=hub.clock,
        max_body_bytes=place.max_body_bytes,
    )
    return HttpServer(app, name="ingress", host=place.host, port=place.port)


def _addressed(
    hub: Hub, recipient: RecipientId, referral_id: UUID, generation: int
) -> Disclosed | None:
    from hub.api.acknowledgements import Disclosed  # noqa: PLC0415 - only ingest needs it

    found = hub.store.views.addressed(recipient, referral_id)
    if found is None or generation > found.generation:
        return None
    return Disclosed(TenantId(found.tenant), PersonKey(found.person))


def _serving(server: HttpServer, progress: Progress) -> Loop:
    def loop(stop: threading.Event) -> None:
        def watch() -> None:
            stop.wait()
            server.stop()

        threading.Thread(target=watch, name=f"{server.name}-stop", daemon=True).start()
        server.run(lambda: progress.turn(server.name))
        progress.ends(server.name)

    return loop


def _ingest_loops(hub: Hub, progress: Progress) -> dict[str, Loop]:
    from hub.ingress import DuePoller, LookupRunner  # noqa: PLC0415 - other roles need neither

    poller = DuePoller(
        store=hub.store.ingress, appender=hub.appender, clock=hub.clock, worker=hub.worker
    )

    def poll(stop: threading.Event) -> None:
        poller.run(BeatingEvent(stop, progress, "due-events"))
        progress.ends("due-events")

    async def look_up(stop: asyncio.Event) -> None:
        # Made here, because a look-up's connections belong to one event loop.
        runner = LookupRunner(
            store=hub.store.ingress,
            vault=hub.vault,
            sealer=hub.sealer,
            appender=hub.appender,
            clock=hub.clock,
            registers=registers(hub.config, hub.tenant, hub.pseudonyms),
            worker=hub.worker,
        )
        try:
            await runner.run(stop)
        finally:
            await runner.close()

    return {"due-events": poll, "lookups": on_asyncio(look_up, progress, "lookups")}


def _delivery_loops(hub: Hub, progress: Progress) -> dict[str, Loop]:
    from hub.delivery.dispatcher import Dispatcher  # noqa: PLC0415 - other roles need neither
    from hub.delivery.relay import Relay  # noqa: PLC0415 - as above
    from hub.delivery.settings import DeliverySettings  # noqa: PLC0415 - as above

    options = hub.config.delivery

    async def dispatch(stop: asyncio.Event) -> None:
        connectors = hub.connectors()
        dispatcher = Dispatcher(
            worker=hub.worker,
            store=hub.store.delivery,
            vault=hub.vault,
            sealer=hub.sealer,
            clock=hub.clock,
            connectors=connectors,
            partitions=hub.log.identity().partitions,
            settings=DeliverySettings(
                intent_lifetime_s=options.intent_lifetime_s,
                max_consent_staleness_s=options.max_consent_staleness_s,
                concurrency=options.concurrency,
            ),
        )
        try:
            await dispatcher.run(stop)
        finally:
            for connector in connectors.values():
                await connector.close()

    relay = Relay(worker=hub.worker, store=hub.store.relay, codec=hub.codec, log=hub.log)
    return {
        "dispatcher": on_asyncio(dispatch, progress, "dispatcher"),
        "relay": on_asyncio(relay.run, progress, "relay"),
    }
