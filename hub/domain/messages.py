"""Messages of a referral: one `Send` for each operation, and the hash that tells contents apart."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from hub.domain.content import build_content
from hub.domain.decision import Send
from hub.domain.permit import Target
from hub.domain.referral import Operation, Referral, idempotency_id
from hub.domain.values import changed

if TYPE_CHECKING:
    from hub.domain.consent import Category, Purpose
    from hub.domain.content import Content
    from hub.domain.follow import Followed

_encode = msgspec.msgpack.Encoder().encode


class Draught:
    """What a message would say, and the hash of that (SHA-256, hex)."""

    def __init__(
        self,
        followed: Followed,
        about: Target,
        categories: tuple[Category, ...],
        consents: tuple[str, ...],
        *,
        provisional: bool,
    ) -> None:
        self.categories = categories
        self.consents = consents
        self.content = build_content(
            followed.case, about, categories, consents, followed.rules, provisional=provisional
        )
        self.digest = hashlib.sha256(_encode(self.content)).hexdigest()


def target_of(referral: Referral, purpose: Purpose | None = None) -> Target:
    """Return what a message of this referral is about; its purpose may be another."""
    return Target(
        referral.child, referral.episode_id, purpose or referral.purpose, referral.recipient
    )


def send(
    followed: Followed, referral: Referral, operation: Operation, content: Content | None = None
) -> Send:
    """Return the message of `operation` for the referral as it stands now."""
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
        person=followed.case.person,
        child=referral.child,
        episode_id=referral.episode_id,
        recipient=referral.recipient,
        purpose=referral.purpose,
        idempotency_id=key,
        order_key=f"{referral.recipient}:{referral.referral_id}",
        ready_at=followed.now,
        categories=referral.categories if content is not None else (),
        content=content,
        retraction=taken.kind if taken is not None else None,
        retraction_reason=taken.reason if taken is not None else None,
    )


def notice(followed: Followed, referral: Referral, purpose: Purpose, draught: Draught) -> Send:
    """Return the release notice that `draught` says, under the purpose it has of its own."""
    made = send(followed, referral, Operation.RELEASE_NOTICE, draught.content)
    return changed(made, purpose=purpose, categories=draught.categories)
