"""The source port: foreign messages to canonical drafts, and look-ups."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import UUID

from hub.domain.events import Draft, LookupAnswered, PersonNumber
from hub.domain.ids import ChildKey, Namespace, PersonKey, SourceId, TenantId

if TYPE_CHECKING:
    from pydantic import BaseModel


class SourceContext(NamedTuple):
    """What a source may use while it translates: who it is, and keyed hashes. No clock, no I/O."""

    tenant: TenantId
    source: SourceId
    namespace: Namespace
    person: Callable[[str], PersonKey]
    child: Callable[[str], ChildKey]
    fingerprint: Callable[[bytes], str]


class Translation(NamedTuple):
    """What one message became: drafts, or the reason why it rightly became none."""

    drafts: tuple[Draft, ...] = ()
    ignored: str | None = None


class Source(Protocol):
    """Translates a system's own messages into canonical drafts. Pure."""

    def translate(self, body: bytes, context: SourceContext) -> Translation:
        """Return the drafts of one message. Raises `Poison` with reason and field path."""
        ...


class ChildrenLookup(Protocol):
    """Asks a prison's systems for the children of one person."""

    async def ask(
        self, lookup_id: UUID, number: PersonNumber, context: SourceContext
    ) -> LookupAnswered:
        """Return the whole answer. Raises `Retriable` or `Permanent`; 404 and 500 mean unknown."""
        ...

    async def close(self) -> None:
        """Release connections; closing twice is harmless."""
        ...


class SourceType(NamedTuple):
    """What an entry point of the group `hub.sources` names."""

    name: str
    config: type[BaseModel]
    build: Callable[[Any], Source]
    build_lookup: Callable[[Any], ChildrenLookup] | None = None
