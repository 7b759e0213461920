"""What an id given to `hub explain` stands for: an event, a referral, a person and so on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from hub.domain.ids import ChildKey, PersonKey

if TYPE_CHECKING:
    from hub.store.store import Views
    from hub.store.view_rows import SendView

PSEUDONYM = re.compile(r"[0-9a-f]{64}")
MOST = 100_000


class Subject(NamedTuple):
    """What is explained: its kind, whom it concerns, and which events or messages it names."""

    kind: str
    persons: tuple[PersonKey, ...]
    event_id: UUID | None = None
    child: ChildKey | None = None
    referral_id: UUID | None = None
    send_id: UUID | None = None


def find(views: Views, text: str) -> Subject | None:
    """Return what an id stands for, or None if the store knows nothing of it."""
    if PSEUDONYM.fullmatch(text):
        return _pseudonym(views, text)
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return _event(views, wanted) or _message(views, wanted) or _other(views, wanted)


def of_person(views: Views, person: PersonKey) -> Subject | None:
    """Return a person, if the store knows one."""
    survivor = views.survivor(person)
    return Subject("person", (survivor,)) if views.case(survivor) is not None else None


def _pseudonym(views: Views, key: str) -> Subject | None:
    found = of_person(views, PersonKey(key))
    if found is not None:
        return found
    persons = views.persons_of_child(ChildKey(key))
    return Subject("child", tuple(persons), child=ChildKey(key)) if persons else None


def _event(views: Views, wanted: UUID) -> Subject | None:
    outcomes = views.outcomes(wanted)
    if not outcomes:
        return None
    persons = dict.fromkeys(o.person for o in outcomes if o.person is not None)
    return Subject("event", tuple(persons), event_id=wanted)


def _message(views: Views, wanted: UUID) -> Subject | None:
    sends = views.sends(referral_id=wanted, limit=MOST)
    if sends:
        return Subject(
            "referral",
            (PersonKey(sends[0].person),),
            referral_id=wanted,
            child=ChildKey(sends[0].child),
        )
    detail = views.send(wanted)
    send = detail.view if detail is not None else _by_idempotency_id(views, wanted)
    if send is None:
        return None
    return Subject(
        "message",
        (PersonKey(send.person),),
        referral_id=send.referral_id,
        child=ChildKey(send.child),
        send_id=send.send_id,
    )


def _by_idempotency_id(views: Views, wanted: UUID) -> SendView | None:
    return next((s for s in views.sends(limit=MOST) if s.idempotency_id == wanted), None)


def _other(views: Views, wanted: UUID) -> Subject | None:
    task = views.task(wanted)
    if task is not None:
        return Subject("task", (PersonKey(task.person),))
    letter = views.dead_letter(wanted)
    if letter is None:
        return None
    persons = () if letter.view.person is None else (PersonKey(letter.view.person),)
    return Subject("dead letter", persons, event_id=letter.view.event_id)
