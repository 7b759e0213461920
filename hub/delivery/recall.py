"""Rule 10: what becomes of a retraction, decided from the messages before it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from hub.ports import EarlierSend


class Recall(StrEnum):
    """What to do with a retraction now."""

    SEND = "send"
    CANCEL_BOTH = "cancel-both"
    WAIT = "wait"


def decide_recall(earlier: Sequence[EarlierSend]) -> Recall:
    """Decide from the rows of the same order key and generation that come before the retraction.

    A running attempt is waited for, because its result is not known and an order of two open
    requests is nobody's promise (P5). If nothing can have been disclosed there is nothing to take
    back, and the recipient must not learn from a recall that there was something (P3).
    """
    if any(send.leased for send in earlier):
        return Recall.WAIT
    if any(send.possibly_disclosed for send in earlier):
        return Recall.SEND
    return Recall.CANCEL_BOTH
