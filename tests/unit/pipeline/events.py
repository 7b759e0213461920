"""Events as the tests of the pipeline append them."""

from __future__ import annotations

from datetime import datetime, timedelta

from hub.domain.events import (
    ChildRecorded,
    Event,
    MovementRecorded,
    Payload,
    PersonsMerged,
)
from hub.domain.ids import HUB_NAMESPACE, PersonKey, mint
from hub.domain.movements import MovementKind
from tests.support.story import (
    OTHER_PARENT,
    PARENT,
    START,
    a_child,
    an_event,
    number_of,
)

DAY = timedelta(days=1)


def event(
    payload: Payload,
    number: int,
    *,
    at: datetime = START,
    recorded: datetime | None = None,
    person: PersonKey = PARENT,
) -> Event:
    """Return event `number`."""
    return an_event(
        payload, at, event_id=mint(HUB_NAMESPACE, "e", number), recorded=recorded, person=person
    )


def moved(
    kind: MovementKind,
    number: int,
    *,
    at: datetime = START,
    recorded: datetime | None = None,
    person: PersonKey = PARENT,
) -> Event:
    """Return a movement."""
    payload = MovementRecorded(kind=kind, person=number_of(person), reason_code="N")
    return event(payload, number, at=at, recorded=recorded, person=person)


def admitted(number: int = 1, *, person: PersonKey = PARENT) -> Event:
    """Return an admission."""
    return moved(MovementKind.ADMISSION, number, person=person)


def with_child(name: str, number: int, *, person: PersonKey = PARENT) -> Event:
    """Return a child's record."""
    return event(ChildRecorded(child=a_child(name)), number, person=person)


def merge() -> PersonsMerged:
    """Say that the second number is the first person's."""
    return PersonsMerged(
        survivor=number_of(PARENT), removed_number=number_of(OTHER_PARENT), removed=OTHER_PARENT
    )
