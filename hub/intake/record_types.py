"""Which record types senders may hand in, the form of each, and the way from form to draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

from pydantic import Field

from hub.domain.events import (
    RECORD_TYPES,
    Draft,
    IdentityLinked,
    MovementRecorded,
    Payload,
    PersonNumber,
    TaskResolved,
)
from hub.domain.movements import MovementKind
from hub.intake import forms_children as children
from hub.intake import forms_consent as consent
from hub.intake.context import IntakeContext
from hub.intake.fields import AboutPerson, Code, Known, PersonRef, Text
from hub.intake.problems import IntakeError, Problem, validated


class MovementForm(AboutPerson):
    """`movements.recorded`, for prison systems that speak the hub's own form."""

    kind: Annotated[MovementKind, Known]
    location: Text | None = None
    reason_code: Text | None = None
    held_s: Annotated[int, Field(strict=True, ge=0, le=86_400)] = 0


class IdentityLinkedForm(AboutPerson):
    """`identity.linked`: a register states that two numbers are one person."""

    other: PersonRef


class TaskResolvedForm(AboutPerson):
    """`tasks.resolved`: a person did what a task asked for."""

    task_id: UUID
    resolution: Code
    resolved_by: Text


class RecordType(NamedTuple):
    """How the data of one record type are read."""

    form: type[AboutPerson]
    payload: Callable[[Any, IntakeContext], Payload]


def _movement(form: MovementForm, _: IntakeContext) -> MovementRecorded:
    return MovementRecorded(
        kind=form.kind,
        person=_number(form.person),
        location=form.location,
        reason_code=form.reason_code,
        held_s=form.held_s,
    )


def _linked(form: IdentityLinkedForm, context: IntakeContext) -> IdentityLinked:
    other = context.pseudonyms.person(context.tenant, form.other.register, form.other.number)
    return IdentityLinked(
        person=_number(form.person), other_number=_number(form.other), other=other
    )


def _resolved(form: TaskResolvedForm, _: IntakeContext) -> TaskResolved:
    return TaskResolved(
        task_id=form.task_id, resolution=form.resolution, resolved_by=form.resolved_by
    )


def _number(person: PersonRef) -> PersonNumber:
    return PersonNumber(namespace=person.register, number=person.number)


INBOUND: Final[dict[str, RecordType]] = {
    "movements.recorded": RecordType(MovementForm, _movement),
    "identity.linked": RecordType(IdentityLinkedForm, _linked),
    "children.recorded": RecordType(children.ChildRecordedForm, children.recorded),
    "children.changed": RecordType(children.ChildFacts, children.changed),
    "children.removed": RecordType(children.ChildRemovedForm, children.removed),
    "children.counted": RecordType(children.ChildCountForm, children.counted),
    "consent.granted": RecordType(consent.ConsentGrantedForm, consent.granted),
    "consent.withdrawn": RecordType(consent.ConsentWithdrawnForm, consent.withdrawn),
    "consent.superseded": RecordType(consent.ConsentSupersededForm, consent.superseded),
    "consent.asked": RecordType(consent.ConsentAskedForm, consent.asked),
    "safety.answered": RecordType(consent.SafetyAnsweredForm, consent.safety),
    "safety.freeze-set": RecordType(consent.FreezeSetForm, consent.frozen),
    "safety.freeze-lifted": RecordType(consent.FreezeLiftedForm, consent.lifted),
    "tasks.resolved": RecordType(TaskResolvedForm, _resolved),
}
"""All others are the hub's own word (timers, deliveries, look-ups) or come by a door of their own
(acknowledgements)."""


def type_problems(record_type: str, context: IntakeContext) -> list[Problem]:
    """Return why this sender may not hand in this type, if so."""
    if record_type not in RECORD_TYPES:
        return [Problem("unknown-type", "type", f"give one of {', '.join(INBOUND)}")]
    names = {record_type, record_type.partition(".")[0]}
    if record_type not in INBOUND or not names & context.may_write:
        return [Problem("type-not-allowed", "type", "this sender may not write this type")]
    return []


def read_form(
    record_type: str, data: object, path: str, context: IntakeContext, *, at: datetime | None
) -> AboutPerson | list[Problem]:
    """Return the checked form of an allowed type, or every fault with paths below `path`.

    `at` is when the event happened, None if its time can't be read.
    """
    form = validated(INBOUND[record_type].form, data, path, event_at=at)
    if isinstance(form, list):
        return form
    return list(_beyond(form, f"{path}." if path else "", context)) or form


def _beyond(form: AboutPerson, path: str, context: IntakeContext) -> Iterator[Problem]:
    """Yield where a form says more than this sender may."""
    if form.person.namespace != context.namespace:
        remedy = f"this sender uses {context.namespace}"
        yield Problem("namespace-not-allowed", f"{path}person.namespace", remedy)
    roles = context.roles
    role = form.role if isinstance(form, consent.SafetyAnsweredForm) else None
    if roles is not None and role is not None and role not in roles:
        remedy = f"this sender answers as {', '.join(sorted(roles))}"
        yield Problem("role-not-allowed", f"{path}role", remedy)
    if isinstance(form, IdentityLinkedForm) and form.other.register not in context.links_with:
        remedy = f"this sender links with {', '.join(sorted(context.links_with)) or 'no register'}"
        yield Problem("link-not-allowed", f"{path}other.namespace", remedy)


def to_draft(
    record_type: str,
    form: AboutPerson,
    *,
    event_id: UUID,
    occurred_at: datetime,
    context: IntakeContext,
) -> Draft:
    """Return the draft of a checked form."""
    person = form.person
    return Draft(
        event_id=event_id,
        tenant=context.tenant,
        source=context.source,
        namespace=person.register,
        person=context.pseudonyms.person(context.tenant, person.register, person.number),
        occurred_at=occurred_at,
        payload=INBOUND[record_type].payload(form, context),
    )


def refuse(problems: list[Problem]) -> None:
    """Raise `IntakeError` if there are problems."""
    if problems:
        raise IntakeError(problems)
