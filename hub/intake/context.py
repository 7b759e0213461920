"""Who hands something in, and what that sender may write."""

from __future__ import annotations

from typing import NamedTuple

from hub.domain.ids import Namespace, SourceId, TenantId
from hub.ports import Pseudonyms


class IntakeContext(NamedTuple):
    """The authenticated sender.

    `namespace` is the register whose person numbers it may use. `may_write` holds record types, or
    the parts before their dot for all of a context. `roles` are those in whose name it may answer
    the safety question, None any; `links_with` the registers of which it may say that a number
    there and one of its own are one person.
    """

    tenant: TenantId
    source: SourceId
    namespace: Namespace
    may_write: frozenset[str]
    pseudonyms: Pseudonyms
    roles: frozenset[str] | None = None
    links_with: frozenset[Namespace] = frozenset()
