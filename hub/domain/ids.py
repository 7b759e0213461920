"""Identifiers of the domain, and the one way in which the core mints new ones.

Every id that the core mints is a UUIDv5 of the event that caused it and a name, so that deciding
the same event again mints the same ids (rule 6 of the spine).
"""

from __future__ import annotations

from typing import NewType
from uuid import UUID, uuid5

TenantId = NewType("TenantId", str)
"""A controller whose data are kept apart from all others; `default` when there is one only."""
SourceId = NewType("SourceId", str)
"""An authenticated sender of events, for example `hmpps` or `consent-desk`."""
Namespace = NewType("Namespace", str)
"""The register that issued a number, for example `NOMS`. Several sources may share one."""
PersonKey = NewType("PersonKey", str)
"""Pseudonym of an imprisoned parent: 64 lower-case hex digits, a keyed hash."""
ChildKey = NewType("ChildKey", str)
"""Pseudonym of a child: 64 lower-case hex digits, from namespace and the contact's own id."""
RecipientId = NewType("RecipientId", str)
"""An office or provider of the directory."""
DataKeyId = NewType("DataKeyId", str)
"""Random id of the data key under which one person's data are sealed."""

HUB_NAMESPACE = UUID("5f0d4a2e-6c1b-5d0e-9a57-3f1c2b7d8e90")
"""Root of all ids minted without an event, such as a person's timers."""


def mint(parent: UUID, *names: object) -> UUID:
    """Return the UUIDv5 that `names` have under `parent`; the same arguments give the same id."""
    return uuid5(parent, "\x1f".join(str(name) for name in names))


def partition_of(key: str, partitions: int) -> int:
    """Return the partition of a pseudonym: its first 8 bytes modulo the partition count.

    The one function for both logs (rule 2 of the spine); clients' default partitioners differ.
    """
    return int(key[:16], 16) % partitions
