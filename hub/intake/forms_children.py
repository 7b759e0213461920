"""The forms about children, and what each becomes in the domain."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    Child,
    ChildView,
    Custody,
    Relationship,
    Restriction,
    View,
)
from hub.domain.events import ChildChanged, ChildCountRecorded, ChildRecorded, ChildRemoved
from hub.domain.ids import ChildKey, Namespace
from hub.intake.context import IntakeContext
from hub.intake.fields import (
    AboutPerson,
    Area,
    ChildRef,
    Code,
    Day,
    Flag,
    Form,
    Known,
    Language,
    LongText,
    Stated,
    Text,
)


class AddressForm(Form):
    """Where a child stays; `area` is the municipality key (AGS), its first 5 or 2 digits."""

    area: Area | None = None
    lines: Annotated[tuple[Text, ...], Field(max_length=6)] = ()
    postcode: Text | None = None
    city: Text | None = None
    protected: Flag = False


class CarerForm(Form):
    """Who looks after the child, as the parent stated it; `none` and `unknown` are answers too."""

    state: CarerState
    name: Text | None = None
    contact: Text | None = None
    safe_times: Text | None = None
    no_letter: Flag = False
    knows: Flag | None = None
    stated_by: Text | None = None


class ViewForm(Form):
    """The child's own view."""

    view: Annotated[View, Known]
    asked_at: Stated
    asked_by: Text


class ChildFacts(AboutPerson):
    """Facts about one child. What is left out is not stated."""

    child: ChildRef
    relationship: Annotated[Relationship, Known] | None = None
    given_name: Text | None = None
    family_name: Text | None = None
    birth_date: Day | None = None
    expected_date: Day | None = None
    language: Language | None = None
    address: AddressForm | None = None
    lives_in_prison: Flag | None = None
    carer: CarerForm | None = None
    custody: Custody | None = None
    custody_source: Text | None = None
    told: LongText | None = None
    view: ViewForm | None = None

    @model_validator(mode="after")
    def _born_or_not(self) -> ChildFacts:
        """Refuse an unborn child with a date of birth."""
        if self.relationship is Relationship.UNBORN and self.birth_date is not None:
            raise PydanticCustomError("contradiction", "an unborn child has an expected_date only")
        return self


class ChildRecordedForm(ChildFacts):
    """`children.recorded`: a register's whole record of a child.

    `restrictions` left out says nothing about them; an empty list says that there is none.
    """

    relationship: Annotated[Relationship, Known] = Relationship.CHILD
    restrictions: (
        Annotated[tuple[Annotated[Restriction, Known], ...], Field(max_length=len(Restriction))]
        | None
    ) = None


class ChildRemovedForm(AboutPerson):
    """`children.removed`: the child was recorded in error for this person."""

    child: ChildRef
    reason: Code


class ChildCountForm(AboutPerson):
    """`children.counted`: only the number is known; left out when it was cleared."""

    count: Annotated[int, Field(strict=True, ge=0, le=99)] | None = None
    legible: Flag = True


def child_key(context: IntakeContext, child: ChildRef) -> ChildKey:
    """Return the pseudonym of a child."""
    return context.pseudonyms.child(context.tenant, Namespace(child.namespace), child.contact_id)


def recorded(form: ChildRecordedForm, context: IntakeContext) -> ChildRecorded:
    """Return `children.recorded`."""
    stated = form.restrictions
    restrictions = None if stated is None else tuple(sorted(set(stated)))
    return ChildRecorded(child=Child(**_facts(form, context), restrictions=restrictions))


def changed(form: ChildFacts, context: IntakeContext) -> ChildChanged:
    """Return `children.changed`."""
    return ChildChanged(**_facts(form, context))


def removed(form: ChildRemovedForm, context: IntakeContext) -> ChildRemoved:
    """Return `children.removed`."""
    return ChildRemoved(child=child_key(context, form.child), reason=form.reason)


def counted(form: ChildCountForm, _: IntakeContext) -> ChildCountRecorded:
    """Return `children.counted`."""
    return ChildCountRecorded(count=form.count, legible=form.legible)


def _facts(form: ChildFacts, context: IntakeContext) -> dict[str, Any]:
    """Return the stated facts by their names in the domain."""
    named = ("relationship", "given_name", "family_name", "birth_date", "expected_date")
    plain = (*named, "language", "lives_in_prison", "custody", "custody_source", "told")
    facts: dict[str, Any] = {
        name: value for name in plain if (value := getattr(form, name)) is not None
    }
    facts["child"] = child_key(context, form.child)
    if form.address is not None:
        facts["address"] = Address(**form.address.model_dump())
    if form.carer is not None:
        facts["carer"] = Carer(**form.carer.model_dump())
    if form.view is not None:
        facts["view"] = ChildView(**form.view.model_dump())
    return facts
