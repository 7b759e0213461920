"""The management port: `/live`, `/ready?role=`, `/metrics`. Nothing here writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import NamedTuple

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.api.progress import Progress
from hub.api.refusals import HANDLERS, Refused
from hub.errors import HubError

log = structlog.get_logger(__name__)

CHECK_TIMEOUT_S = 3.0


class Check(NamedTuple):
    """One thing a role depends on; `run` raises `HubError` whose text names the remedy."""

    name: str
    run: Callable[[], None]


class Management:
    """The endpoints. `checks` are those of each role that this process runs."""

    def __init__(
        self,
        progress: Progress,
        checks: Mapping[str, tuple[Check, ...]],
        registry: CollectorRegistry,
    ) -> None:
        self._progress = progress
        self._checks = checks
        self._registry = registry

    def app(self) -> Starlette:
        """Return the ASGI app."""
        return Starlette(
            routes=[
                Route("/live", self._live),
                Route("/ready", self._ready),
                Route("/metrics", self._metrics),
            ],
            exception_handlers=HANDLERS,
        )

    async def _live(self, request: Request) -> Response:
        del request
        faults = self._progress.faults()
        if faults:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "no-progress",
                "The process makes no progress and should be restarted.",
                members={"faults": faults},
            )
        return JSONResponse({"live": True})

    async def _ready(self, request: Request) -> Response:
        role = request.query_params.get("role", "all")
        if role != "all" and role not in self._checks:
            raise Refused(
                HTTPStatus.NOT_FOUND,
                "role-not-here",
                f"This process runs: {', '.join(sorted(self._checks))}.",
                field="role",
            )
        roles = sorted(self._checks) if role == "all" else [role]
        # Roles share dependencies; each is asked once.
        checks = {check.name: check for name in roles for check in self._checks[name]}
        results = await asyncio.gather(*(self._run(check) for check in checks.values()))
        failed = [result for result in results if result is not None]
        if failed:
            raise Refused(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "not-ready",
                "See `failed` for what is missing and what to do.",
                members={"role": role, "failed": failed},
            )
        return JSONResponse({"ready": True, "role": role, "checks": sorted(checks)})

    async def _run(self, check: Check) -> dict[str, str] | None:
        try:
            await asyncio.wait_for(asyncio.to_thread(check.run), CHECK_TIMEOUT_S)
        except TimeoutError:
            return {"check": check.name, "remedy": f"No answer within {CHECK_TIMEOUT_S:.0f} s."}
        except HubError as error:
            return {"check": check.name, "remedy": str(error)}
        except Exception as error:  # noqa: BLE001 - an unforeseen fault means: not ready
            log.warning("check-failed", check=check.name, error=type(error).__name__)
            return {"check": check.name, "remedy": f"Unforeseen: {type(error).__name__}."}
        return None

    async def _metrics(self, request: Request) -> Response:
        del request
        text = await asyncio.to_thread(generate_latest, self._registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})
