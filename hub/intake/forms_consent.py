"""The forms about consent, safety and freezes, and what each becomes in the domain."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hub.domain.children import SafetyAnswerKind
from hub.domain.consent import (
    AskState,
    Capacity,
    Category,
    ConsentRecord,
    Grantor,
    Override,
    Purpose,
    Scope,
)
from hub.domain.directory import RecipientKind
from hub.domain.events import (
    ConsentAsked,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    FreezeLifted,
    FreezeSet,
    SafetyAnswered,
)
from hub.domain.ids import RecipientId
from hub.intake.context import IntakeContext
from hub.intake.fields import (
    AboutPerson,
    ChildRef,
    Code,
    Flag,
    Form,
    Hash,
    Identifier,
    Instant,
    Known,
    Language,
    PersonRef,
    Stated,
    Text,
)
from hub.intake.forms_children import child_key

Channel = Literal["oral", "paper", "terminal", "lawyer"]
"""How a word of the parent reached the desk."""


class GrantorForm(Form):
    """One person who consented: in which capacity and when, no name."""

    capacity: Annotated[Capacity, Known]
    given_at: Stated


class OverrideForm(Form):
    """Release without consent: the norm and the ordering person's role."""

    norm: Text
    ordered_by: Text
    ordered_at: Stated


class ConsentForm(Form):
    """A consent record as the desk takes it down (fields: see `hub.domain.consent`).

    `record_id` and `supersedes` are the desk's own numbers; only pseudonyms of them travel.
    """

    record_id: Identifier
    given_at: Stated
    purposes: Annotated[tuple[Annotated[Purpose, Known], ...], Field(min_length=1, max_length=10)]
    categories: Annotated[
        tuple[Annotated[Category, Known], ...], Field(min_length=1, max_length=30)
    ]
    grantors: Annotated[tuple[GrantorForm, ...], Field(max_length=20)] = ()
    children: Annotated[tuple[ChildRef, ...], Field(max_length=50)] = ()
    all_children: Flag = False
    scope: Annotated[Scope, Known] = Scope.EPISODE
    recipient: Identifier | None = None
    recipient_class: Annotated[RecipientKind, Known] | None = None
    effective_from: Instant | None = None
    expires_at: Instant | None = None
    secrecy_release: Flag = False
    lawful_basis: Text | None = None
    controller: Text | None = None
    notice: Text | None = None
    notice_version: Text | None = None
    notice_language: Language | None = None
    text_hash: Hash | None = None
    interpreter: Flag = False
    collection_method: Text | None = None
    evidence_hash: Hash | None = None
    evidence_place: Text | None = None
    help_requested: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    supersedes: Identifier | None = None
    override: OverrideForm | None = None

    @model_validator(mode="after")
    def _consistent(self) -> ConsentForm:
        """Refuse a record that does not say for whom, by whom or until when."""
        if bool(self.children) == self.all_children:
            raise PydanticCustomError("contradiction", "name children or set all_children")
        if not self.grantors and self.override is None:
            raise PydanticCustomError("missing_field", "name grantors, or the norm of an override")
        if self.scope is Scope.STANDING and self.expires_at is None:
            raise PydanticCustomError("missing_field", "a standing consent needs expires_at")
        if self.expires_at and self.expires_at <= (self.effective_from or self.given_at):
            raise PydanticCustomError("contradiction", "expires_at lies before its beginning")
        return self


class ConsentGrantedForm(AboutPerson):
    """`consent.granted`."""

    record: ConsentForm


class ConsentWithdrawnForm(AboutPerson):
    """`consent.withdrawn`: one record, or everything when `record_id` is left out."""

    declared_at: Stated
    channel: Channel
    taken_by: Text
    record_id: Identifier | None = None


class ConsentSupersededForm(AboutPerson):
    """`consent.superseded`."""

    record_id: Identifier
    superseded_by: Identifier


class ConsentAskedForm(AboutPerson):
    """`consent.asked`: where the conversation stands; `declined` is a refusal nobody chases."""

    state: Literal["not-asked", "postponed", "undecided", "declined"]
    until: Instant | None = None
    taken_by: Text


class SafetyAnsweredForm(AboutPerson):
    """`safety.answered`: never with reasons."""

    child: ChildRef
    kind: SafetyAnswerKind
    answered_at: Stated
    role: Text


class FreezeSetForm(AboutPerson):
    """`safety.freeze-set`: no reason needed."""

    set_by: Text


class FreezeLiftedForm(AboutPerson):
    """`safety.freeze-lifted`: on the parent's own word."""

    taken_by: Text
    channel: Channel


def reference(context: IntakeContext, person: PersonRef, number: str) -> str:
    """Return the pseudonym of a record that a desk files under `number`, 34 characters.

    References travel in clear, to recipients and in the decision log, and a desk's number may hold
    a name. All who write for one register name the same record by the same number, so neither the
    sender nor the person's number (two of which may turn out to be one person's) is part of it.
    """
    parts = ["consent-record", person.namespace, number]
    content = msgspec.json.encode(parts)
    return f"c-{context.pseudonyms.fingerprint(context.tenant, content)[:32]}"


def _reference(context: IntakeContext, person: PersonRef, number: str | None) -> str | None:
    return None if number is None else reference(context, person, number)


_CONVERTED: Final = frozenset(
    {
        "record_id",
        "supersedes",
        "children",
        "grantors",
        "override",
        "recipient",
        "recipient_class",
    }
)


def _record(person: PersonRef, form: ConsentForm, context: IntakeContext) -> ConsentRecord:
    """Return the domain's record of a form."""
    plain = {
        name: getattr(form, name) for name in ConsentForm.model_fields if name not in _CONVERTED
    }
    return ConsentRecord(
        **plain,
        record_id=reference(context, person, form.record_id),
        desk_number=form.record_id,
        supersedes=_reference(context, person, form.supersedes),
        grantors=tuple(Grantor(capacity=g.capacity, given_at=g.given_at) for g in form.grantors),
        children=tuple(child_key(context, child) for child in form.children),
        recipient=RecipientId(form.recipient) if form.recipient else None,
        recipient_class=form.recipient_class.value if form.recipient_class else None,
        override=Override(**form.override.model_dump()) if form.override else None,
    )


def granted(form: ConsentGrantedForm, context: IntakeContext) -> ConsentGranted:
    """Return `consent.granted`."""
    return ConsentGranted(record=_record(form.person, form.record, context))


def withdrawn(form: ConsentWithdrawnForm, context: IntakeContext) -> ConsentWithdrawn:
    """Return `consent.withdrawn`."""
    return ConsentWithdrawn(
        declared_at=form.declared_at,
        channel=form.channel,
        taken_by=form.taken_by,
        record_id=_reference(context, form.person, form.record_id),
    )


def superseded(form: ConsentSupersededForm, context: IntakeContext) -> ConsentSuperseded:
    """Return `consent.superseded`."""
    return ConsentSuperseded(
        record_id=reference(context, form.person, form.record_id),
        superseded_by=reference(context, form.person, form.superseded_by),
    )


def asked(form: ConsentAskedForm, _: IntakeContext) -> ConsentAsked:
    """Return `consent.asked`."""
    return ConsentAsked(state=AskState(form.state), until=form.until, taken_by=form.taken_by)


def safety(form: SafetyAnsweredForm, context: IntakeContext) -> SafetyAnswered:
    """Return `safety.answered`."""
    return SafetyAnswered(
        child=child_key(context, form.child),
        kind=form.kind,
        answered_at=form.answered_at,
        role=form.role,
    )


def frozen(form: FreezeSetForm, _: IntakeContext) -> FreezeSet:
    """Return `safety.freeze-set`."""
    return FreezeSet(set_by=form.set_by)


def lifted(form: FreezeLiftedForm, _: IntakeContext) -> FreezeLifted:
    """Return `safety.freeze-lifted`."""
    return FreezeLifted(taken_by=form.taken_by, channel=form.channel)
