"""A scene: one claim about the hub, and what was found that bears it out or not."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing read from the hub or the inbox, and whether it is as claimed."""

    text: str
    holds: bool


class Table(NamedTuple):
    """Rows to look at."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Page(NamedTuple):
    """A text as its reader sees it."""

    title: str
    text: str


class Scene(NamedTuple):
    """A claim with its evidence. `key` is its lasting name, for tests."""

    key: str
    title: str
    claim: str
    findings: tuple[Finding, ...]
    exhibits: tuple[Table | Page, ...] = ()

    @property
    def passed(self) -> bool:
        """True if there is evidence and all of it bears the claim out."""
        return bool(self.findings) and all(finding.holds for finding in self.findings)
