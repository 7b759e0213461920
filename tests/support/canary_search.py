"""Searches bytes for canaries in every dress in which they could have slipped out."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Bytes that a pattern must have: fewer turn up by chance."""
GRAM, STRIDE = 4, 3
"""Looking at every third place for four bytes of a pattern misses none of six bytes or more."""


class Output(NamedTuple):
    """Something that a hub put out: what it is, and its bytes."""

    what: str
    data: bytes


class Leak(NamedTuple):
    """A canary that was found: where, in which dress, which one."""

    what: str
    dress: str
    canary: str


class _Pattern(NamedTuple):
    data: bytes
    dress: str
    canary: str


_Grams = dict[bytes, list[tuple[int, _Pattern]]]


class Search:
    """A search for a fixed set of canaries. ASCII letters match in either case, where they can."""

    def __init__(self, canaries: Iterable[str]) -> None:
        self._exact: _Grams = {}
        self._folded: _Grams = {}
        for canary in canaries:
            for pattern in _dresses(canary):
                if len(pattern.data) < SHORTEST:
                    raise ValueError(f"too short to be told from chance: {pattern.dress}")
                grams = self._exact if pattern.dress.startswith("base64") else self._folded
                for offset in range(STRIDE):
                    gram = pattern.data[offset : offset + GRAM]
                    grams.setdefault(gram, []).append((offset, pattern))

    def leaks(self, outputs: Iterable[Output]) -> set[Leak]:
        """Return every canary found in any of the outputs."""
        return {leak for output in outputs for leak in self._in(output)}

    def _in(self, output: Output) -> Iterator[Leak]:
        for grams, data in ((self._exact, output.data), (self._folded, output.data.lower())):
            places = [i for i in range(0, len(data), STRIDE) if data[i : i + GRAM] in grams]
            for place in places:
                for offset, pattern in grams[data[place : place + GRAM]]:
                    if place >= offset and data.startswith(pattern.data, place - offset):
                        yield Leak(output.what, pattern.dress, pattern.canary)


def files(root: Path, leave_out: Iterable[str] = ()) -> Iterator[Output]:
    """Yield every file below a folder, its name first; write-ahead logs and free pages included.

    `leave_out` are paths below `root` that may rightly hold personal data.
    """
    allowed = [root / name for name in leave_out]
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        yield Output(f"name of {name}", name.encode())
        if path.is_file() and not any(path == a or a in path.parents for a in allowed):
            yield Output(name, path.read_bytes())


def _dresses(canary: str) -> Iterator[_Pattern]:
    plain = canary.encode()
    folded = {
        "utf-8": plain,
        "upper case": canary.upper().encode(),
        "lower case": canary.lower().encode(),
        "utf-16-le": canary.encode("utf-16-le"),
        "utf-16-be": canary.encode("utf-16-be"),
        "hex": plain.hex().encode(),
        "percent": "".join(f"%{byte:02x}" for byte in plain).encode(),
        "url": quote(canary).encode(),
        "url part": quote(canary, safe="").encode(),
        "form": quote_plus(canary).encode(),
        "json": json.dumps(canary)[1:-1].encode(),
        "repr": ascii(canary)[1:-1].encode(),
        "latin-1": canary.encode("latin-1", "replace"),
    }
    found = {dress: data.lower() for dress, data in folded.items()}
    for shift in range(3):
        # The characters that depend on the bytes before and after the canary are left out.
        text = base64.b64encode(b"\0" * shift + plain)
        inner = text[[0, 2, 3][shift] : len(text) - (4 if (len(plain) + shift) % 3 else 0)]
        found[f"base64 {shift}"] = inner
        found[f"base64 url {shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    for dress, data in {data: dress for dress, data in reversed(found.items())}.items():
        yield _Pattern(dress, data, canary)
