"""The poller of due events: timers and delivery results that the hub owes its own log (rule 7)."""

from __future__ import annotations

import threading
from typing import Final, cast

import msgspec
import structlog

from hub.domain.events import RECORD_TYPES, Draft, Payload
from hub.domain.ids import Namespace, SourceId
from hub.errors import Poison, Retriable
from hub.ingress.appender import Appender
from hub.ingress.each import append_each
from hub.ports import Clock, DueEvent, IngressStore

log = structlog.get_logger(__name__)

JOB: Final = "due-events"
HUB: Final = "hub"
"""Source and namespace of what the hub tells itself."""

LEASE_S: Final = 30.0
AGAIN_AFTER_S: Final = 600.0
"""Real seconds after which an event that was appended and is still undecided is appended again."""


class DuePoller:
    """Appends what is due, in one process at a time."""

    def __init__(
        self,
        *,
        store: IngressStore,
        appender: Appender,
        clock: Clock,
        worker: str,
        limit: int = 500,
    ) -> None:
        self._store = store
        self._appender = appender
        self._clock = clock
        self._worker = worker
        self._limit = limit

    def run_once(self) -> int:
        """Append up to `limit` due events and return how many; 0 while another worker polls.

        Dying between append and mark appends twice: the event id is the same, so it counts once.
        Raises `Retriable` when store, vault or log can't be reached.
        """
        if not self._store.lease(JOB, self._worker, LEASE_S):
            return 0
        rows = self._store.due(self._clock.now(), self._limit, AGAIN_AFTER_S)
        drafts = [draft for row in rows if (draft := _legible(row)) is not None]
        done = self._append(drafts)
        if rows:
            # Illegible ones too: they come back later and block no neighbour.
            self._store.appended([row.event_id for row in rows])
        return done

    def _append(self, drafts: list[Draft]) -> int:
        """Append drafts and return how many; one that the codec refuses is left out."""
        refused = append_each(self._appender.append, drafts)
        for draft, poison in zip(drafts, refused, strict=True):
            if poison is not None:
                log.error("due-event-refused", event_id=str(draft.event_id), code=poison.reason)
        return refused.count(None)

    def run(self, stop: threading.Event, interval_s: float = 0.5) -> None:
        """Poll until `stop` is set; an outage is waited out in place."""
        while not stop.is_set():
            try:
                done = self.run_once()
            except Retriable as error:
                log.warning("due-events-wait", code=error.code)
                done = 0
            if done < self._limit:
                stop.wait(interval_s)


def _legible(row: DueEvent) -> Draft | None:
    """Return the draft of a due event, or None with a line in the log."""
    try:
        return draft_of(row)
    except Poison as poison:
        log.error("due-event-illegible", event_id=str(row.event_id), code=poison.reason)  # noqa: TRY400 - the code says it all
        return None


def draft_of(row: DueEvent) -> Draft:
    """Return the draft of a due event. Raises `Poison` if its body can't be read."""
    kind = RECORD_TYPES.get(row.type)
    if kind is None:
        raise Poison("unknown-type", "type", "bring all processes to the same version")
    try:
        payload = msgspec.msgpack.decode(row.body, type=kind)
    except msgspec.MsgspecError as error:
        raise Poison("truncated", "body", "bring all processes to the same version") from error
    return Draft(
        event_id=row.event_id,
        tenant=row.tenant,
        source=SourceId(HUB),
        namespace=Namespace(HUB),
        person=row.person,
        occurred_at=row.due_at,
        payload=cast("Payload", payload),
    )
