"""Invented people for chaos runs, and what the desk and the prison report about one of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    Child,
    Custody,
    SafetyAnswerKind,
)
from hub.domain.consent import (
    AskState,
    Capacity,
    ConsentRecord,
    Grantor,
    Purpose,
)
from hub.domain.events import (
    BookingDeleted,
    ChildChanged,
    ChildRecorded,
    ChildRemoved,
    ConsentAsked,
    ConsentGranted,
    ConsentWithdrawn,
    Draft,
    FreezeLifted,
    FreezeSet,
    LookupAnswered,
    MovementRecorded,
    Payload,
    PersonNumber,
    PersonsMerged,
    SafetyAnswered,
)
from hub.domain.ids import ChildKey, Namespace, PersonKey, SourceId, partition_of
from hub.domain.movements import MovementKind
from tests.support.chaos_parts import PARTITIONS
from tests.support.chaos_rules import CATEGORIES, OFFICES, REGISTER, SAFETY_ROLE, TENANT

_PLAIN: Final = Namespace("PLAIN")
"""A register that can't be asked for children: they come as events."""


def _key(*what: object) -> str:
    return hashlib.sha256("/".join(map(str, what)).encode()).hexdigest()


class Someone:
    """One invented parent: keys, number, children, and drafts about them with lasting ids.

    `asked` parents' children are found by a look-up, the others' come as events.
    """

    def __init__(self, seed: int, index: int, *, asked: bool) -> None:
        self.index = index
        self.asked = asked
        self.key = PersonKey(_key(seed, "parent", index))
        self.number = PersonNumber(
            namespace=REGISTER if asked else _PLAIN, number=f"Invented-{index:04}"
        )
        self.children = [
            ChildKey(_key(seed, "child", index, number)) for number in range(1 + index % 2)
        ]
        self.booking = f"B{index:04}"
        self._seed = seed
        self._area = list(OFFICES)[index % len(OFFICES)]
        self._count = itertools.count()

    def twin(self) -> Someone:
        """Return another number of the same parent, whose events lie in the same partition.

        Only then does the log alone say in which order both cases are decided.
        """
        home = partition_of(self.key, PARTITIONS)
        for attempt in itertools.count(10_000 + 100 * self.index):
            other = Someone(self._seed, attempt, asked=False)
            if partition_of(other.key, PARTITIONS) == home:
                other.children = self.children[:1]
                return other
        raise AssertionError("unreachable: count() never ends")

    def draft(self, at: datetime, payload: Payload) -> Draft:
        """Return a draft whose id depends only on seed, person and how many came before."""
        return Draft(
            event_id=self._id(next(self._count)),
            tenant=TENANT,
            source=SourceId("example"),
            namespace=self.number.namespace,
            person=self.key,
            occurred_at=at,
            payload=payload,
        )

    def moved(self, at: datetime, kind: MovementKind) -> Draft:
        """Return a movement."""
        payload = MovementRecorded(
            kind=kind, person=self.number, location="EXP", reason_code="EX", held_s=0
        )
        return self.draft(at, payload)

    def family(self, at: datetime) -> Iterator[Draft]:
        """Yield what makes each child known: record (unless looked up), situation, safety."""
        for number, child in enumerate(self.children):
            if not self.asked:
                yield self.draft(at, ChildRecorded(child=self.record(number)))
            yield self.draft(at, self.situation(child))
            yield self.safe(at, child)

    def record(self, number: int) -> Child:
        """Return a child as the register has it."""
        return Child(
            child=self.children[number],
            given_name=f"Example{number}",
            family_name=f"Invented{self.index}",
            birth_date=date(2018, 1 + self.index % 12, 1 + number),
        )

    def situation(self, child: ChildKey, *, language: str = "de") -> ChildChanged:
        """Return where a child stays and who cares for it."""
        return ChildChanged(
            child=child,
            language=language,
            address=Address(
                area=f"{self._area}000", lines=("Invented Lane 1",), postcode="00000", city="Model"
            ),
            carer=Carer(state=CarerState.KNOWN, name="Invented Carer", knows=True),
            custody=Custody.SOLE,
            custody_source="parent",
        )

    def safe(self, at: datetime, child: ChildKey) -> Draft:
        """Return the answer that nothing is known against it."""
        answer = SafetyAnswered(
            child=child, kind=SafetyAnswerKind.CLEAR, answered_at=at, role=SAFETY_ROLE
        )
        return self.draft(at, answer)

    def consents(self, at: datetime, record_id: str) -> Draft:
        """Return a consent that covers everything for this stay."""
        record = ConsentRecord(
            record_id=f"{record_id}-{self.index}",
            given_at=at,
            purposes=(Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE),
            categories=CATEGORIES,
            grantors=tuple(
                Grantor(capacity=c, given_at=at)
                for c in (Capacity.OWN_DATA, Capacity.CUSTODIAL_PARENT)
            ),
            all_children=True,
            recipient_class="youth-office",
            help_requested=("sgb8-16",),
        )
        return self.draft(at, ConsentGranted(record=record))

    def withdraws(self, at: datetime, record_id: str | None = None) -> Draft:
        """Return the parent's word that one consent, or every one, is over."""
        named = None if record_id is None else f"{record_id}-{self.index}"
        word = ConsentWithdrawn(
            declared_at=at, channel="oral", taken_by=SAFETY_ROLE, record_id=named
        )
        return self.draft(at, word)

    def declines(self, at: datetime) -> Draft:
        """Return that the parent said no."""
        return self.draft(at, ConsentAsked(state=AskState.DECLINED, taken_by=SAFETY_ROLE))

    def frozen(self, at: datetime) -> Draft:
        """Return that an officer stopped everything."""
        return self.draft(at, FreezeSet(set_by=SAFETY_ROLE))

    def thawed(self, at: datetime) -> Draft:
        """Return the parent's own word that it may go on."""
        return self.draft(at, FreezeLifted(taken_by=SAFETY_ROLE, channel="oral"))

    def child_removed(self, at: datetime) -> Draft:
        """Return that the first child was recorded in error."""
        removed = ChildRemoved(child=self.children[0], reason="recorded-in-error")
        return self.draft(at, removed)

    def booking_deleted(self, at: datetime) -> Draft:
        """Return that the stay was entered in error."""
        return self.draft(at, BookingDeleted(person=self.number, booking=self.booking))

    def merged_with(self, at: datetime, other: Someone) -> Draft:
        """Return that `other` is this person under another number."""
        merged = PersonsMerged(survivor=self.number, removed_number=other.number, removed=other.key)
        return self.draft(at, merged)

    def answer(self, lookup_id: UUID) -> LookupAnswered:
        """Return what the prison's systems say when they are asked for the children."""
        return LookupAnswered(
            lookup_id=lookup_id,
            children=tuple(self.record(number) for number in range(len(self.children))),
            count=len(self.children),
            booking=self.booking,
            in_custody=True,
        )

    def admitted(self, at: datetime) -> Draft:
        """Return an admission."""
        return self.moved(at, MovementKind.ADMISSION)

    def released(self, at: datetime) -> Draft:
        """Return a final release."""
        return self.moved(at, MovementKind.RELEASE)

    def _id(self, number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"chaos/{self._seed}/{self.index}/{number}")


def minutes(count: float) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=count)
