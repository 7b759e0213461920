"""A seeded plan: what is appended at which hour of a chaos run, about a few dozen invented people.

People take turns through the stories below, so that a plan of `len(STORIES)` people has each.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from hub.domain.events import Draft
from hub.domain.movements import MovementKind
from tests.support.chaos_parts import PLAN_FILE
from tests.support.chaos_people import Someone, minutes

START: Final = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When a plan begins, in business time."""


class Phase(NamedTuple):
    """What is appended when the clock was moved to `at`; `junk` are keys of illegible records."""

    at: datetime
    drafts: list[Draft]
    junk: list[str]


class Size(msgspec.Struct, frozen=True):
    """Which plan: the seed, how many people, and whether it goes on until the stays are over."""

    seed: int
    people: int
    long: bool

    def save(self, folder: Path) -> None:
        """Leave word for the workers."""
        (folder / PLAN_FILE).write_bytes(msgspec.json.encode(self))


def saved_size(folder: Path) -> Size:
    """Return which plan a run follows."""
    return msgspec.json.decode((folder / PLAN_FILE).read_bytes(), type=Size)


def people(size: Size) -> list[Someone]:
    """Return the people of a plan; every third one's children are looked up."""
    return [
        Someone(size.seed, index, asked=_story(index) in LOOKED_UP or index % 3 == 2)
        for index in range(size.people)
    ]


def plan(size: Size) -> list[Phase]:
    """Return the phases, in order. The same size gives the same drafts, byte for byte."""
    chance = random.Random(size.seed)
    found: dict[float, list[Draft]] = {hour: [] for hour in (LONG if size.long else SHORT)}
    everybody = people(size)
    for someone in everybody:
        for hour, draft in _story(someone.index)(someone):
            if hour in found:
                found[hour].append(draft)
    phases = []
    for hour, drafts in found.items():
        # Reports come in any order, and some twice.
        again = [draft for draft in drafts if chance.random() < REPEATED]
        mixed = [*drafts, *again]
        chance.shuffle(mixed)
        phases.append(Phase(START + timedelta(hours=hour), mixed, []))
    poisoned = [p.key for p in everybody if _story(p.index) is illegible]
    phases[0].junk.extend([*poisoned[:1], "not a pseudonym"])
    return phases


Told = Iterator[tuple[float, Draft]]
"""Drafts, each with the hour (after the start) of its phase."""

BEGIN, SETTLED, NEXT_DAY, THIRD_DAY = 0.0, 1.0, 25.0, 49.0
RELEASED, AFTER_GRACE, BACK, BACK_SETTLED = 50.0, 600.0, 640.0, 641.0
SHORT: Final = (BEGIN, SETTLED, NEXT_DAY, THIRD_DAY, RELEASED)
LONG: Final = (*SHORT, AFTER_GRACE, BACK, BACK_SETTLED)
REPEATED: Final = 0.08


def _at(hour: float, offset_minutes: float = -5) -> datetime:
    return START + timedelta(hours=hour) + minutes(offset_minutes)


def _begins(p: Someone, *, consent: bool = True) -> Told:
    at = _at(BEGIN)
    yield BEGIN, p.admitted(at)
    for draft in p.family(at):
        yield BEGIN, draft
    if consent:
        yield BEGIN, p.consents(at, "first")


def steady(p: Someone) -> Told:
    """Stays, is transferred, is released, and comes back after everything was put away."""
    yield from _begins(p)
    yield NEXT_DAY, p.moved(_at(NEXT_DAY), MovementKind.TRANSFER_IN)
    for child in p.children:
        yield THIRD_DAY, p.safe(_at(THIRD_DAY, -30), child)
    yield THIRD_DAY, p.released(_at(THIRD_DAY))
    # Reported weeks late, when the stay was closed and put away.
    yield AFTER_GRACE, p.moved(_at(NEXT_DAY, 60), MovementKind.COURT_OUT)
    yield AFTER_GRACE, p.moved(_at(NEXT_DAY, 90), MovementKind.COURT_RETURN)
    yield BACK, p.admitted(_at(BACK))
    yield BACK, p.consents(_at(BACK), "back")


def withdraws_and_returns(p: Someone) -> Told:
    """Takes everything back, and consents anew the day after."""
    yield from _begins(p)
    yield NEXT_DAY, p.withdraws(_at(NEXT_DAY))
    yield THIRD_DAY, p.consents(_at(THIRD_DAY), "second")


def withdraws_early(p: Someone) -> Told:
    """Takes the consent back in the very minute in which the referrals leave."""
    yield from _begins(p)
    yield SETTLED, p.withdraws(_at(SETTLED), "first")


def consents_late(p: Someone) -> Told:
    """Consents only after the settle window."""
    yield from _begins(p, consent=False)
    yield NEXT_DAY, p.consents(_at(NEXT_DAY), "late")


def frozen_for_a_day(p: Someone) -> Told:
    """Is frozen by an officer just when the referrals leave, and thaws the day after."""
    yield from _begins(p)
    yield SETTLED, p.frozen(_at(SETTLED))
    yield NEXT_DAY, p.thawed(_at(NEXT_DAY))


def declines(p: Someone) -> Told:
    """Says no."""
    yield from _begins(p, consent=False)
    yield SETTLED, p.declines(_at(SETTLED))


def undone(p: Someone) -> Told:
    """Is released within the settle window."""
    yield from _begins(p)
    yield BEGIN, p.released(_at(BEGIN, -2))


def overtaken(p: Someone) -> Told:
    """The withdrawal of a record arrives before the record itself."""
    yield from _begins(p, consent=False)
    yield SETTLED, p.withdraws(_at(SETTLED), "lost")
    yield NEXT_DAY, p.consents(_at(NEXT_DAY), "lost")


def changes(p: Someone) -> Told:
    """Facts about the children change while and after the referral leaves."""
    yield from _begins(p)
    for hour, language in ((SETTLED, "tr"), (NEXT_DAY, "ar"), (THIRD_DAY, "uk")):
        for child in p.children:
            yield hour, p.draft(_at(hour), p.situation(child, language=language))


def entered_in_error(p: Someone) -> Told:
    """The booking is deleted at the source after the referral left."""
    yield from _begins(p)
    yield NEXT_DAY, p.booking_deleted(_at(NEXT_DAY))


def child_in_error(p: Someone) -> Told:
    """The first child turns out to be somebody else's."""
    yield from _begins(p)
    yield NEXT_DAY, p.child_removed(_at(NEXT_DAY))


def merged(p: Someone) -> Told:
    """Two numbers turn out to be one parent, each with a referral for the same child."""
    other = p.twin()
    yield from _begins(p)
    yield from _begins(other)
    yield NEXT_DAY, p.merged_with(_at(NEXT_DAY), other)
    yield THIRD_DAY, other.withdraws(_at(THIRD_DAY))


def illegible(p: Someone) -> Told:
    """Some input about this parent can't be read, so nothing leaves."""
    yield from _begins(p)


Story = Callable[[Someone], Told]

STORIES: Final[tuple[Story, ...]] = (
    steady,
    withdraws_and_returns,
    changes,
    withdraws_early,
    entered_in_error,
    consents_late,
    frozen_for_a_day,
    steady,
    merged,
    child_in_error,
    illegible,
    undone,
    overtaken,
    declines,
)
LOOKED_UP: Final = {entered_in_error}
"""Stories that need what only a look-up tells: the booking."""


def _story(index: int) -> Story:
    return STORIES[index % len(STORIES)]
