"""What is wrong with a configuration, said so that one reading is enough to mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import NamedTuple


class Problem(NamedTuple):
    """One fault: the dotted path of the option, what is wrong, and what to do about it."""

    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        return f"{self.path}: {self.what}. {self.remedy}"


def unknown(path: str, name: str, known: Iterable[str]) -> Problem:
    """Return the fault of a name that does not exist, with the nearest one that does."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    if near:
        remedy = f"Did you mean '{near[0]}'?"
    elif names:
        remedy = f"Known here: {', '.join(names)}"
    else:
        remedy = "Nothing may stand here; remove it"
    return Problem(path, f"'{name}' is not known", remedy)
