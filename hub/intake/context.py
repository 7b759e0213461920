"""Who hands something in, and what that sender may write."""

from __future__ import annotations

from typing import NamedTuple

from hub.domain.ids import Namespace, SourceId, TenantId
from hub.ports import Pseudonyms


class IntakeContext(NamedTuple):
    """The authenticated sender.

    `namespace` is the register whose person numbers it may use, `contexts` the parts before the
    dot of the record types it may write.
    """

    tenant: TenantId
    source: SourceId
    namespace: Namespace
    contexts: frozenset[str]
    pseudonyms: Pseudonyms
