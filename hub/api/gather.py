"""Gathers the events of concurrent requests into one durable append, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from hub.domain.events import Draft
from hub.errors import Poison
from hub.ingress import Append, append_each


class _Waiting(NamedTuple):
    drafts: Sequence[Draft]
    done: asyncio.Future[list[Poison | None]]


class Gatherer:
    """Runs the blocking `append` in a thread; what arrives meanwhile goes into the next one.

    One slow disk write thus serves all requests that wait for it. A refused event never costs its
    neighbours anything, those of its own request included.
    """

    def __init__(self, append: Append, *, most: int = 512) -> None:
        self._append = append
        self._most = most
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None

    async def append(self, drafts: Sequence[Draft]) -> list[Poison | None]:
        """Return once all are durable but the refused ones: why, or None, for each in order.

        Raises whatever else `append` raises.
        """
        done: asyncio.Future[list[Poison | None]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(drafts, done))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())
        return await done

    async def drain(self) -> None:
        """Return once nothing is being appended."""
        if self._worker is not None:
            await self._worker

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._write(self._take())
        finally:
            self._worker = None

    def _take(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        count = 0
        while self._waiting and (not taken or count + len(self._waiting[0].drafts) <= self._most):
            count += len(self._waiting[0].drafts)
            taken.append(self._waiting.pop(0))
        return taken

    async def _write(self, group: Sequence[_Waiting]) -> None:
        drafts = [draft for waiting in group for draft in waiting.drafts]
        try:
            refused = await asyncio.to_thread(append_each, self._append, drafts)
        except Exception as error:  # noqa: BLE001 - every waiting request must get its answer
            _fail(group, error)
            return
        for waiting in group:
            own, refused = refused[: len(waiting.drafts)], refused[len(waiting.drafts) :]
            if not waiting.done.done():
                waiting.done.set_result(own)


def _fail(group: Sequence[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.done.done():
            waiting.done.set_exception(error)
