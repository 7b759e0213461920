"""One attempt: hand the message to its connector, and put what happened into the hub's words."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import NamedTuple

import structlog

from hub.crashpoints import reach
from hub.delivery.desk import Ready
from hub.delivery.record import plain_reference
from hub.delivery.words import Code
from hub.errors import Permanent, Retriable
from hub.ports import AttemptOutcome, Receipt

_log = structlog.get_logger(__name__)


class Ended(NamedTuple):
    """How an attempt ended.

    `asked_s`: the wait in seconds that the recipient asked for. `refused`: no retry changes it.
    """

    item: Ready
    outcome: AttemptOutcome
    code: str
    latency_ms: int = 0
    reference: str | None = None
    asked_s: float | None = None
    refused: bool = False


async def attempt(item: Ready, *, timeout_s: float, monotonic: Callable[[], float]) -> Ended:
    """Make one attempt; never raises. A cancelled one ends as `interrupted`, possibly disclosed."""
    begun = monotonic()
    reach("before-send")
    try:
        async with asyncio.timeout(timeout_s):
            receipt = await item.connector.deliver(item.message, item.window)
    except asyncio.CancelledError:
        ended = Ended(item, AttemptOutcome.RETRIABLE, Code.INTERRUPTED.value)
    except Exception as error:  # noqa: BLE001 - a connector's fault must not stop other deliveries
        ended = _failed(item, error)
    else:
        reach("after-send")
        ended = _received(item, receipt)
    return ended._replace(latency_ms=round((monotonic() - begun) * 1000))


def _received(item: Ready, receipt: Receipt) -> Ended:
    if not receipt.accepted:
        return Ended(item, AttemptOutcome.PERMANENT, Code.NOT_ACCEPTED.value, refused=True)
    reference = plain_reference(receipt.reference)
    return Ended(item, AttemptOutcome.DELIVERED, Code.ACCEPTED.value, reference=reference)


def _failed(item: Ready, error: Exception) -> Ended:
    """Unless the connector is certain that no byte left, the attempt counts as disclosed."""
    if isinstance(error, Retriable):
        sent = AttemptOutcome.RETRIABLE if error.possibly_sent else AttemptOutcome.NOT_SENT
        return Ended(item, sent, error.code, asked_s=error.retry_after_s)
    if isinstance(error, Permanent):
        sent = AttemptOutcome.PERMANENT if error.possibly_sent else AttemptOutcome.NOT_SENT
        return Ended(item, sent, error.code, refused=True)
    if isinstance(error, TimeoutError):
        return Ended(item, AttemptOutcome.RETRIABLE, Code.TIMEOUT.value)
    # Neither its text nor a traceback: both may quote what was to be delivered.
    frame = traceback.extract_tb(error.__traceback__)[-1]
    _log.error(
        "connector_failed",
        intent=str(item.intent.intent_id),
        error=type(error).__name__,
        where=f"{frame.name}:{frame.lineno}",
        remedy="Report this to the connector's maintainer; the message is tried again.",
    )
    return Ended(item, AttemptOutcome.RETRIABLE, Code.CONNECTOR_ERROR.value)
