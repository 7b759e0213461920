"""A story of one parent, told event by event and decided as it goes; for tests of any suite.

    story = Story().admitted().child("mia").cleared("mia").consented().wait(minutes=45)
    assert story.open_recipients() == {OFFICE}

Every sentence is one event. Time moves only by `wait`, which also lets due timers fire.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from hub.domain.case import Case, ClosedEpisode
from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    Child,
    Custody,
    Relationship,
    SafetyAnswerKind,
)
from hub.domain.consent import Capacity, ConsentRecord, Grantor, Purpose
from hub.domain.decide import cases_needed, decide, needs_history
from hub.domain.decision import Decision, Fact, LookupWanted, Send
from hub.domain.directory import RecipientKind
from hub.domain.events import (
    TYPE_NAMES,
    Acknowledged,
    BookingDeleted,
    ChildChanged,
    ChildRecorded,
    ConsentGranted,
    ConsentWithdrawn,
    DeliveryNoted,
    DeliveryStage,
    Event,
    FreezeLifted,
    FreezeSet,
    LookupAnswered,
    Meta,
    MovementRecorded,
    Payload,
    PersonNumber,
    SafetyAnswered,
    TimerDue,
)
from hub.domain.ids import (
    HUB_NAMESPACE,
    ChildKey,
    DataKeyId,
    Namespace,
    PersonKey,
    SourceId,
    TenantId,
    mint,
)
from hub.domain.movements import MovementKind
from hub.domain.referral import Business, Operation, Referral
from hub.domain.values import changed
from tests.support.rules import AREA, EVERYTHING, PRISON, rules

if TYPE_CHECKING:
    from hub.domain.policy import Rules

START = datetime(2031, 3, 3, 8, 0, tzinfo=UTC)
TENANT = TenantId("default")
NOMS = Namespace("NOMS")
PRISON_SYSTEM = SourceId("prison")
DESK = SourceId("consent-desk")
PARENT = PersonKey("a" * 64)
OTHER_PARENT = PersonKey("b" * 64)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

PARENTS = (Capacity.OWN_DATA, Capacity.CUSTODIAL_PARENT)
"""The capacities in which a parent with sole custody consents."""


def child_key(name: str) -> ChildKey:
    """Return the pseudonym of an invented child."""
    return ChildKey(mint(HUB_NAMESPACE, "child", name).hex * 2)


def number_of(person: PersonKey) -> PersonNumber:
    """Return the invented number behind a pseudonym."""
    return PersonNumber(namespace=NOMS, number=f"T{person[:4].upper()}XX")


def a_child(name: str, **fields: object) -> Child:
    """Return a child for whom nothing is missing but the safety answer."""
    usual = Child(
        child=child_key(name),
        relationship=Relationship.CHILD,
        given_name=name.title(),
        family_name="Erfunden",
        birth_date=date(2024, 5, 4),
        address=Address(
            area=AREA, lines=(f"Beispielweg {len(name)}",), postcode="99001", city="Musterstadt"
        ),
        carer=Carer(state=CarerState.KNOWN, name="Oma Erfunden", contact="0000-1"),
        custody=Custody.SOLE,
    )
    return changed(usual, **fields)


def a_record(
    record_id: str,
    at: datetime,
    *,
    capacities: tuple[Capacity, ...] = PARENTS,
    **fields: object,
) -> ConsentRecord:
    """Return a consent to everything, for all children, to any youth office."""
    usual = ConsentRecord(
        record_id=record_id,
        given_at=at,
        purposes=(Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE),
        categories=EVERYTHING,
        grantors=tuple(Grantor(capacity=c, given_at=at) for c in capacities),
        all_children=True,
        recipient_class=RecipientKind.YOUTH_OFFICE.value,
        help_requested=("SGB VIII § 16",),
    )
    return changed(usual, **fields)


def an_event(
    payload: Payload,
    occurred: datetime,
    *,
    event_id: UUID,
    recorded: datetime | None = None,
    person: PersonKey = PARENT,
    source: SourceId = DESK,
) -> Event:
    """Return an event about `person`."""
    return Event(
        meta=Meta(
            event_id=event_id,
            type=TYPE_NAMES[type(payload)],
            tenant=TENANT,
            source=source,
            namespace=NOMS,
            occurred_at=occurred,
            recorded_at=recorded or occurred,
            person=person,
            data_key=DataKeyId("key"),
        ),
        payload=payload,
    )


class Story:
    """The events of one parent (or of two, where numbers are merged), and what was decided."""

    def __init__(self, given: Rules | None = None, *, start: datetime = START) -> None:
        self.rules = given or rules()
        self.now = start
        self.cases: dict[PersonKey, Case] = {}
        self.archive: dict[UUID, tuple[PersonKey, ClosedEpisode]] = {}
        self.events: list[Event] = []
        self.last: Decision = Decision(cases=())
        self.sends: list[Send] = []
        self.lookups: list[LookupWanted] = []
        self.facts: list[Fact] = []
        self._person = PARENT

    # --- telling ---------------------------------------------------------------------------------

    def happens(
        self,
        payload: Payload,
        *,
        at: datetime | None = None,
        source: SourceId = DESK,
        person: PersonKey | None = None,
    ) -> Self:
        """Let any event arrive now; `at` is when it occurred."""
        event_id = mint(HUB_NAMESPACE, "story", len(self.events))
        return self.arrives(
            an_event(
                payload,
                at or self.now,
                event_id=event_id,
                recorded=self.now,
                person=person or self._person,
                source=source,
            )
        )

    def arrives(self, event: Event) -> Self:
        """Decide an event as it is, its `recorded_at` included."""
        self.events.append(event)
        given = {key: self._living(key) for key in cases_needed(event)}
        main = given[event.meta.person]
        past: tuple[ClosedEpisode, ...] = ()
        if needs_history(main, event):
            names = {main.person, *main.aliases}
            past = tuple(closed for owner, closed in self.archive.values() if owner in names)
            past = tuple(sorted(past, key=lambda c: c.episode.admitted_at))
        self.last = decide(given, event, self.rules, event.meta.recorded_at, past)
        self.cases.update({case.person: case for case in self.last.cases})
        for episode_id in self.last.reopened:
            del self.archive[episode_id]
        for owner, closed in self.last.closed:
            self.archive[closed.episode.episode_id] = (owner, closed)
        self.sends += self.last.sends
        self.lookups += self.last.lookups
        self.facts += self.last.facts
        return self

    def wait(self, **span: float) -> Self:
        """Let time pass; every timer that falls due on the way fires at its instant."""
        until = self.now + timedelta(**span)
        while due := [
            (t.due, t, person)
            for person, case in self.cases.items()
            for t in case.timers
            if t.due <= until
        ]:
            at, timer, person = min(due, key=lambda item: (item[0], item[1].timer_id))
            self.now = max(at, self.now)
            wake = TimerDue(timer_id=timer.timer_id, generation=timer.generation)
            self.happens(wake, person=person)
        self.now = until
        return self

    def about(self, person: PersonKey) -> Self:
        """Let what follows happen to another number."""
        self._person = person
        return self

    def _living(self, key: PersonKey) -> Case:
        case = self.cases.get(key) or Case(tenant=TENANT, person=key)
        return case if case.alias_of is None else self._living(case.alias_of)

    # --- sentences -------------------------------------------------------------------------------

    def moved(
        self,
        kind: MovementKind,
        *,
        at: datetime | None = None,
        code: str | None = "N",
        location: str | None = None,
        held_s: int = 0,
        source: SourceId = PRISON_SYSTEM,
    ) -> Self:
        """The prison system reports a movement."""
        payload = MovementRecorded(
            kind=kind,
            person=number_of(self._person),
            location=location,
            reason_code=code,
            held_s=held_s,
        )
        return self.happens(payload, at=at, source=source)

    def admitted(
        self,
        *,
        at: datetime | None = None,
        code: str | None = "N",
        held_s: int = 0,
        source: SourceId = PRISON_SYSTEM,
    ) -> Self:
        """The parent is admitted."""
        return self.moved(
            MovementKind.ADMISSION, at=at, code=code, location=PRISON, held_s=held_s, source=source
        )

    def released(self, *, at: datetime | None = None, code: str | None = "CR") -> Self:
        """The parent is released."""
        return self.moved(MovementKind.RELEASE, at=at, code=code)

    def child(self, name: str = "mia", *, at: datetime | None = None, **fields: object) -> Self:
        """The register records a child, complete but for the safety answer."""
        return self.happens(ChildRecorded(child=a_child(name, **fields)), at=at)

    def said_of(self, name: str, *, at: datetime | None = None, **fields: object) -> Self:
        """The consent desk states facts about a child."""
        return self.happens(changed(ChildChanged(child=child_key(name)), **fields), at=at)

    def cleared(
        self,
        name: str = "mia",
        *,
        kind: SafetyAnswerKind = SafetyAnswerKind.CLEAR,
        at: datetime | None = None,
        role: str = "social-service",
    ) -> Self:
        """Somebody answers the safety question for a child."""
        return self.happens(
            SafetyAnswered(child=child_key(name), kind=kind, answered_at=at or self.now, role=role)
        )

    def consented(
        self,
        record_id: str = "C-1",
        *,
        at: datetime | None = None,
        capacities: tuple[Capacity, ...] = PARENTS,
        **fields: object,
    ) -> Self:
        """A consent record is made."""
        record = a_record(record_id, at or self.now, capacities=capacities, **fields)
        return self.happens(ConsentGranted(record=record))

    def withdrew(self, record_id: str | None = "C-1", *, declared: datetime | None = None) -> Self:
        """The parent takes back one consent, or all of them."""
        return self.happens(
            ConsentWithdrawn(
                declared_at=declared or self.now,
                channel="oral",
                taken_by="social-service",
                record_id=record_id,
            )
        )

    def frozen(self, *, at: datetime | None = None) -> Self:
        """An officer stops everything."""
        return self.happens(FreezeSet(set_by="duty-officer"), at=at)

    def unfrozen(self, *, at: datetime | None = None) -> Self:
        """The parent's word lifts the freeze."""
        return self.happens(FreezeLifted(taken_by="social-service", channel="oral"), at=at)

    def answered_lookup(self, *children: Child, **fields: object) -> Self:
        """The prison's systems answer the latest look-up."""
        answer = LookupAnswered(lookup_id=self.lookups[-1].lookup_id, children=children)
        return self.happens(changed(answer, **fields), source=PRISON_SYSTEM)

    def booking_deleted(self, booking: str) -> Self:
        """The prison system removes a stay that was entered in error."""
        payload = BookingDeleted(person=number_of(self._person), booking=booking)
        return self.happens(payload, source=PRISON_SYSTEM)

    def left(self, send: Send | None = None, *, at: datetime | None = None) -> Self:
        """Delivery notes that a message was about to leave (the latest if none is named)."""
        return self.noted(DeliveryStage.INTENT, send, at=at)

    def delivered(self, send: Send | None = None) -> Self:
        """Delivery notes that a message left and arrived."""
        return self.left(send).noted(DeliveryStage.DELIVERED, send)

    def noted(
        self, stage: DeliveryStage, send: Send | None = None, *, at: datetime | None = None
    ) -> Self:
        """Delivery notes a stage of a message."""
        sent = send or self.sends[-1]
        return self.happens(
            DeliveryNoted(
                referral_id=sent.referral_id,
                generation=sent.generation,
                operation=sent.operation,
                content_version=sent.content_version,
                stage=stage,
                at=at or self.now,
            )
        )

    def recipient_says(self, status: Business, *, code: str | None = None) -> Self:
        """The recipient of the latest message answers."""
        sent = self.sends[-1]
        return self.happens(
            Acknowledged(
                referral_id=sent.referral_id,
                generation=sent.generation,
                recipient=sent.recipient,
                status=status,
                code=code,
            )
        )

    def under(self, **policy: object) -> Self:
        """Let other rules hold from now on."""
        self.rules = changed(self.rules, policy=changed(self.rules.policy, **policy))
        return self

    # --- reading ---------------------------------------------------------------------------------

    @property
    def case(self) -> Case:
        """The case of the number that is being told about."""
        return self._living(self._person)

    @property
    def referrals(self) -> list[Referral]:
        """Every referral of the case that is open."""
        return [r for r in self.case.referrals if r.open]

    def operations(self) -> list[Operation]:
        """Return what was made ready to leave, in order."""
        return [send.operation for send in self.sends]

    def tasks(self) -> set[str]:
        """Return the kinds of the tasks that stand."""
        return {task.kind.value for task in self.case.tasks}

    def withheld(self, name: str = "mia", purpose: Purpose = Purpose.FAMILY_SUPPORT) -> set[str]:
        """Return why a child's referral was not made; empty if nothing is withheld."""
        key = child_key(name)
        return {
            reason
            for w in self.case.withheld
            if w.child == key and w.purpose == purpose.value
            for reason in w.reasons
        }


def ready(name: str = "mia", given: Rules | None = None, **child: object) -> Story:
    """Return a story in which one referral has just become ready."""
    story = Story(given).admitted().happens(ChildRecorded(child=a_child(name, **child)))
    return story.cleared(name).consented().wait(minutes=45)
