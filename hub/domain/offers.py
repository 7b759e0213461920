"""Referrals: which should be open now, why others are not, and who is told of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.case import Withheld
from hub.domain.consent import Purpose
from hub.domain.decision import FactKind
from hub.domain.directory import route
from hub.domain.entitlement import Denial
from hub.domain.ids import ChildKey, RecipientId
from hub.domain.messages import Draught, notice, send, target_of
from hub.domain.permit import Target, propose
from hub.domain.referral import HELPING, Operation, Referral, referral_id
from hub.domain.review import close_doubles, review
from hub.domain.upkeep import replace_referral
from hub.domain.values import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hub.domain.case import Episode
    from hub.domain.children import Child
    from hub.domain.follow import Followed

_NOWHERE = RecipientId("")
_ABOUT_RECIPIENT = frozenset({Denial.RECIPIENT_NOT_IN_FORCE, Denial.RECIPIENT_NOT_COVERED})


def settle_referrals(followed: Followed) -> None:
    """Retract, update, make and announce referrals until they are what the facts ask for."""
    close_doubles(followed)
    for referral in followed.case.referrals:
        if referral.retraction is None:
            review(followed, referral)
    withheld: list[Withheld] = []
    current = followed.case.current
    if current is not None and current.running:
        for child in followed.case.children:
            if followed.case.recorded(child):
                withheld.extend(_offer(followed, child, current))
    for referral in followed.case.referrals:
        if referral.open and referral.business in HELPING:
            withheld.extend(_announce_release(followed, referral))
    _keep_withheld(followed, withheld)


def _offer(followed: Followed, child: Child, episode: Episode) -> Iterator[Withheld]:
    """Make the referral that this child should have, or tell every reason why it has none."""
    purpose = Purpose.FAMILY_SUPPORT
    mine = [
        r
        for r in followed.case.referrals
        if r.child == child.child and r.episode_id == episode.episode_id and r.purpose is purpose
    ]
    if any(r.retraction is None for r in mine):
        return
    area = child.address.area if child.address is not None else None
    found = route(followed.rules.areas, area, purpose, followed.now.date())
    target = found.recipient.recipient if found is not None else _NOWHERE
    about = Target(child.child, episode.episode_id, purpose, target)
    answer, categories = propose(followed.case, about, followed.rules, followed.now)
    if found is None:
        # The permit is asked all the same: every reason is told, not only the missing office.
        reasons = {*answer.reasons, Denial.NO_RECIPIENT} - _ABOUT_RECIPIENT
        yield _withheld(followed, child.child, purpose, reasons)
        return
    if not answer.allowed:
        yield _withheld(followed, child.child, purpose, answer.reasons)
        return
    draught = Draught(followed, about, categories, answer.consents, provisional=found.provisional)
    _make(followed, about, draught, mine)


def _make(followed: Followed, about: Target, draught: Draught, earlier: Iterable[Referral]) -> None:
    identity = referral_id(about.episode_id, about.child, about.recipient, about.purpose)
    generations = [r.generation for r in earlier if r.referral_id == identity]
    referral = Referral(
        referral_id=identity,
        child=about.child,
        episode_id=about.episode_id,
        recipient=about.recipient,
        purpose=about.purpose,
        generation=max(generations, default=0) + 1,
        content_version=1,
        content_hash=draught.digest,
        categories=draught.categories,
        consents=draught.consents,
        made_ready_at=followed.now,
        provisional=draught.content.provisional,
    )
    followed.case = replace_referral(followed.case, referral)
    followed.sends.append(send(followed, referral, Operation.REFER, draught.content))
    followed.note(
        FactKind.REFERRAL_READY,
        identity,
        generation=referral.generation,
        recipient=about.recipient,
        child=about.child,
        episode=about.episode_id,
        consents=",".join(draught.consents),
    )


def _announce_release(followed: Followed, referral: Referral) -> Iterator[Withheld]:
    """Tell the recipient at work that the parent was released, if consent covers that too."""
    episode = followed.case.episode(referral.episode_id)
    if episode is None or episode.void:
        return
    if episode.running:
        if referral.release_notice:
            # The end was taken back by a late report: should there be another, it is told again.
            again = changed(referral, release_notice=False)
            followed.case = replace_referral(followed.case, again)
        return
    if referral.release_notice or episode.ending not in followed.rules.policy.notice_endings:
        return
    purpose = Purpose.RELEASE_NOTICE
    about = target_of(referral, purpose)
    answer, categories = propose(followed.case, about, followed.rules, followed.now)
    if not answer.allowed:
        if Denial.SCOPE_ENDED not in answer.reasons:
            yield _withheld(followed, referral.child, purpose, answer.reasons)
        return
    draught = Draught(followed, about, categories, answer.consents, provisional=False)
    told = changed(
        referral,
        release_notice=True,
        notice_consents=draught.consents,
        content_version=referral.content_version + 1,
    )
    followed.case = replace_referral(followed.case, told)
    followed.sends.append(notice(followed, told, purpose, draught))
    followed.note(
        FactKind.NOTICE_READY,
        referral.referral_id,
        generation=referral.generation,
        recipient=referral.recipient,
        child=referral.child,
    )


def _withheld(
    followed: Followed, child: ChildKey, purpose: Purpose, reasons: Iterable[Denial]
) -> Withheld:
    return Withheld(
        child=child,
        purpose=purpose.value,
        reasons=tuple(sorted(r.value for r in reasons)),
        since=followed.now,
    )


def _keep_withheld(followed: Followed, wanted: list[Withheld]) -> None:
    """Keep since when each is withheld; log it when the reasons changed."""
    before = {(w.child, w.purpose): w for w in followed.case.withheld}
    kept: list[Withheld] = []
    for new in wanted:
        old = before.get((new.child, new.purpose))
        if old is None or old.reasons != new.reasons:
            followed.note(FactKind.WITHHELD, new.child, new.reasons, purpose=new.purpose)
        kept.append(changed(new, since=old.since) if old is not None else new)
    if tuple(kept) != followed.case.withheld:
        followed.case = changed(followed.case, withheld=tuple(kept))
