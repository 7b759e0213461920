"""Referrals that exist: which must be taken back, and which must be told of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.consent import Purpose
from hub.domain.decision import FactKind
from hub.domain.directory import route
from hub.domain.entitlement import Denial
from hub.domain.grounds import expired
from hub.domain.messages import Draught, send, target_of
from hub.domain.permit import propose
from hub.domain.referral import Operation, Referral, Retraction, RetractionKind, Transport
from hub.domain.upkeep import replace_referral
from hub.domain.values import changed

if TYPE_CHECKING:
    from hub.domain.follow import Followed
    from hub.domain.permit import Permit

_BASIS_GONE = frozenset(
    {
        Denial.CATEGORY_NOT_PERMITTED,
        Denial.CHILD_NOT_COVERED,
        Denial.CO_CONSENT_MISSING,
        Denial.CONSENT_EXPIRED,
        Denial.CONSENT_SUPERSEDED,
        Denial.CONSENT_WITHDRAWN,
        Denial.CUSTODY_UNKNOWN,
        Denial.GRANTOR_NOT_ENTITLED,
        Denial.IMPRISONMENT_NOT_PERMITTED,
        Denial.NO_CONSENT,
        Denial.PURPOSE_NOT_COVERED,
        Denial.RECIPIENT_NOT_COVERED,
        Denial.SCOPE_ENDED,
    }
)
"""Reasons that say that no consent carries the referral. What else denies only suspends it."""

_SUPERSEDED = "superseded"
_WRONG = (Denial.EPISODE_VOID, Denial.CHILD_REMOVED)


def close_doubles(followed: Followed) -> None:
    """After stays became one the same help may be open twice: the first made ready stays (P2)."""
    seen: set[tuple[object, ...]] = set()
    for referral in sorted(
        followed.case.referrals, key=lambda r: (r.made_ready_at, r.generation, r.referral_id)
    ):
        key = (referral.child, referral.episode_id, referral.recipient, referral.purpose)
        if referral.open and key in seen:
            retract(followed, referral, RetractionKind.WRONG, "merged")
        elif referral.open:
            seen.add(key)


def review(followed: Followed, referral: Referral) -> None:
    """Take a referral back if what it rests on has ended; send what changed in it."""
    about = target_of(referral)
    answer, categories = propose(followed.case, about, followed.rules, followed.now)
    ending = _why_ended(followed, referral, answer)
    if ending is not None:
        retract(followed, referral, *ending)
        return
    if not referral.open:
        return
    unsent = referral.transport is Transport.READY
    if unsent and _goes_elsewhere(followed, referral):
        retract(followed, referral, RetractionKind.WRONG, _SUPERSEDED)
        return
    if not answer.allowed:
        return
    draught = Draught(
        followed, about, categories, answer.consents, provisional=referral.provisional
    )
    if draught.digest == referral.content_hash:
        return
    if unsent or referral.transport is Transport.DISPATCHED:
        # The old content must not leave any more, at no retry either: an address may have become
        # protected. If it may have left, delivery makes this a recall, and the new one follows it.
        retract(followed, referral, RetractionKind.WRONG, _SUPERSEDED)
        return
    _update(followed, referral, draught)


def _goes_elsewhere(followed: Followed, referral: Referral) -> bool:
    """Another office is competent by now. Once it has left, offices hand over (§ 86c)."""
    child = followed.case.child(referral.child)
    area = child.address.area if child is not None and child.address is not None else None
    found = route(followed.rules.areas, area, referral.purpose, followed.now.date())
    return found is None or found.recipient.recipient != referral.recipient


def retract(followed: Followed, referral: Referral, kind: RetractionKind, reason: str) -> None:
    """Take a referral back. Delivery sends the recall, or cancels what has not left."""
    taken_back = changed(referral, retraction=Retraction(kind=kind, reason=reason, at=followed.now))
    followed.case = replace_referral(followed.case, taken_back)
    followed.sends.append(send(followed, taken_back, Operation.RETRACT))
    followed.note(
        FactKind.REFERRAL_RETRACTED,
        referral.referral_id,
        (reason,),
        generation=referral.generation,
        retraction=kind.value,
        recipient=referral.recipient,
        child=referral.child,
    )


def _update(followed: Followed, referral: Referral, draught: Draught) -> None:
    updated = changed(
        referral,
        content_version=referral.content_version + 1,
        content_hash=draught.digest,
        categories=draught.categories,
        consents=draught.consents,
    )
    followed.case = replace_referral(followed.case, updated)
    followed.sends.append(send(followed, updated, Operation.UPDATE, draught.content))
    followed.note(
        FactKind.REFERRAL_UPDATED,
        referral.referral_id,
        generation=referral.generation,
        version=updated.content_version,
        recipient=referral.recipient,
        child=referral.child,
    )


def _why_ended(
    followed: Followed, referral: Referral, answer: Permit
) -> tuple[RetractionKind, str] | None:
    """Return how and why a referral ends, or None if it does not.

    A word taken back and an error reach whoever got the referral, also after they answered.
    """
    if _notice_lost(followed, referral):
        return RetractionKind.WITHDRAWN, Denial.CONSENT_WITHDRAWN.value
    wrong = next((r for r in _WRONG if r in answer.reasons), None)
    if wrong is not None:
        return RetractionKind.WRONG, wrong.value
    lost = None
    if not _BASIS_GONE.isdisjoint(answer.reasons):
        lost = _consent_lost(followed, referral)
    if lost in {Denial.CONSENT_WITHDRAWN, Denial.CONSENT_SUPERSEDED}:
        return RetractionKind.WITHDRAWN, lost.value
    if not referral.open:
        return None
    if Denial.CHILD_OF_AGE in answer.reasons:
        # From now on the child decides; the stop notice says that the parent's word ends here.
        return RetractionKind.WITHDRAWN, Denial.CHILD_OF_AGE.value
    return _lapsed(followed, referral, answer, lost)


def _notice_lost(followed: Followed, referral: Referral) -> bool:
    """The word that carried the release notice was taken back, and no other carries it."""
    used = [c for c in followed.case.consents if c.record.record_id in referral.notice_consents]
    if not any(c.withdrawal is not None or c.superseded_by is not None for c in used):
        return False
    about = target_of(referral, Purpose.RELEASE_NOTICE)
    answer, _ = propose(followed.case, about, followed.rules, followed.now)
    return not _BASIS_GONE.isdisjoint(answer.reasons)


def _consent_lost(followed: Followed, referral: Referral) -> Denial | None:
    """Return what became of the records that the referral rests on, the weightiest first."""
    used = [c for c in followed.case.consents if c.record.record_id in referral.consents]
    if any(c.withdrawal is not None for c in used):
        return Denial.CONSENT_WITHDRAWN
    if any(c.superseded_by is not None for c in used):
        return Denial.CONSENT_SUPERSEDED
    if any(expired(c.record, followed.now) for c in used):
        return Denial.CONSENT_EXPIRED
    return None


def _lapsed(
    followed: Followed, referral: Referral, answer: Permit, lost: Denial | None
) -> tuple[RetractionKind, str] | None:
    """What merely lapsed takes back only what has not left, unless the policy wants a recall.

    Help that began is not called off because a consent expired or a stay is over.
    """
    episode = followed.case.episode(referral.episode_id)
    ends = episode.end_settle_until if episode is not None else None
    if ends is not None and followed.now < ends:
        return None
    waiting = referral.transport is Transport.READY
    if lost is Denial.CONSENT_EXPIRED and (waiting or followed.rules.policy.recall_on_expiry):
        return RetractionKind.WITHDRAWN, lost.value
    over = next(
        (r for r in (Denial.NOT_IN_CUSTODY, Denial.SCOPE_ENDED) if r in answer.reasons), None
    )
    return (RetractionKind.WITHDRAWN, over.value) if waiting and over is not None else None
