"""Consent: the record (ISO/IEC TS 27560 in the W3C DPV form), who gave it, and for what it holds.

A record is never edited: it is granted, then withdrawn or superseded by another. What a record
permits is answered in `permit`; this file holds what it is and whether it stands at an instant.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from hub.domain.ids import ChildKey, RecipientId
from hub.domain.values import Value


class Purpose(StrEnum):
    """What a disclosure is for. The policy names the norm that permits each."""

    UNKNOWN = "unknown"
    FAMILY_SUPPORT = "family-support"
    RELEASE_NOTICE = "release-notice"


class Category(StrEnum):
    """A kind of data that a referral may carry. Nothing outside this list ever leaves."""

    UNKNOWN = "unknown"
    IMPRISONMENT = "imprisonment"
    CHILD_IDENTITY = "child-identity"
    CHILD_BIRTH_DATE = "child-birth-date"
    CHILD_LANGUAGE = "child-language"
    PLACE_OF_STAY = "place-of-stay"
    CUSTODY = "custody"
    CARER = "carer"
    CARER_CONTACT = "carer-contact"
    CHILD_TOLD = "child-told"
    CHILD_VIEW = "child-view"
    HELP_REQUESTED = "help-requested"
    PRISON_CONTACT = "prison-contact"
    RELEASE = "release"


class Subject(StrEnum):
    """Whom a category of data is about; each must be covered by somebody entitled."""

    UNKNOWN = "unknown"
    PARENT = "parent"
    CHILD = "child"
    CARER = "carer"


class Capacity(StrEnum):
    """In which capacity somebody consents."""

    UNKNOWN = "unknown"
    OWN_DATA = "own-data"
    CUSTODIAL_PARENT = "custodial-parent"
    OTHER_PARENT = "other-parent"
    GUARDIAN = "guardian"
    COURT = "court"
    MINOR = "minor"
    CARER = "carer"


class Scope(StrEnum):
    """Whether a consent ends with the stay (`episode`, the default) or stands until it expires."""

    UNKNOWN = "unknown"
    EPISODE = "episode"
    STANDING = "standing"


class AskState(StrEnum):
    """Where the conversation about consent stands. A refusal is final until its date."""

    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"
    POSTPONED = "postponed"
    UNDECIDED = "undecided"
    DECLINED = "declined"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Grantor(Value, frozen=True, kw_only=True):
    """One person who consented, in which capacity and when. Names stay with the evidence."""

    capacity: Capacity
    given_at: datetime


class Override(Value, frozen=True, kw_only=True):
    """Release without consent where a norm allows it: the norm and the ordering person's role."""

    norm: str
    ordered_by: str
    ordered_at: datetime


class ConsentRecord(Value, frozen=True, kw_only=True):
    """What somebody agreed to. Times are UTC.

    `record_id` is a pseudonym and travels in clear: recipients refer to it. `desk_number` is the
    number under which the consent desk files the record; it may name the person and stays sealed.
    """

    record_id: str
    given_at: datetime
    purposes: tuple[Purpose, ...]
    categories: tuple[Category, ...]
    grantors: tuple[Grantor, ...]
    children: tuple[ChildKey, ...] = ()
    all_children: bool = False
    scope: Scope = Scope.EPISODE
    recipient: RecipientId | None = None
    recipient_class: str | None = None
    effective_from: datetime | None = None
    expires_at: datetime | None = None
    secrecy_release: bool = False
    lawful_basis: str | None = None
    controller: str | None = None
    notice: str | None = None
    notice_version: str | None = None
    notice_language: str | None = None
    text_hash: str | None = None
    interpreter: bool = False
    collection_method: str | None = None
    evidence_hash: str | None = None
    evidence_place: str | None = None
    help_requested: tuple[str, ...] = ()
    supersedes: str | None = None
    override: Override | None = None
    desk_number: str | None = None


class Withdrawal(Value, frozen=True, kw_only=True):
    """The word that ended a consent: when declared, through which channel, and who took it."""

    declared_at: datetime
    channel: str
    taken_by: str


class Consent(Value, frozen=True, kw_only=True):
    """A record as the case holds it: when the hub learnt of it, and how it ended.

    A record without purposes stands for one that the hub has only heard the end of so far. One
    that arrived with two contents is `contested`: neither counts.
    """

    record: ConsentRecord
    recorded_at: datetime
    withdrawal: Withdrawal | None = None
    superseded_by: str | None = None
    contested: bool = False

    @property
    def known(self) -> bool:
        """True once the record itself has arrived."""
        return bool(self.record.purposes)


class Ask(Value, frozen=True, kw_only=True):
    """The last known state of asking, with the date until which a refusal is to be respected."""

    state: AskState
    at: datetime
    until: datetime | None = None


def starts_at(record: ConsentRecord) -> datetime:
    """Return the instant from which a record holds."""
    return record.effective_from or record.given_at
