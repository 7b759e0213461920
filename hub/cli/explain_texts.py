"""Every reason against a disclosure: what it means, and what would change it."""

from __future__ import annotations

from typing import Final, NamedTuple

from hub.domain.decision import Ignored
from hub.domain.entitlement import Denial


class Text(NamedTuple):
    """What a reason means to an operator, and what would change the answer."""

    meaning: str
    change: str


_NOTHING = "Nothing has to be done."

DENIALS: Final[dict[Denial, Text]] = {
    Denial.BIRTH_DATE_UNKNOWN: Text(
        "Neither a date of birth nor an expected date is known.",
        "Ask for the child's date of birth and record it.",
    ),
    Denial.CATEGORY_NOT_PERMITTED: Text(
        "A kind of data that the referral must carry is in no valid consent.",
        "A consent that names this category.",
    ),
    Denial.CHILD_NOT_COVERED: Text(
        "The consent does not name this child.", "A consent for this child, or for all children."
    ),
    Denial.CHILD_OBJECTS: Text(
        "The child objected and is old enough for that to count.",
        "Only the child: a later conversation in which it agrees.",
    ),
    Denial.CHILD_OF_AGE: Text("The child is of age.", "Nothing: adults ask for help themselves."),
    Denial.CHILD_REMOVED: Text(
        "The child was recorded in error for this parent.",
        "The register records the child again.",
    ),
    Denial.CHILD_UNKNOWN: Text(
        "The case holds no such child.", "The register or the consent desk records the child."
    ),
    Denial.CO_CONSENT_MISSING: Text(
        "Custody is joint and one of the two has not consented.",
        "The other parent's consent in the record.",
    ),
    Denial.CONSENT_DECLINED: Text(
        "The parent declined.", "Only the parent, by giving consent; nobody asks before the date."
    ),
    Denial.CONSENT_EXPIRED: Text("The consent has run out.", "A new consent."),
    Denial.CONSENT_NOT_YET: Text(
        "The consent begins later.", "Its beginning; the hub looks again by itself."
    ),
    Denial.CONSENT_SUPERSEDED: Text(
        "The consent was replaced by another.", "The other record, if it covers this."
    ),
    Denial.CONSENT_VIEW_STALE: Text(
        "It is not known that every withdrawal so far was decided.",
        "The processor catches up; see `hub positions show` and `hub doctor`.",
    ),
    Denial.CONSENT_WITHDRAWN: Text("The parent withdrew the consent.", "A new consent."),
    Denial.CONTACT_RESTRICTED: Text(
        "A contact restriction stands between parent and child.",
        "A trained person decides outside the hub; the register lifts the restriction.",
    ),
    Denial.CUSTODY_UNKNOWN: Text(
        "Nobody recorded who has custody.", "Custody recorded with its source."
    ),
    Denial.EPISODE_VOID: Text(
        "The stay was entered in error, or does not exist.", "The prison reports the stay again."
    ),
    Denial.FROZEN: Text(
        "An officer froze everything for this person.",
        "The parent's own word: hub freeze lift.",
    ),
    Denial.GRANTOR_NOT_ENTITLED: Text(
        "Whoever consented was not entitled to for everybody the data are about.",
        "Consent of somebody entitled, or a norm in the policy.",
    ),
    Denial.IMPRISONMENT_NOT_PERMITTED: Text(
        "Every referral discloses imprisonment, and that was not agreed to.",
        "A consent that names the category 'imprisonment'.",
    ),
    Denial.LIVES_IN_PRISON: Text(
        "The child lives in prison with the parent.", "The child's place of stay changes."
    ),
    Denial.NO_CONSENT: Text("Nobody consented yet.", "A consent: hub consent record."),
    Denial.NO_LEGAL_BASIS: Text(
        "The policy names no norm for this purpose.",
        "A policy version that names norms for consent and transmission.",
    ),
    Denial.NO_RECIPIENT: Text(
        "No office in the directory is competent for the child's place of stay.",
        "The place of stay, or a directory version that covers it.",
    ),
    Denial.NOT_IN_CUSTODY: Text("The stay is over.", "A new admission."),
    Denial.NOT_SETTLED: Text(
        "The admission is not yet old enough to be trusted.",
        "The end of the settle window; the hub looks again by itself.",
    ),
    Denial.PURPOSE_NOT_COVERED: Text(
        "The consent does not name this purpose.", "A consent for this purpose."
    ),
    Denial.RECIPIENT_NOT_COVERED: Text(
        "The consent names another recipient or class of recipients.",
        "A consent for this recipient or its class.",
    ),
    Denial.RECIPIENT_NOT_IN_FORCE: Text(
        "The recipient is not in the directory now, or not for this purpose.",
        "A directory version that has it.",
    ),
    Denial.REFERRAL_ENDED: Text(
        "The referral was taken back or closed by an answer.", "A new reason for help."
    ),
    Denial.SAFETY_CHECK_MISSING: Text(
        "There is no safety answer for the child, it says unknown, or it is too old.",
        "A safety answer by an entitled role: hub safety record.",
    ),
    Denial.SAFETY_CONCERN: Text(
        "The safety answer names a concern.", "A trained person decides outside the hub."
    ),
    Denial.SCOPE_ENDED: Text(
        "The consent held for one stay, or for a time, and that is over.", "A new consent."
    ),
    Denial.CONSENT_CONTESTED: Text(
        "The consent desk sent two different contents under one record number.",
        "A new record that supersedes the contested one.",
    ),
    Denial.SECRECY_RELEASE_MISSING: Text(
        "The policy demands a release from secrecy, and the record has none.",
        "A consent record with the release.",
    ),
    Denial.STILL_IN_CUSTODY: Text(
        "A release notice is only sent after the release.", "The release."
    ),
    Denial.UNRESOLVED_INPUT: Text(
        "Input about this person was not understood; it might be a withdrawal.",
        "hub dead-letters list, then replay it once mended, or discard it with a reason.",
    ),
}
"""All denials but `unknown`, which stands for a word of a newer version."""

IGNORED: Final[dict[Ignored, Text]] = {
    Ignored.ALREADY_KNOWN: Text("It said what was known already.", _NOTHING),
    Ignored.OUTDATED_TIMER: Text("The case no longer waited for this instant.", _NOTHING),
    Ignored.NOT_IN_CUSTODY: Text("It concerns a stay, and there is none.", _NOTHING),
    Ignored.UNKNOWN_REFERRAL: Text("It answers a referral that the case does not have.", _NOTHING),
    Ignored.NOT_ALLOWED_NOW: Text(
        "It does not fit the state of what it is about.", "See the open tasks."
    ),
    Ignored.UNKNOWN_TASK: Text("The task is closed or never was.", _NOTHING),
    Ignored.UNKNOWN_LOOKUP: Text("The look-up was answered before.", _NOTHING),
    Ignored.NOTHING_TO_LIFT: Text("There was no freeze.", _NOTHING),
    Ignored.ADMINISTRATIVE: Text("It changes records at the source only.", _NOTHING),
    Ignored.DUPLICATE: Text("The same event was decided before.", _NOTHING),
    Ignored.ERASED: Text("The person was erased; nothing is rebuilt.", _NOTHING),
}


def text_of(reason: str) -> Text:
    """Return what a reason means; a reason of another vocabulary is returned as it is."""
    for words in (DENIALS, IGNORED):
        for known, text in words.items():
            if known.value == reason:
                return text
    return Text(reason, "See the decision log above.")
