"""What a record is on its way through the pipeline, from raw bytes to an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.case import Case
    from hub.domain.decision import Decision
    from hub.domain.events import Event, Meta
    from hub.domain.ids import PersonKey, TenantId
    from hub.errors import Poison
    from hub.ports import LogRecord, StoredCase


@dataclass(slots=True)
class Work:
    """One record. Each step fills in what it found; `fault` ends the way at any step."""

    record: LogRecord
    meta: Meta | None = None
    sealed: bytes = b""
    event: Event | None = None
    ignored: str | None = None
    fault: Poison | None = None
    decision: Decision | None = None
    policy: str = ""

    @property
    def open(self) -> bool:
        """True while the record still needs a decision."""
        return self.fault is None and self.ignored is None


class Loaded(NamedTuple):
    """The cases of one batch: `keys` maps every key asked for to the surviving person's."""

    cases: dict[PersonKey, Case]
    rows: dict[PersonKey, StoredCase]
    keys: dict[PersonKey, PersonKey]
    tenants: dict[PersonKey, TenantId]


@dataclass(slots=True)
class Touched:
    """What the decisions of one batch changed, in the order in which they were taken."""

    cases: dict[PersonKey, Case] = field(default_factory=dict)
    reopened: list[UUID] = field(default_factory=list)
