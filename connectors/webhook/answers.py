"""What an inbox's HTTP status means for the hub. The body of an answer is never read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from hub.errors import Permanent, Retriable
from hub.ports import Receipt

_SLOW_DOWN = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY})


def receipt_for(
    status: int, retry_after: str | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Receipt:
    """Return the receipt of a 2xx. Raises `Retriable` or `Permanent` for everything else."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Receipt(accepted=True)
    if status in _SLOW_DOWN:
        raise Retriable(
            f"The inbox answered {status} and is asked again later.",
            retry_after_s=seconds(retry_after, now),
            code=f"http-{status}",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
        raise Retriable(f"The inbox answered {status}.", code=f"http-{status}")
    if status == HTTPStatus.GONE:
        raise Permanent(
            "The inbox answered 410: it is closed for good. Mend the directory.",
            code="recipient-gone",
        )
    if status < HTTPStatus.BAD_REQUEST:
        raise Permanent(
            f"The inbox answered {status}: redirects are not followed. Configure its new address.",
            code="redirect",
        )
    raise Permanent(f"The inbox refused the message with {status}.", code=f"rejected-{status}")


def seconds(retry_after: str | None, now: Callable[[], datetime]) -> float | None:
    """Return the wait of a Retry-After header (seconds or an HTTP date), None if not legible."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now()).total_seconds())
