"""Plain words for the reason codes that the story comes across."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from hub.demo.story import CET

PLAIN: Final = {
    "consent-declined": "the parent said no; nobody asks again",
    "consent-withdrawn": "the parent took the consent back",
    "frozen": "an officer stopped everything for this person",
    "no-consent": "nobody entitled has consented",
    "no-recipient": "nobody said where the child stays, so no office can be found",
    "safety-check-missing": "no valid answer to the safety question for this child",
    "settle-window-open": "the report has not stood for 45 minutes yet",
    "unresolved-input": "something about this person could not be understood",
}


def plain(reasons: Iterable[str]) -> str:
    """Return the reasons in plain words; a code without words stands for itself."""
    return "; ".join(PLAIN.get(reason, reason) for reason in reasons)


def when(at: datetime) -> str:
    """Return an instant as the story's people read it."""
    return f"{at.astimezone(CET):%a %d %b %H:%M}"
