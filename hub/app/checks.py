"""What each role depends on, as readiness and `hub doctor` ask it. Every failure has its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.api.management import Check
from hub.domain.ids import DataKeyId
from hub.errors import Halted, Retriable

if TYPE_CHECKING:
    from hub.api.progress import Progress
    from hub.app.build import Hub

RESUME = 'mend the cause, then run: hub resume --reason "..."'


def role_checks(hub: Hub, progress: Progress) -> dict[str, tuple[Check, ...]]:
    """Return the checks of every role."""
    log = Check("log", lambda: require_log(hub))
    store = Check("store", lambda: require_store(hub))
    vault = Check("vault", lambda: require_vault(hub))
    rules = Check("rules", lambda: require_rules(hub))
    processor = Check("processor", lambda: require_processor(hub, progress))
    return {
        "ingest": (log, store, vault),
        "processor": (log, store, vault, rules, processor),
        "delivery": (log, store, vault, rules),
    }


def require_log(hub: Hub) -> None:
    """Raise unless the log answers."""
    hub.log.identity()


def require_store(hub: Hub) -> None:
    """Raise unless the store answers."""
    hub.store.positions.all()


def require_vault(hub: Hub) -> None:
    """Raise unless the vault answers; a key that does not exist is asked for."""
    hub.vault.unwrap(hub.tenant, [DataKeyId("readiness")])


def require_rules(hub: Hub) -> None:
    """Raise unless there are a policy and a directory to decide by."""
    hub.store.cases.rules(hub.tenant, hub.clock.now())


def require_running(hub: Hub) -> None:
    """Raise `Halted` while the processor is halted."""
    for halt in hub.store.views.halts(limit=1):
        if halt.resumed_at is None:
            message = f"The processor is halted since {halt.at.isoformat()}: {halt.reason}."
            raise Halted(message, remedy=RESUME)


def require_processor(hub: Hub, progress: Progress) -> None:
    """Raise while the processor is halted, or waits for something."""
    require_running(hub)
    waiting = progress.waiting("processor")
    if waiting is not None:
        raise Retriable(f"The processor waits: {waiting}. See its log.")
