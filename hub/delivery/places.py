"""Claimed rows that wait for a free place, and the places: how many attempts may run at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from hub.delivery.breaker import Breaker
from hub.delivery.settings import DeliverySettings
from hub.domain.ids import RecipientId
from hub.domain.referral import Operation
from hub.ports import ClaimedSend


class _Waiting(NamedTuple):
    claim: ClaimedSend
    since: float


class Places:
    """Keeps the bounds per recipient and over all.

    A row gets its permit only with a free place, because an intent must not age in a queue.
    """

    def __init__(
        self, settings: DeliverySettings, breaker: Breaker, monotonic: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._breaker = breaker
        self._monotonic = monotonic
        self._waiting: list[_Waiting] = []
        self._running: dict[asyncio.Task[None], RecipientId] = {}

    @property
    def running(self) -> set[asyncio.Task[None]]:
        """The attempts under way."""
        return set(self._running)

    @property
    def free(self) -> int:
        """How many more attempts may be begun."""
        return self._settings.concurrency - len(self._running)

    def busy(self) -> list[RecipientId]:
        """Return the recipients for whom no more rows should be claimed now."""
        used = Counter(self._running.values())
        full = {r for r, n in used.items() if n >= self._places(r)}
        waiting = {w.claim.row.recipient for w in self._waiting}
        return sorted(full | waiting | self._breaker.paused())

    def add(self, claims: Iterable[ClaimedSend]) -> None:
        """Let claimed rows wait."""
        now = self._monotonic()
        self._waiting += [_Waiting(claim, now) for claim in claims]

    def begin(self, task: asyncio.Task[None], recipient: RecipientId) -> None:
        """Take a place until the task is done."""
        self._running[task] = recipient
        task.add_done_callback(self._running.pop)

    def take(self) -> tuple[list[ClaimedSend], list[ClaimedSend]]:
        """Return the retractions and the other rows that have a free place, in their order."""
        used = Counter(self._running.values())
        free = self.free
        taken: list[_Waiting] = []
        for waiting in sorted(self._waiting, key=lambda w: not is_recall(w.claim)):
            recipient = waiting.claim.row.recipient
            if len(taken) < free and used[recipient] < self._places(recipient):
                used[recipient] += 1
                taken.append(waiting)
        self._waiting = [w for w in self._waiting if w not in taken]
        claims = [w.claim for w in taken]
        return [c for c in claims if is_recall(c)], [c for c in claims if not is_recall(c)]

    def tired(self) -> list[ClaimedSend]:
        """Return the rows that waited too long: what is left of their lease is too short."""
        limit = self._monotonic() - self._settings.claim_patience_s
        tired = [w.claim for w in self._waiting if w.since <= limit]
        self._waiting = [w for w in self._waiting if w.since > limit]
        return tired

    def empty(self) -> Sequence[ClaimedSend]:
        """Return all rows that wait, and forget them."""
        claims = [w.claim for w in self._waiting]
        self._waiting = []
        return claims

    def _places(self, recipient: RecipientId) -> int:
        return self._breaker.places(recipient, self._settings.per_recipient)


def is_recall(claim: ClaimedSend) -> bool:
    """True for a retraction."""
    return claim.row.operation is Operation.RETRACT
