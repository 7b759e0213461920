"""Whether a message still says what the case says: content is sealed when a row is made. Pure."""

from __future__ import annotations

from hub.domain.case import Case
from hub.domain.consent import Category
from hub.domain.content import Content, build_content
from hub.domain.permit import Target
from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.ports import SendRow


def outdated(row: SendRow, content: Content, case: Case, rules: Rules) -> bool:
    """Return whether the case was said anew, or changed, since the message was made.

    A newer message has a higher content version. Of a release notice no newer one is made while its
    stay is over, so what it says is compared with the case as well.
    """
    made_since = any(
        row.content_version < referral.content_version
        for referral in case.referrals
        if (referral.referral_id, referral.generation) == (row.referral_id, row.generation)
    )
    if made_since or row.operation is not Operation.RELEASE_NOTICE:
        return made_since
    if case.child(row.child) is None or case.episode(row.episode_id) is None:
        return False  # what the permit denies by itself
    about = Target(row.child, row.episode_id, row.purpose, row.recipient)
    current = build_content(
        case, about, row.categories, content.consents, rules, provisional=content.provisional
    )
    # The prison's office hours come from the directory: nobody is harmed by yesterday's.
    return any(
        item not in current.items
        for item in content.items
        if item.category is not Category.PRISON_CONTACT
    )
