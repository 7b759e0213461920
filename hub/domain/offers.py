"""Referrals: which should be open now, which must be taken back, who is told of a release."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from hub.domain.case import Withheld
from hub.domain.consent import Category, Purpose
from hub.domain.content import Content, build_content
from hub.domain.decision import FactKind, Send
from hub.domain.directory import route
from hub.domain.entitlement import Denial
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.permit import (
    ENDING,
    EndKind,
    Permit,
    Question,
    permit,
    permitted_categories,
)
from hub.domain.referral import (
    HELPING,
    Operation,
    Referral,
    Retraction,
    RetractionKind,
    Transport,
    idempotency_id,
    referral_id,
)
from hub.domain.upkeep import replace_referral
from hub.domain.values import changed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from hub.domain.case import Case, Episode
    from hub.domain.children import Child
    from hub.domain.follow import Followed
    from hub.domain.policy import Rules

_KIND_OF = {
    EndKind.WITHDRAWN: RetractionKind.WITHDRAWN,
    EndKind.WRONG: RetractionKind.WRONG,
    EndKind.LAPSED: RetractionKind.WITHDRAWN,
}


def settle_referrals(followed: Followed, rules: Rules, now: datetime) -> None:
    """Retract, update, make and announce referrals until they are what the facts ask for."""
    withheld: list[Withheld] = []
    _close_doubles(followed, now)
    for referral in followed.case.referrals:
        if referral.open:
            _review(followed, referral, rules, now)
    current = followed.case.current
    if current is not None and current.running:
        for child in followed.case.children:
            if not child.removed:
                _offer(followed, withheld, child, current, rules, now)
    for referral in followed.case.referrals:
        if referral.open and referral.business in HELPING and not referral.release_notice:
            _announce_release(followed, withheld, referral, rules, now)
    _keep_withheld(followed, withheld, now)


def _close_doubles(followed: Followed, now: datetime) -> None:
    """After a merge the same help may be open twice: the one made ready first stays (P2)."""
    seen: set[tuple[object, ...]] = set()
    for referral in sorted(followed.case.referrals, key=lambda r: (r.made_ready_at, r.generation)):
        key = (referral.child, referral.episode_id, referral.recipient, referral.purpose)
        if referral.open and key in seen:
            _retract(followed, referral, RetractionKind.WRONG, "merged", now)
        elif referral.open:
            seen.add(key)


def _judge(
    case: Case,
    child: ChildKey,
    episode_id: UUID,
    purpose: Purpose,
    recipient: RecipientId,
    categories: tuple[Category, ...],
    rules: Rules,
    now: datetime,
) -> Permit:
    question = Question(
        child=child,
        episode_id=episode_id,
        purpose=purpose,
        recipient=recipient,
        categories=categories,
    )
    return permit(case, question, rules, now, now)


def _review(followed: Followed, referral: Referral, rules: Rules, now: datetime) -> None:
    """Take an open referral back if what it rests on has ended; send what changed in it."""
    case = followed.case
    answer = _judge(
        case,
        referral.child,
        referral.episode_id,
        referral.purpose,
        referral.recipient,
        referral.categories,
        rules,
        now,
    )
    episode = next((e for e in case.episodes if e.episode_id == referral.episode_id), None)
    ending = _why_ended(referral, episode, answer, rules, now)
    if ending is not None:
        kind, reason = ending
        _retract(followed, referral, kind, reason, now)
        return
    child = case.child(referral.child)
    if not answer.allowed or child is None or episode is None:
        return
    categories = permitted_categories(
        case, child, episode, referral.purpose, referral.recipient, rules, now
    )
    content = build_content(
        case,
        child,
        episode,
        referral.purpose,
        referral.recipient,
        categories,
        answer.consents,
        rules,
        provisional=referral.provisional,
    )
    digest = content_hash(content)
    if digest == referral.content_hash:
        return
    if referral.transport is Transport.READY:
        # Nothing is known to have left: the old content must not leave any more. Should it have
        # left just now, delivery turns this into a recall, and the next generation follows it.
        _retract(followed, referral, RetractionKind.WRONG, "superseded", now)
        return
    updated = changed(
        referral,
        content_version=referral.content_version + 1,
        content_hash=digest,
        categories=categories,
        consents=answer.consents,
    )
    followed.case = replace_referral(case, updated)
    followed.sends.append(_send(case, updated, Operation.UPDATE, now, content=content))
    followed.note(
        FactKind.REFERRAL_UPDATED,
        referral.referral_id,
        generation=referral.generation,
        version=updated.content_version,
        recipient=referral.recipient,
        child=referral.child,
    )


def _why_ended(
    referral: Referral, episode: Episode | None, answer: Permit, rules: Rules, now: datetime
) -> tuple[RetractionKind, str] | None:
    """Return how and why a referral ends, or None if it does not.

    What merely lapsed (a consent that expired, a stay that is over) takes back only what has not
    left yet, unless the policy wants a recall: help that began is not called off.
    """
    kinds = {ENDING[r]: r for r in reversed(answer.reasons) if r in ENDING}
    for kind in (EndKind.WRONG, EndKind.WITHDRAWN):
        if kind in kinds:
            return _KIND_OF[kind], kinds[kind].value
    reason = kinds.get(EndKind.LAPSED)
    if reason is None:
        return None
    over = episode is not None and episode.end_received_at is not None
    if over and episode is not None and episode.end_received_at is not None:
        if now < episode.end_received_at + rules.policy.settle:
            return None
    waiting = referral.transport is Transport.READY
    expired = reason is Denial.CONSENT_EXPIRED and rules.policy.recall_on_expiry
    return (RetractionKind.WITHDRAWN, reason.value) if waiting or expired else None


def _retract(
    followed: Followed,
    referral: Referral,
    kind: RetractionKind,
    reason: str,
    now: datetime,
) -> None:
    taken_back = changed(
        referral,
        retraction=Retraction(kind=kind, reason=reason, at=now),
    )
    case = followed.case
    followed.case = replace_referral(case, taken_back)
    followed.sends.append(_send(case, taken_back, Operation.RETRACT, now))
    followed.note(
        FactKind.REFERRAL_RETRACTED,
        referral.referral_id,
        (reason,),
        generation=referral.generation,
        retraction=kind.value,
        recipient=referral.recipient,
        child=referral.child,
    )


def _offer(
    followed: Followed,
    withheld: list[Withheld],
    child: Child,
    episode: Episode,
    rules: Rules,
    now: datetime,
) -> None:
    """Make the referral that this child should have, or keep every reason why it has none."""
    case = followed.case
    purpose = Purpose.FAMILY_SUPPORT
    mine = [
        r
        for r in case.referrals
        if r.child == child.child and r.episode_id == episode.episode_id and r.purpose is purpose
    ]
    if any(r.retraction is None for r in mine):
        return
    area = child.address.area if child.address is not None else None
    found = route(rules.areas, area, purpose, now.date())
    if found is None:
        # The permit is asked all the same: every reason is told, not only the missing office.
        answer = _judge(
            case, child.child, episode.episode_id, purpose, RecipientId(""), (), rules, now
        )
        hidden = {
            Denial.RECIPIENT_NOT_IN_FORCE,
            Denial.RECIPIENT_NOT_COVERED,
            Denial.IMPRISONMENT_NOT_PERMITTED,
        }
        reasons = {*(r for r in answer.reasons if r not in hidden), Denial.NO_RECIPIENT}
        withheld.append(_withheld(child, purpose, tuple(sorted(reasons)), now))
        return
    target = found.recipient.recipient
    categories = permitted_categories(case, child, episode, purpose, target, rules, now)
    answer = _judge(case, child.child, episode.episode_id, purpose, target, categories, rules, now)
    if not answer.allowed:
        withheld.append(_withheld(child, purpose, answer.reasons, now))
        return
    content = build_content(
        case,
        child,
        episode,
        purpose,
        target,
        categories,
        answer.consents,
        rules,
        provisional=found.provisional,
    )
    identity = referral_id(episode.episode_id, child.child, target, purpose)
    referral = Referral(
        referral_id=identity,
        child=child.child,
        episode_id=episode.episode_id,
        recipient=target,
        purpose=purpose,
        generation=max((r.generation for r in mine if r.referral_id == identity), default=0) + 1,
        content_version=1,
        content_hash=content_hash(content),
        categories=categories,
        consents=answer.consents,
        made_ready_at=now,
        provisional=found.provisional,
    )
    followed.case = replace_referral(case, referral)
    followed.sends.append(_send(case, referral, Operation.REFER, now, content=content))
    followed.note(
        FactKind.REFERRAL_READY,
        identity,
        generation=referral.generation,
        recipient=target,
        child=child.child,
        episode=episode.episode_id,
        consents=",".join(answer.consents),
    )


def _announce_release(
    followed: Followed,
    withheld: list[Withheld],
    referral: Referral,
    rules: Rules,
    now: datetime,
) -> None:
    """Tell the recipient at work that the parent was released, if consent covers that too."""
    case = followed.case
    episode = next((e for e in case.episodes if e.episode_id == referral.episode_id), None)
    child = case.child(referral.child)
    if (
        episode is None
        or child is None
        or episode.running
        or episode.void
        or episode.ending not in rules.policy.notice_endings
    ):
        return
    purpose = Purpose.RELEASE_NOTICE
    categories = permitted_categories(case, child, episode, purpose, referral.recipient, rules, now)
    answer = _judge(
        case,
        child.child,
        episode.episode_id,
        purpose,
        referral.recipient,
        categories,
        rules,
        now,
    )
    if not answer.allowed:
        if Denial.SCOPE_ENDED not in answer.reasons:
            withheld.append(_withheld(child, purpose, answer.reasons, now))
        return
    content = build_content(
        case,
        child,
        episode,
        purpose,
        referral.recipient,
        categories,
        answer.consents,
        rules,
        provisional=False,
    )
    told = changed(referral, release_notice=True)
    followed.case = replace_referral(case, told)
    send = _send(case, told, Operation.RELEASE_NOTICE, now, content=content)
    followed.sends.append(changed(send, purpose=purpose, categories=categories))
    followed.note(
        FactKind.NOTICE_READY,
        referral.referral_id,
        generation=referral.generation,
        recipient=referral.recipient,
        child=child.child,
    )


def _send(
    case: Case,
    referral: Referral,
    operation: Operation,
    now: datetime,
    *,
    content: Content | None = None,
) -> Send:
    key = idempotency_id(
        referral.referral_id, referral.generation, operation, referral.content_version
    )
    taken = referral.retraction
    return Send(
        send_id=key,
        referral_id=referral.referral_id,
        operation=operation,
        generation=referral.generation,
        content_version=referral.content_version,
        person=case.person,
        child=referral.child,
        episode_id=referral.episode_id,
        recipient=referral.recipient,
        purpose=referral.purpose,
        idempotency_id=key,
        order_key=f"{referral.recipient}:{referral.referral_id}",
        ready_at=now,
        categories=referral.categories if content is not None else (),
        content=content,
        retraction=taken.kind if taken is not None else None,
        retraction_reason=taken.reason if taken is not None else None,
    )


def _withheld(
    child: Child, purpose: Purpose, reasons: tuple[Denial, ...], now: datetime
) -> Withheld:
    return Withheld(
        child=child.child,
        purpose=purpose.value,
        reasons=tuple(r.value for r in reasons),
        since=now,
    )


def _keep_withheld(followed: Followed, wanted: list[Withheld], now: datetime) -> None:
    """Keep since when each is withheld; log it when the reasons changed."""
    before = {(w.child, w.purpose): w for w in followed.case.withheld}
    kept: list[Withheld] = []
    for new in wanted:
        old = before.get((new.child, new.purpose))
        if old is None or old.reasons != new.reasons:
            followed.note(FactKind.WITHHELD, new.child, new.reasons, purpose=new.purpose)
        kept.append(changed(new, since=old.since if old is not None else now))
    followed.case = changed(followed.case, withheld=tuple(kept))


def content_hash(content: Content) -> str:
    """Return the hash by which the core sees that a content changed (SHA-256, hex)."""
    return hashlib.sha256(msgspec.msgpack.encode(content)).hexdigest()
