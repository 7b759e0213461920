"""What is stated about children: each field holds the latest statement about it (rule 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.domain.case import Case
from hub.domain.children import Child, SafetyAnswer, SafetyAnswerKind
from hub.domain.decision import Ignored
from hub.domain.ids import mint
from hub.domain.tasks import TaskKind
from hub.domain.upkeep import open_task, replace_child, replace_episode, said_at
from hub.domain.values import EPOCH, changed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from hub.domain.case import Episode
    from hub.domain.events import (
        ChildChanged,
        ChildCountRecorded,
        ChildRecorded,
        ChildRemoved,
        LookupAnswered,
        LookupFailed,
        Meta,
        SafetyAnswered,
    )
    from hub.domain.ids import ChildKey
    from hub.domain.policy import Rules

_REGISTERED = "registered-address"
"""Stands for the address as a register stated it; the consent desk's word outranks that."""

_APART = frozenset({"child", "safety", "recorded_at", "address"})
"""Fields of a record that are not simply overwritten by the latest statement."""


def child_recorded(case: Case, payload: ChildRecorded, meta: Meta, _: Rules) -> Case:
    """Take over a register's record; what it leaves out stays as it was."""
    return _registered(case, payload.child, meta)


def child_changed(case: Case, payload: ChildChanged, meta: Meta, _: Rules) -> Case | Ignored:
    """Take over the facts that were stated; a child not recorded yet is kept with these facts."""
    said = {
        field: value
        for field in payload.__struct_fields__
        if field != "child" and (value := getattr(payload, field)) is not None
    }
    result = _state(case, payload.child, said, said_at(meta))
    return result if result is not case else Ignored.ALREADY_KNOWN


def child_removed(case: Case, payload: ChildRemoved, meta: Meta, _: Rules) -> Case | Ignored:
    """Mark a child as recorded in error."""
    result = _state(case, payload.child, {"removed": True}, said_at(meta))
    return result if result is not case else Ignored.ALREADY_KNOWN


def child_counted(case: Case, payload: ChildCountRecorded, meta: Meta, _: Rules) -> Case | Ignored:
    """Keep the number; an illegible one is a question to a person."""
    if not payload.legible:
        return _count_illegible(case, meta)
    result = _counted(case, payload.count, said_at(meta))
    return result if result is not case else Ignored.ALREADY_KNOWN


def safety_answered(case: Case, payload: SafetyAnswered, meta: Meta, _: Rules) -> Case | Ignored:
    """Keep the latest safety answer of a child."""
    answer = SafetyAnswer(
        kind=payload.kind,
        # An answer dated ahead must not hold for longer than one given now.
        answered_at=min(payload.answered_at, meta.recorded_at),
        role=payload.role,
    )
    child = case.child(payload.child) or Child(child=payload.child)
    latest = _latest(child.safety, answer)
    return replace_child(case, changed(child, safety=answer)) if latest else Ignored.ALREADY_KNOWN


def lookup_answered(case: Case, payload: LookupAnswered, meta: Meta, _: Rules) -> Case | Ignored:
    """Take over children, their count and the booking of the stay that asked, be it late."""
    asking = _asked_by(case, payload.lookup_id)
    if asking is None:
        return Ignored.UNKNOWN_LOOKUP
    result = changed(
        case,
        lookups=tuple(x for x in case.lookups if x.lookup_id != payload.lookup_id),
        tasks=tuple(t for t in case.tasks if t.kind is not TaskKind.LOOKUP_FAILED),
    )
    if payload.count is not None:
        result = _counted(result, payload.count, said_at(meta))
    for child in payload.children:
        result = _registered(result, child, meta)
    if not payload.count_legible:
        result = _count_illegible(result, meta)
    if payload.booking is not None and asking is case.current:
        result = replace_episode(result, asking, changed(asking, booking=payload.booking))
    return result


def lookup_failed(case: Case, payload: LookupFailed, meta: Meta, _: Rules) -> Case | Ignored:
    """No usable answer means unknown: a person must ask."""
    rest = tuple(x for x in case.lookups if x.lookup_id != payload.lookup_id)
    if len(rest) == len(case.lookups):
        return Ignored.UNKNOWN_LOOKUP
    subject = str(payload.lookup_id)
    return open_task(changed(case, lookups=rest), TaskKind.LOOKUP_FAILED, subject, meta)


def unite_children(case: Case, other: Case) -> Case:
    """Return `case` with all that was stated about the children of `other` (a merge)."""
    for child in other.children:
        when = other.stated.get(child.child, {})
        for field, at in when.items():
            if field == _REGISTERED and "address" in case.stated.get(child.child, {}):
                continue
            name = "address" if field == _REGISTERED else field
            case = _state(case, child.child, {name: getattr(child, name)}, at, as_of=field)
        known = case.child(child.child) or child
        if child.safety is not None and _latest(known.safety, child.safety):
            known = changed(known, safety=child.safety)
        case = replace_child(case, known)
    return _counted(case, other.child_count, other.counted_at)


def _registered(case: Case, record: Child, meta: Meta) -> Case:
    """Take in a register's record: fields it leaves at their default were not stated."""
    blank = Child(child=record.child)
    said = {
        field: value
        for field in record.__struct_fields__
        if field not in _APART and (value := getattr(record, field)) != getattr(blank, field)
    }
    said |= {"relationship": record.relationship, "removed": record.removed}
    result = _state(case, record.child, said, said_at(meta))
    if record.address is not None and "address" not in result.stated.get(record.child, {}):
        at = said_at(meta)
        result = _state(result, record.child, {"address": record.address}, at, as_of=_REGISTERED)
    known = result.child(record.child) or blank
    seen = max(known.recorded_at or EPOCH, meta.recorded_at)
    if record.safety is not None and _latest(known.safety, record.safety):
        known = changed(known, safety=record.safety)
    return replace_child(result, changed(known, recorded_at=seen))


def _state(
    case: Case,
    key: ChildKey,
    said: Mapping[str, Any],
    at: datetime,
    *,
    as_of: str | None = None,
) -> Case:
    """Return the case with those of the fields that nobody stated later; the same if there is none.

    Between statements of the same instant their text decides, so that their order never does.
    `as_of` is the name under which the instant is kept, if it is not the field's own.
    """
    child = case.child(key) or Child(child=key)
    when = case.stated.get(key, {})
    newer = {
        field: value
        for field, value in said.items()
        if (at, repr(value)) > (when.get(as_of or field, EPOCH), repr(getattr(child, field)))
    }
    if not newer:
        return case
    stamps = when | {as_of or field: at for field in newer}
    return replace_child(changed(case, stated=case.stated | {key: stamps}), changed(child, **newer))


def _latest(known: SafetyAnswer | None, new: SafetyAnswer) -> bool:
    """Return whether `new` takes the place of `known`; at the same instant a concern does."""
    return known is None or _weight(new) > _weight(known)


def _weight(answer: SafetyAnswer) -> tuple[datetime, bool, str, str]:
    concern = answer.kind is SafetyAnswerKind.CONCERN
    return answer.answered_at, concern, answer.kind.value, answer.role


def _counted(case: Case, count: int | None, at: datetime) -> Case:
    def rank(number: int | None) -> int:
        return -1 if number is None else number

    if (at, rank(count)) <= (case.counted_at, rank(case.child_count)):
        return case
    return changed(case, child_count=count, counted_at=at)


def _count_illegible(case: Case, meta: Meta) -> Case:
    return open_task(case, TaskKind.DATA_QUALITY, f"{case.person}/number-of-children", meta)


def _asked_by(case: Case, lookup_id: UUID) -> Episode | None:
    """Return the stay that asked; an answer that comes after its time is an answer all the same."""
    return next(
        (
            e
            for e in case.episodes
            for name in (e.episode_id, *e.aliases)
            for number in range(1, e.children_asked + 1)
            if lookup_for(name, number) == lookup_id
        ),
        None,
    )


def lookup_for(episode_id: UUID, number: int) -> UUID:
    """Return the id of a stay's look-up for children, counted from 1."""
    return mint(episode_id, "children", number)
