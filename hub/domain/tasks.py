"""Tasks: what the hub hands to a person because software must not decide it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hub.domain.values import Value


class TaskKind(StrEnum):
    """Why somebody is asked. Each kind has one line of advice in `ADVICE`."""

    UNKNOWN = "unknown"
    CHILD_ALONE = "child-alone"
    CHILD_UNRECORDED = "child-unrecorded"
    CHILDREN_UNNAMED = "children-unnamed"
    BIRTH_DATE_UNKNOWN = "birth-date-unknown"
    CONTACT_RESTRICTED = "contact-restricted"
    SAFETY_CONCERN = "safety-concern"
    CHILD_OBJECTS = "child-objects"
    NO_RECIPIENT = "no-recipient"
    LOOKUP_FAILED = "lookup-failed"
    IDENTITY_UNMATCHED = "identity-unmatched"
    MOVEMENT_UNMATCHED = "movement-unmatched"
    CORRECTIONS_UNSETTLED = "corrections-unsettled"
    LATE_ADMISSION = "late-admission"
    DISCLOSED_AFTER_WITHDRAWAL = "disclosed-after-withdrawal"
    DECLINED_BY_RECIPIENT = "declined-by-recipient"
    DELIVERY_FAILED = "delivery-failed"
    ACKNOWLEDGEMENT_UNMATCHED = "acknowledgement-unmatched"
    DATA_QUALITY = "data-quality"


class Severity(StrEnum):
    """How soon a person must look."""

    NORMAL = "normal"
    CRITICAL = "critical"


SEVERITY: dict[TaskKind, Severity] = {
    TaskKind.CHILD_ALONE: Severity.CRITICAL,
    TaskKind.DISCLOSED_AFTER_WITHDRAWAL: Severity.CRITICAL,
}

ADVICE: dict[TaskKind, str] = {
    TaskKind.CHILD_ALONE: "Call the prison's duty service now: nobody is known to look after this "
    "child. Ask the parent; the numbers for human action are in the duty plan.",
    TaskKind.CHILD_UNRECORDED: "A safety answer names a child that nobody recorded for this "
    "parent. Check the child's number, or record the child.",
    TaskKind.CHILDREN_UNNAMED: "The prison recorded only a number of children. Ask the parent for "
    "names at the next conversation; a number alone never becomes a referral.",
    TaskKind.BIRTH_DATE_UNKNOWN: "Ask for the child's date of birth; without it nobody can tell "
    "whether the child is of age.",
    TaskKind.CONTACT_RESTRICTED: "A contact restriction stands between parent and child. A trained "
    "person decides whether and how help is offered.",
    TaskKind.SAFETY_CONCERN: "The safety answer names a concern. A trained person decides.",
    TaskKind.CHILD_OBJECTS: "A child below the age at which an objection decides does not want "
    "this. Talk with the parent before anything is sent.",
    TaskKind.NO_RECIPIENT: "No office in the directory is competent for this child's place of "
    "stay. Find the office and add it to the directory, or refer by hand.",
    TaskKind.LOOKUP_FAILED: "The prison's contacts service gave no answer. Check the service, then "
    "record the children by hand or ask for the look-up again.",
    TaskKind.IDENTITY_UNMATCHED: "A merge or booking change matches no stay known here. Compare "
    "with the prison system.",
    TaskKind.MOVEMENT_UNMATCHED: "A movement does not fit the stay known here. Compare with the "
    "prison system.",
    TaskKind.CORRECTIONS_UNSETTLED: "The prison corrected this admission for longer than the "
    "settle window may last. Check what is true.",
    TaskKind.LATE_ADMISSION: "This admission is older than the limit for automatic referral. "
    "Decide whether help is still to be offered.",
    TaskKind.DISCLOSED_AFTER_WITHDRAWAL: "A referral left after consent was withdrawn on paper and "
    "before the withdrawal reached the hub. Follow the incident procedure.",
    TaskKind.DECLINED_BY_RECIPIENT: "The recipient declined. Read its code and find another way.",
    TaskKind.DELIVERY_FAILED: "The referral could not be delivered. Deliver it by other means.",
    TaskKind.ACKNOWLEDGEMENT_UNMATCHED: "An answer does not fit the referral's state. Call the "
    "recipient.",
    TaskKind.DATA_QUALITY: "The source sent contradictory data. Check the record at the source.",
}


class Task(Value, frozen=True, kw_only=True):
    """One open question to a person: what kind, about what, since when, due by when."""

    task_id: UUID
    kind: TaskKind
    subject: str
    since: datetime
    due: datetime | None = None
    escalated: bool = False

    @property
    def severity(self) -> Severity:
        """How soon a person must look."""
        return SEVERITY.get(self.kind, Severity.NORMAL)
