"""One invented family and the rules it lives under: everything a permit needs, to be taken away."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import msgspec

from hub.domain.case import Case, Episode
from hub.domain.children import (
    Child,
    Custody,
    SafetyAnswer,
    SafetyAnswerKind,
)
from hub.domain.consent import (
    Capacity,
    Category,
    Consent,
    ConsentRecord,
    Grantor,
    Purpose,
    Subject,
    Withdrawal,
)
from hub.domain.content import Content, Item
from hub.domain.directory import Directory, Recipient, RecipientKind
from hub.domain.ids import ChildKey, PersonKey, RecipientId, TenantId, mint
from hub.domain.policy import CategoryRule, Policy, PurposeRule
from hub.domain.referral import (
    Operation,
    Referral,
    Retraction,
    RetractionKind,
    idempotency_id,
    referral_id,
)
from hub.domain.values import changed
from hub.ports import SendRow
from hub.testing.clock import START

TENANT = TenantId("default")
OFFICE = RecipientId("jugendamt-musterstadt")
OTHER_OFFICE = RecipientId("jugendamt-nebenstadt")
EPISODE = UUID("00000000-0000-5000-8000-000000000001")
CARRIED = (Category.IMPRISONMENT, Category.CHILD_IDENTITY)


def person_key(number: int) -> PersonKey:
    """Return the pseudonym of invented person `number`."""
    return PersonKey(f"{number:064x}")


def child_key(number: int) -> ChildKey:
    """Return the pseudonym of that person's child."""
    return ChildKey(f"{number + 0xC0000:064x}")


def case_of(number: int = 1) -> Case:
    """Return a case in which a referral for the one child is permitted."""
    before = START - timedelta(days=3)
    return Case(
        tenant=TENANT,
        person=person_key(number),
        version=1,
        episodes=(
            Episode(
                episode_id=EPISODE,
                admitted_at=before,
                first_received_at=before,
                settle_until=before + timedelta(hours=1),
            ),
        ),
        children=(
            Child(
                child=child_key(number),
                given_name="Testkind",
                family_name="Erfunden",
                birth_date=date(2018, 5, 4),
                custody=Custody.SOLE,
                safety=SafetyAnswer(
                    kind=SafetyAnswerKind.CLEAR, answered_at=before, role="social-service"
                ),
            ),
        ),
        consents=(
            Consent(
                record=ConsentRecord(
                    record_id=f"C-{number}",
                    given_at=before,
                    purposes=(Purpose.FAMILY_SUPPORT,),
                    categories=CARRIED,
                    grantors=(
                        Grantor(capacity=Capacity.OWN_DATA, given_at=before),
                        Grantor(capacity=Capacity.CUSTODIAL_PARENT, given_at=before),
                    ),
                    all_children=True,
                    recipient_class=RecipientKind.YOUTH_OFFICE.value,
                ),
                recorded_at=before,
            ),
        ),
        referrals=tuple(
            referral_of(send(number=number, recipient=office)) for office in (OFFICE, OTHER_OFFICE)
        ),
    )


def withdrawn(case: Case) -> Case:
    """Return the case after the parent took the consent back."""
    word = Withdrawal(declared_at=START, channel="oral", taken_by="social-service")
    consents = tuple(changed(consent, withdrawal=word) for consent in case.consents)
    return changed(case, version=case.version + 1, consents=consents)


def referral_of(row: SendRow) -> Referral:
    """Return the open referral of which `row` is the newest message."""
    return Referral(
        referral_id=row.referral_id,
        child=row.child,
        episode_id=row.episode_id,
        recipient=row.recipient,
        purpose=row.purpose,
        generation=row.generation,
        content_version=row.content_version,
        content_hash="",
        categories=row.categories,
        consents=(),
        made_ready_at=row.ready_at,
    )


def retracted(case: Case, row: SendRow) -> Case:
    """Return the case after the referral of `row` was taken back, the consent standing anew."""
    word = Retraction(kind=RetractionKind.WITHDRAWN, reason="consent-withdrawn", at=START)
    referral = changed(referral_of(row), retraction=word)
    return changed(case, version=case.version + 1, referrals=(referral,))


def content() -> Content:
    """Return what the referral says."""
    return Content(
        profile="family-support/1",
        stated_by="parent",
        stated_at="2026-03-01",
        provisional=True,
        consents=("C-1",),
        correlation="sibling-group",
        items=(
            Item(category=Category.IMPRISONMENT, key="parent_in_prison", value="yes"),
            Item(category=Category.CHILD_IDENTITY, key="given_name", value="Testkind"),
        ),
    )


def send(
    operation: Operation = Operation.REFER,
    *,
    number: int = 1,
    generation: int = 1,
    version: int = 1,
    recipient: RecipientId = OFFICE,
    later_s: float = 0.0,
) -> SendRow:
    """Return an outbox row, its content not sealed yet; made ready `later_s` after the first."""
    referral = referral_id(EPISODE, child_key(number), recipient, Purpose.FAMILY_SUPPORT)
    recall = operation is Operation.RETRACT
    return SendRow(
        send_id=mint(referral, "send", operation.value, generation, version),
        tenant=TENANT,
        person=person_key(number),
        child=child_key(number),
        episode_id=EPISODE,
        referral_id=referral,
        operation=operation,
        generation=generation,
        content_version=version,
        recipient=recipient,
        purpose=Purpose.FAMILY_SUPPORT,
        idempotency_id=idempotency_id(referral, generation, operation, version),
        order_key=f"{recipient}:{referral}",
        ready_at=START + timedelta(seconds=later_s),
        categories=() if recall else CARRIED,
        retraction=RetractionKind.WITHDRAWN if recall else None,
        retraction_reason="consent-withdrawn" if recall else None,
        data_key=None,
        sealed=None if recall else msgspec.msgpack.encode(content()),
    )


def policy() -> Policy:
    """Return a policy with every norm that family support needs."""
    return Policy(
        version="policy-1",
        purposes={
            Purpose.FAMILY_SUPPORT: PurposeRule(
                consent_norm="norm of consent",
                transmission_norm="norm of transmission",
                retraction_norm="norm of retraction",
                required=CARRIED,
            )
        },
        categories={
            Category.IMPRISONMENT: CategoryRule(about=(Subject.PARENT,)),
            Category.CHILD_IDENTITY: CategoryRule(about=(Subject.CHILD,)),
        },
    )


def directory(connector: str = "webhook") -> Directory:
    """Return a directory of two offices."""
    return Directory(
        version="directory-1",
        recipients={
            office: Recipient(
                recipient=office,
                name=office,
                kind=RecipientKind.YOUTH_OFFICE,
                areas=(),
                purposes=(Purpose.FAMILY_SUPPORT,),
                connector=connector,
                endpoint=office.removeprefix("jugendamt-"),
                categories=CARRIED,
            )
            for office in (OFFICE, OTHER_OFFICE)
        },
    )
