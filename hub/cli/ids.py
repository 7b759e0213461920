"""Takes an id as the lists show it: whole, or the beginning of it if that is clear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from hub.cli.common import usage

if TYPE_CHECKING:
    from hub.store.prefixes import Named
    from hub.store.store import Views

LEAST = 8
KEY = 64
UUID_DIGITS = 32
BEGINNING = re.compile(rf"[0-9a-f]{{{LEAST},{KEY}}}")


def whole(views: Views, text: str, kinds: tuple[Named, ...], option: str) -> str:
    """Return the whole id for its beginning of at least 8 hex digits; other text as it is.

    Raises a usage error that lists the matches when there are several.
    """
    digits = text.strip().lower().replace("-", "")
    if not BEGINNING.fullmatch(digits) or len(digits) == KEY:
        return text
    if len(digits) == UUID_DIGITS:
        try:
            UUID(text)
        except ValueError:
            return text
    found = views.beginning(digits, kinds)
    if len({match.id for match in found}) > 1:
        matches = "; ".join(f"{match.kind.value} {match.id}" for match in found)
        raise usage(f"several ids begin so, give more digits: {matches}", option)
    return found[0].id if found else text


def whole_uuid(views: Views, text: str, kind: Named, option: str) -> UUID:
    """Return the id of one kind of thing. Raises a usage error for none, or for several."""
    text = whole(views, text, (kind,), option)
    try:
        return UUID(text)
    except ValueError:
        message = f"an id is needed, as the lists show it, or its first {LEAST} digits or more"
        raise usage(message, option) from None
