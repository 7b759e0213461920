"""Plain words for the reason codes that the story comes across."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
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


def several(number: int, thing: str) -> str:
    """Return how many there are of a thing, in words where there is none: "no tasks", "1 task"."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def times(number: int) -> str:
    """Return how often something happened."""
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def minutes(span: timedelta) -> str:
    """Return a span in whole minutes, rounded: the hub takes a moment to do what it is told."""
    return several(round(span / timedelta(minutes=1)), "minute")


def short(identity: object, digits: int = 12) -> str:
    """Return the beginning of an id or pseudonym; the `hub` commands take 8 digits or more."""
    return str(identity)[:digits]


def since(at: datetime) -> str:
    """Return an instant like `when`, without the day of the week: for a narrow column."""
    return f"{at.astimezone(CET):%d %b %H:%M}"


def when(at: datetime) -> str:
    """Return an instant as the story's people read it."""
    return f"{at.astimezone(CET):%a %d %b %H:%M}"
