"""Configured sources: who may send what, how it is read, and who answers look-ups."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, get_args
from uuid import UUID

from hub.config import HubConfig, plugins
from hub.config.sections import CANONICAL, Context, SourceConfig
from hub.domain.events import LookupAnswered, PersonNumber
from hub.domain.ids import Namespace, SourceId, TenantId
from hub.errors import ConfigError, Permanent, Retriable
from hub.metric_defs import LOOKUPS
from hub.ports import ChildrenLookup, Pseudonyms, SourceContext, SourceType

if TYPE_CHECKING:
    from hub.api.events import Sender

ALL_CONTEXTS: frozenset[str] = frozenset(get_args(Context))

Registers = dict[Namespace, tuple[ChildrenLookup, SourceContext]]


class CountedLookup(NamedTuple):
    """A look-up whose ends are counted."""

    inner: ChildrenLookup

    async def ask(
        self, lookup_id: UUID, number: PersonNumber, context: SourceContext
    ) -> LookupAnswered:
        """Ask, and count what became of it."""
        outcome = "failed"
        try:
            answer = await self.inner.ask(lookup_id, number, context)
        except Retriable:
            outcome = "retried"
            raise
        except Permanent:
            raise
        else:
            outcome = "answered"
            return answer
        finally:
            LOOKUPS.labels(context.source, outcome).inc()

    async def close(self) -> None:
        """Release connections."""
        await self.inner.close()


def source_context(
    tenant: TenantId, source: str, namespace: str, pseudonyms: Pseudonyms
) -> SourceContext:
    """Return what a source may use while it translates."""
    register = Namespace(namespace)
    return SourceContext(
        tenant=tenant,
        source=SourceId(source),
        namespace=register,
        person=partial(pseudonyms.person, tenant, register),
        child=partial(pseudonyms.child, tenant, register),
        fingerprint=partial(pseudonyms.fingerprint, tenant),
    )


def sender(name: str, source: SourceConfig, tenant: TenantId, pseudonyms: Pseudonyms) -> Sender:
    """Return how a configured source is read."""
    # Loaded here: the processor and delivery ask this file for registers only.
    from hub.api.events import Sender  # noqa: PLC0415 - as said above
    from hub.intake import IntakeContext  # noqa: PLC0415 - as above

    kind = _type(name, source)
    return Sender(
        context=source_context(tenant, name, source.namespace, pseudonyms),
        intake=IntakeContext(
            tenant,
            SourceId(name),
            Namespace(source.namespace),
            frozenset(source.canonical),
            pseudonyms,
            roles=None if source.roles is None else frozenset(source.roles),
            links_with=frozenset(Namespace(name) for name in source.links_with),
        ),
        translate=None if kind is None else kind.build(source.settings).translate,
    )


def senders(
    config: HubConfig, tenant: TenantId, pseudonyms: Pseudonyms
) -> Iterator[tuple[str, Sender]]:
    """Yield credential and sender of every source that may write over HTTP."""
    for name, source in config.sources.items():
        if source.credential is not None:
            yield (
                source.credential.get_secret_value(),
                sender(name, source, tenant, pseudonyms),
            )


def lookup_namespaces(config: HubConfig) -> tuple[Namespace, ...]:
    """Return the registers for which children can be looked up."""
    return tuple(
        sorted(
            Namespace(source.namespace) for source in config.sources.values() if looks_up(source)
        )
    )


def looks_up(source: SourceConfig) -> bool:
    """True if the source's settings say where children are looked up, in their `lookup` section."""
    return getattr(source.settings, "lookup", None) is not None


def registers(config: HubConfig, tenant: TenantId, pseudonyms: Pseudonyms) -> Registers:
    """Return who answers look-ups, by register. Raises `ConfigError` if two would for one."""
    found: Registers = {}
    for name, source in config.sources.items():
        kind = _type(name, source)
        if kind is None or kind.build_lookup is None or not looks_up(source):
            continue
        register = Namespace(source.namespace)
        if register in found:
            message = (
                f"sources.{name}.settings.lookup: another source already looks up register "
                f"{register}. Remove one of the two"
            )
            raise ConfigError((message,))
        found[register] = (
            CountedLookup(kind.build_lookup(source.settings)),
            source_context(tenant, name, source.namespace, pseudonyms),
        )
    return found


def _type(name: str, source: SourceConfig) -> SourceType | None:
    if source.type == CANONICAL:
        return None
    found = plugins.source_type(source.type)
    if found is None:
        raise ConfigError((f"sources.{name}.type: '{source.type}' is not installed",))
    return found
