"""The case: all the hub knows of one person, and what is still open about them.

A case is a value. `decide` takes it, and returns another; the store keeps it as one sealed blob.
Closed stays that no longer matter move to `ClosedEpisode` rows, so that a person with five hundred
past movements costs no more per event than one with five.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.domain.children import Child
from hub.domain.consent import Ask, Consent, Withdrawal
from hub.domain.events import PersonNumber
from hub.domain.ids import ChildKey, PersonKey, TenantId
from hub.domain.movements import Ending, Movement
from hub.domain.referral import Referral
from hub.domain.tasks import Task
from hub.domain.values import EPOCH, Value


class Episode(Value, frozen=True, kw_only=True):
    """One stay in custody, from admission to final release; transfers and absences stay inside.

    `first_received_at` is when the hub's log first heard of the admission. Before `settle_until`
    nothing may leave about the stay, before `end_settle_until` nothing about its end; `unsettled`
    says that corrections went on for longer than that may last. `aliases` are ids of stays that
    turned out to be this one. `void` marks a stay that was entered in error, `children_asked`
    counts the look-ups made for it, and `ask_again` wants another.
    """

    episode_id: UUID
    aliases: tuple[UUID, ...] = ()
    admitted_at: datetime
    first_received_at: datetime
    settle_until: datetime
    location: str | None = None
    ended_at: datetime | None = None
    ending: Ending | None = None
    end_settle_until: datetime | None = None
    unsettled: bool = False
    booking: str | None = None
    void: bool = False
    children_asked: int = 0
    ask_again: bool = False

    @property
    def running(self) -> bool:
        """True while the person is in custody."""
        return self.ended_at is None and not self.void


class ClosedEpisode(Value, frozen=True, kw_only=True):
    """A stay that is over and done with, kept apart with the movements it was built from."""

    episode: Episode
    movements: tuple[Movement, ...]
    referrals: tuple[Referral, ...] = ()


class Freeze(Value, frozen=True, kw_only=True):
    """An immediate hold that a person set; only the parent's own word lifts it."""

    set_at: datetime
    set_by: str


class Lookup(Value, frozen=True, kw_only=True):
    """A question to the prison's systems that is not answered yet."""

    lookup_id: UUID
    asked_at: datetime


class TimerKind(StrEnum):
    """What a case waits for."""

    UNKNOWN = "unknown"
    SETTLE = "settle"
    CONSENT_STARTS = "consent-starts"
    CONSENT_EXPIRES = "consent-expires"
    SAFETY_EXPIRES = "safety-expires"
    RELEASE_GRACE_ENDS = "release-grace-ends"
    COMING_OF_AGE = "coming-of-age"
    LOOKUP_OVERDUE = "lookup-overdue"
    TASK_ESCALATES = "task-escalates"


class Timer(Value, frozen=True, kw_only=True):
    """One instant to be woken at. A higher generation makes earlier ones void (rule 7)."""

    timer_id: UUID
    kind: TimerKind
    due: datetime
    generation: int


class Withheld(Value, frozen=True, kw_only=True):
    """That no referral was made for a child and purpose, with every reason, and since when."""

    child: ChildKey
    purpose: str
    reasons: tuple[str, ...]
    since: datetime


class Case(Value, frozen=True, kw_only=True):
    """All the hub knows of one person. `version` counts the decisions that changed it.

    `unmatched` names movements that fit no stay. `stated` says of each child when which field was
    last stated: the latest statement counts, in whatever order statements arrive. `withdrawn_all`
    holds every word by which the parent took back all consents given before it.
    """

    tenant: TenantId
    person: PersonKey
    version: int = 0
    last_now: datetime = EPOCH
    number: PersonNumber | None = None
    alias_of: PersonKey | None = None
    aliases: tuple[PersonKey, ...] = ()
    movements: tuple[Movement, ...] = ()
    unmatched: tuple[UUID, ...] = ()
    episodes: tuple[Episode, ...] = ()
    closed_until: datetime | None = None
    children: tuple[Child, ...] = ()
    stated: dict[ChildKey, dict[str, datetime]] = {}
    child_count: int | None = None
    counted_at: datetime = EPOCH
    consents: tuple[Consent, ...] = ()
    withdrawn_all: tuple[Withdrawal, ...] = ()
    ask: Ask | None = None
    freeze: Freeze | None = None
    freeze_lifted_at: datetime = EPOCH
    referrals: tuple[Referral, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    timers: tuple[Timer, ...] = ()
    tasks: tuple[Task, ...] = ()
    resolved: tuple[UUID, ...] = ()
    lookups: tuple[Lookup, ...] = ()

    @property
    def current(self) -> Episode | None:
        """The latest stay that was not entered in error, running or not."""
        return next((e for e in reversed(self.episodes) if not e.void), None)

    def episode(self, episode_id: UUID) -> Episode | None:
        """Return the stay with this id, or the one that it turned out to be."""
        for episode in self.episodes:
            if episode.episode_id == episode_id or episode_id in episode.aliases:
                return episode
        return None

    def child(self, key: ChildKey) -> Child | None:
        """Return the record of a child, also of a removed one."""
        for child in self.children:
            if child.child == key:
                return child
        return None

    def recorded(self, child: Child) -> bool:
        """Whether somebody recorded or described the child; a safety answer alone does neither."""
        return not child.removed and child.child in self.stated

    def referral(self, referral_id: UUID) -> Referral | None:
        """Return the newest generation of a referral."""
        found = [r for r in self.referrals if r.referral_id == referral_id]
        return max(found, key=lambda r: r.generation, default=None)
