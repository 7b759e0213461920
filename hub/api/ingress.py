"""The ingress app: the only door through which events enter. Every write needs a credential."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from hub.api import acknowledgements, events
from hub.api.acknowledgements import Acknowledgements, FindReferral
from hub.api.credentials import Credentials
from hub.api.endpoint import Endpoint
from hub.api.events import Events, Fault, Sender
from hub.api.gather import Gatherer
from hub.api.refusals import HANDLERS
from hub.domain.ids import RecipientId
from hub.ingress import Append
from hub.ports import Clock

ACKNOWLEDGEMENT_LIMIT = 16 * 1024


def ingress_app(
    *,
    senders: Credentials[Sender],
    recipients: Credentials[RecipientId],
    append: Append,
    fault: Fault,
    find: FindReferral,
    clock: Clock,
    max_body_bytes: int,
) -> Starlette:
    """Return the ASGI app. `append` blocks until its events are durable, or raises.

    `fault` says why an event can't be appended, so that its neighbours in a batch go through.
    """
    gatherer = Gatherer(append)
    take_events = Endpoint(
        "events",
        senders,
        limit=max_body_bytes,
        media=events.media,
        handle=Events(gatherer, fault).handle,
    )
    take_answers = Endpoint(
        "acknowledgements",
        recipients,
        limit=min(max_body_bytes, ACKNOWLEDGEMENT_LIMIT),
        media=acknowledgements.media,
        handle=Acknowledgements(gatherer, find, clock).handle,
    )
    return Starlette(
        routes=[
            Route("/events", take_events.__call__, methods=["POST"]),
            Route("/acknowledgements", take_answers.__call__, methods=["POST"]),
        ],
        exception_handlers=HANDLERS,
    )
