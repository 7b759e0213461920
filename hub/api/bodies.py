"""Bodies: read up to a limit, of a type that is known, as JSON that is one thing only."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from starlette.requests import ClientDisconnect, Request

from hub.api.refusals import Refused

JSON = "application/json"
CLOUD_EVENT = "application/cloudevents+json"
CLOUD_EVENT_BATCH = "application/cloudevents-batch+json"

THROW_AWAY_BYTES = 64 * 1024 * 1024
BODY_S = 30.0


def media_type(request: Request, known: tuple[str, ...]) -> str:
    """Return the request's media type. Raises `Refused` (415) for one that is not `known`."""
    header = request.headers.get("content-type", "")
    name, _, parameters = header.partition(";")
    name = name.strip().lower()
    charset = parameters.replace('"', "").replace(" ", "").lower()
    if name not in known or ("charset=" in charset and "charset=utf-8" not in charset):
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-content-type",
            f"Send {', '.join(known)}, in UTF-8.",
            field="Content-Type",
            headers={"Accept": ", ".join(known)},
        )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported-content-encoding",
            "Send the body uncompressed.",
            field="Content-Encoding",
        )
    return name


async def read(request: Request, limit: int) -> bytes:
    """Return the body. Raises `Refused`: 413 beyond `limit` bytes, 408 when it comes too slowly.

    Never more than `limit` bytes are kept. What comes beyond is read for a while and thrown away:
    most clients see an answer only when they could send everything.
    """
    body = bytearray()
    seen = 0
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                seen += len(chunk)
                if seen > limit + THROW_AWAY_BYTES:
                    break
                if seen <= limit:
                    body += chunk
    except ClientDisconnect:
        raise Refused(HTTPStatus.BAD_REQUEST, "incomplete-body", "The body ended early.") from None
    except TimeoutError:
        raise Refused(
            HTTPStatus.REQUEST_TIMEOUT,
            "body-too-slow",
            f"Send the whole body within {BODY_S:.0f} s.",
            headers={"Connection": "close"},
        ) from None
    if seen > limit:
        raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> Refused:
    return Refused(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        f"The limit is {limit} bytes. Send fewer events at once.",
        headers={"Connection": "close"},
    )


def parse(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the JSON value of a body.

    Raises `Refused` (400) for what is not JSON, names a member twice (readers would disagree on
    its meaning), or holds NaN.
    """
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise _not_json("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _not_json(f"line {error.lineno}, column {error.colno}") from None
    except ValueError:
        # Python refuses to convert numbers of thousands of digits.
        raise _not_json("a number is too long") from None
    except RecursionError:
        raise _not_json("nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused(
            HTTPStatus.BAD_REQUEST, "duplicate-member", "A member is named twice in one object."
        )
    return members


def _no_constant(name: str) -> float:
    raise _not_json(f"{name} is not JSON")


def _not_json(where: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "invalid-json", f"The body is not JSON: {where}.")
