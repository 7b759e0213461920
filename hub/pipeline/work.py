"""What a record is on its way through the pipeline, from raw bytes to an outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from uuid import UUID

    from hub.domain.case import Case, ClosedEpisode
    from hub.domain.decision import Decision
    from hub.domain.events import Event, Meta
    from hub.domain.ids import PersonKey
    from hub.errors import Poison
    from hub.ports import LogRecord


@dataclass(slots=True)
class Work:
    """One record. Each step fills in what it found; `fault` ends the way at any step.

    `person` is whose case it concerned when it was decided: after a merge, the survivor's.
    """

    record: LogRecord
    meta: Meta | None = None
    sealed: bytes = b""
    event: Event | None = None
    ignored: str | None = None
    fault: Poison | None = None
    decision: Decision | None = None
    policy: str = ""
    person: PersonKey | None = None

    @property
    def open(self) -> bool:
        """True while the record still needs a decision."""
        return self.fault is None and self.ignored is None


class Loaded(NamedTuple):
    """The cases of one batch: `keys` maps every key asked for to the surviving person's."""

    cases: dict[PersonKey, Case]
    keys: dict[PersonKey, PersonKey]


@dataclass(slots=True)
class Touched:
    """What the decisions of one batch changed in the end.

    `closed` holds the stays that were put away and stay so, `moved` the ids of all that were put
    away or brought back: what the store holds of these is out of date.
    """

    cases: dict[PersonKey, Case] = field(default_factory=dict)
    closed: dict[UUID, tuple[PersonKey, ClosedEpisode]] = field(default_factory=dict)
    moved: dict[UUID, None] = field(default_factory=dict)

    @property
    def reopened(self) -> list[UUID]:
        """The stays that are no longer put away."""
        return [episode_id for episode_id in self.moved if episode_id not in self.closed]

    def move_stays(self, decision: Decision) -> None:
        """Take in which stays a decision put away or brought back."""
        for episode_id in decision.reopened:
            self.closed.pop(episode_id, None)
            self.moved[episode_id] = None
        for person, closed in decision.closed:
            self.closed[closed.episode.episode_id] = (person, closed)
            self.moved[closed.episode.episode_id] = None
