"""HMPPS messages to canonical drafts: one handler per kind of event, chosen by the tables."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from connectors.hmpps import tables
from connectors.hmpps.config import HmppsConfig
from connectors.hmpps.envelope import Notice, unwrap
from connectors.hmpps.fields import Fields, london, noms
from connectors.hmpps.tables import NO_CODE, Family, Handler, Movement, Rule, movement_table
from hub.domain.events import (
    BookingDeleted,
    BookingMoved,
    Draft,
    MovementRecorded,
    Payload,
    PersonNumber,
    PersonsMerged,
    Reassessed,
)
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.movements import MovementKind
from hub.errors import Poison
from hub.ports import SourceContext, Translation

CHILDREN_CHANGED: Final = "children-changed"
"""Cause of a reassessment after which the core asks for the recorded children anew."""


class Found(NamedTuple):
    """What a handler made of an event: whom it is about, and what happened."""

    number: str
    payload: Payload


class HmppsSource:
    """Translates both families of HMPPS domain events. Pure: no clock, no I/O, no memory."""

    def __init__(self, config: HmppsConfig) -> None:
        self._table = movement_table(config.release_codes)
        self._held = {
            Family.A: config.prison_offender_events_held_s,
            Family.B: config.prisoner_offender_search_held_s,
        }
        self._zone = london()

    def translate(self, body: bytes, context: SourceContext) -> Translation:
        """Return the draft of one message, or why it rightly becomes none. Raises `Poison`."""
        notice = unwrap(body)
        event_type = notice.fields.text("eventType", 200)
        rule = rule_of(event_type)
        if isinstance(rule, str):
            return Translation(ignored=rule)
        _check_version(notice.fields)
        found = self._read(rule, notice.fields, context)
        if isinstance(found, str):
            return Translation(ignored=found)
        draft = Draft(
            event_id=event_id(notice, context),
            tenant=context.tenant,
            source=context.source,
            namespace=context.namespace,
            person=context.person(found.number),
            occurred_at=notice.fields.instant("occurredAt", self._zone),
            payload=found.payload,
        )
        return Translation((draft,))

    def _read(self, rule: Rule, fields: Fields, context: SourceContext) -> Found | str:
        """Return what happened to whom, or the code of why it does not matter."""
        match rule.handler:
            case Handler.MOVEMENT:
                return self._movement(rule, fields, context)
            case Handler.MERGED:
                return _merged(fields, context)
            case Handler.BOOKING_MOVED:
                return self._booking_moved(fields, context)
            case Handler.BOOKING_DELETED:
                return _booking_deleted(fields, context)
            case Handler.CHILDREN_CHANGED:
                return _children_changed(fields)

    def _movement(self, rule: Rule, fields: Fields, context: SourceContext) -> Found | str:
        """Read `received` and `released`. What no row names stays unknown: a person looks at it."""
        info = fields.object("additionalInformation")
        number = _prisoner(fields, info, "nomsNumber")
        reason = info.text("reason", 100)
        code = info.optional_text("nomisMovementReasonCode", 20)
        location = info.optional_text("prisonId", 20)
        kind = kind_of(self._table, rule, reason, code)
        if kind is None:
            return tables.ADMINISTRATIVE
        movement = MovementRecorded(
            kind=kind,
            person=PersonNumber(namespace=context.namespace, number=number),
            location=location,
            reason_code=code,
            held_s=self._held[rule.family] if rule.family else 0,
        )
        return Found(number, movement)

    def _booking_moved(self, fields: Fields, context: SourceContext) -> Found:
        """Read that a booking was moved from one number to another."""
        info = fields.object("additionalInformation")
        number = _prisoner(fields, info, "movedToNomsNumber")
        source = info.noms("movedFromNomsNumber")
        if source == number:
            raise _contradiction(info.at("movedFromNomsNumber"))
        moved = BookingMoved(
            person=PersonNumber(namespace=context.namespace, number=number),
            from_number=PersonNumber(namespace=context.namespace, number=source),
            moved_from=context.person(source),
            booking=info.id("bookingId", 40),
            started_at=info.optional_instant("bookingStartDateTime", self._zone),
        )
        return Found(number, moved)


def rule_of(event_type: str) -> Rule | str:
    """Return how an event type is read, or the code of why it is not."""
    rule = tables.EVENT_TYPES.get(event_type)
    if rule is not None:
        return rule
    if event_type.startswith(tables.CHILDREN_PREFIXES):
        return Rule(Handler.CHILDREN_CHANGED)
    if event_type.startswith(tables.KNOWN_PREFIXES):
        return tables.NO_MOVEMENT
    # The forerunner of the domain events named its types in capitals, and no prisoner number.
    return tables.LEGACY if event_type.isupper() else tables.UNKNOWN_TYPE


def kind_of(
    table: tuple[Movement, ...], rule: Rule, reason: str, code: str | None
) -> MovementKind | None:
    """Return the kind of movement, `UNKNOWN` if no row matches, None if it is administrative."""
    given = code or NO_CODE
    for row in table:
        if (
            row.reason == reason
            and row.direction is rule.direction
            and (row.code is None or row.code == given)
            and (row.family is None or row.family is rule.family)
        ):
            return row.kind
    return MovementKind.UNKNOWN


def event_id(notice: Notice, context: SourceContext) -> UUID:
    """Return the id that a repetition of this very message has too.

    MessageIds alone are not dependable: one was seen over nine different messages.
    """
    fingerprint = context.fingerprint(notice.text)
    if notice.message_id is None:
        return mint(HUB_NAMESPACE, context.source, fingerprint)
    return mint(HUB_NAMESPACE, context.source, notice.message_id, fingerprint)


def _merged(fields: Fields, context: SourceContext) -> Found:
    """Read a merge. Its `description` says the opposite of its fields and is never read."""
    info = fields.object("additionalInformation")
    number = _prisoner(fields, info, "nomsNumber")
    removed = info.noms("removedNomsNumber")
    if removed == number:
        raise _contradiction(info.at("removedNomsNumber"))
    merged = PersonsMerged(
        survivor=PersonNumber(namespace=context.namespace, number=number),
        removed_number=PersonNumber(namespace=context.namespace, number=removed),
        removed=context.person(removed),
        booking=info.optional_id("bookingId", 40),
    )
    return Found(number, merged)


def _booking_deleted(fields: Fields, context: SourceContext) -> Found:
    """Read that a booking was entered in error."""
    info = fields.object("additionalInformation")
    number = _prisoner(fields, info, "nomsNumber")
    deleted = BookingDeleted(
        person=PersonNumber(namespace=context.namespace, number=number),
        booking=info.id("bookingId", 40),
    )
    return Found(number, deleted)


def _children_changed(fields: Fields) -> Found | str:
    """Read that contacts, restrictions or the count changed; only a look-up tells how.

    Events about a contact alone name no prisoner: they can't be attributed here.
    """
    info = fields.object("additionalInformation")
    if not _named(fields) and not info.has("nomsNumber"):
        return tables.NO_PRISONER
    return Found(_prisoner(fields, info, "nomsNumber"), Reassessed(cause=CHILDREN_CHANGED))


def _named(fields: Fields) -> list[tuple[str, str]]:
    """Return (path, number) of every prisoner number in `personReference`."""
    reference = fields.object("personReference")
    return [
        (item.at("value"), item.noms("value"))
        for item in reference.objects("identifiers")
        if item.optional_text("type", 100) == "NOMS"
    ]


def _prisoner(fields: Fields, info: Fields, name: str) -> str:
    """Return the prisoner's number, from wherever it is given; both places must agree."""
    given = info.optional_text(name, 40)
    found = [(info.at(name), noms(given, info.at(name)))] if given else []
    found += _named(fields)
    if not found:
        raise Poison("missing-person", info.at(name), "the message must name a prisoner number")
    for path, number in found[1:]:
        if number != found[0][1]:
            raise _contradiction(path)
    return found[0][1]


def _contradiction(path: str) -> Poison:
    """Return the fault of a message that is at odds with itself about whom it concerns."""
    return Poison(
        "contradictory-person", path, "compare the numbers with the prison system, then send anew"
    )


def _check_version(fields: Fields) -> None:
    """Refuse a later major version: its fields may mean something else."""
    version = fields.optional_id("version", 20)
    if version is not None and version.partition(".")[0] != "1":
        raise Poison("unsupported-version", fields.at("version"), "the hub reads version 1")
