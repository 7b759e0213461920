"""Appending many drafts of which some may be refused: each refusal costs its own draft only."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hub.domain.events import Draft
from hub.errors import Poison

Append = Callable[[Sequence[Draft]], object]
"""Appends all drafts or, raising `Poison`, none: `Appender.append`."""


def append_each(append: Append, drafts: Sequence[Draft]) -> list[Poison | None]:
    """Append every draft that `append` takes; return why not, or None, for each in order.

    Drafts that are all good are one append; a bad one is found by halving. Raises whatever else
    `append` raises: then a part may be durable, and appending all again adds nothing new to any
    case, because ids are the same.
    """
    if not drafts:
        return []
    try:
        append(drafts)
    except Poison as poison:
        if len(drafts) == 1:
            return [poison]
    else:
        return [None] * len(drafts)
    half = len(drafts) // 2
    return [*append_each(append, drafts[:half]), *append_each(append, drafts[half:])]
