"""Immutable versions of policy and directory, and the rules in force at an instant (rule 6)."""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import NamedTuple, TypeVar

import msgspec
from sqlalchemy import Connection, select

from hub.domain.consent import Purpose
from hub.domain.directory import Directory
from hub.domain.ids import Namespace, RecipientId, TenantId
from hub.domain.policy import Policy, Rules, make_rules
from hub.errors import ConfigError
from hub.ports.delivery import RecallTerms
from hub.store.database import Database
from hub.store.dialect import insert_new, real_now
from hub.store.tables import DirectoryTable, PolicyTable, table

V = TypeVar("V", Policy, Directory)

NOTICE = timedelta(seconds=60)
"""How long before it is active a version must be stored: every cache has read it by then."""

READ_AGAIN_S = 15.0
AHEAD = timedelta(seconds=30)
"""How far a virtual clock may jump beyond what was known when the versions were read."""


class RuleVersion(NamedTuple):
    """A stored version of a policy or directory, and from when it is in force."""

    version: str
    active_from: datetime


class SqlRuleVersions:
    """Stores versions; none is ever changed. Raises `Retriable` when the store can't be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_policy(
        self, tenant: TenantId, policy: Policy, *, active_from: datetime, now: datetime
    ) -> bool:
        """Store a policy version; false if it was stored before.

        The first version may be active from any instant, later ones from `now` (business time) plus
        `NOTICE` at the earliest. Raises `ConfigError` for an earlier one, or when another content
        is stored under this version.
        """
        return self._put(PolicyTable, tenant, policy, active_from, now)

    def put_directory(
        self, tenant: TenantId, directory: Directory, *, active_from: datetime, now: datetime
    ) -> bool:
        """Store a version of the directory; like `put_policy`."""
        return self._put(DirectoryTable, tenant, directory, active_from, now)

    def policies(self, tenant: TenantId) -> list[RuleVersion]:
        """Return the stored policy versions, oldest first."""
        return self._stored(PolicyTable, tenant)

    def directories(self, tenant: TenantId) -> list[RuleVersion]:
        """Return the stored versions of the directory, oldest first."""
        return self._stored(DirectoryTable, tenant)

    def _stored(
        self, versions: type[PolicyTable | DirectoryTable], tenant: TenantId
    ) -> list[RuleVersion]:
        with self._database.read() as connection:
            return [
                RuleVersion(row.version, row.active_from)
                for row in connection.execute(
                    select(versions.version, versions.active_from)
                    .where(versions.tenant == tenant)
                    .order_by(versions.active_from, versions.stored_at, versions.version)
                )
            ]

    def _put(
        self,
        versions: type[PolicyTable | DirectoryTable],
        tenant: TenantId,
        content: Policy | Directory,
        active_from: datetime,
        now: datetime,
    ) -> bool:
        # In a fixed order, so that the same content has the same hash whoever read it from a file.
        body = msgspec.msgpack.encode(content, order="deterministic")
        digest = hashlib.sha256(body).hexdigest()
        what = type(content).__name__.lower()
        with self._database.write() as connection:
            stored = {
                row.version: row.content_hash
                for row in connection.execute(
                    select(versions.version, versions.content_hash).where(versions.tenant == tenant)
                )
            }
            if stored.get(content.version) == digest:
                return False
            if content.version in stored:
                raise ConfigError(
                    (
                        (
                            f"{what}.version: {content.version} is stored with another content; "
                            "versions never change, so give the new content a new version"
                        ),
                    )
                )
            if stored and active_from < now + NOTICE:
                raise ConfigError(
                    (
                        (
                            f"{what} {content.version}: active_from must be at least "
                            f"{NOTICE.seconds} seconds ahead, so that all processes decide alike"
                        ),
                    )
                )
            connection.execute(
                insert_new(connection.dialect.name, table(versions)),
                {
                    "tenant": tenant,
                    "version": content.version,
                    "active_from": active_from,
                    "content_hash": digest,
                    "body": body,
                    "stored_at": real_now(connection),
                },
            )
            return True


class _Known(NamedTuple):
    """A tenant's versions as last read, oldest first, and for how long that reading counts."""

    policies: list[tuple[datetime, Policy]]
    directories: list[tuple[datetime, Directory]]
    read_at: float
    until: datetime

    def counts(self, now: datetime) -> bool:
        """Say whether the reading can be relied on for `now`."""
        return (
            bool(self.policies and self.directories)
            and now <= self.until
            and time.monotonic() - self.read_at <= READ_AGAIN_S
        )


class RuleCache:
    """Answers `rules` from memory; reads again every `READ_AGAIN_S` seconds. Thread-safe.

    A version is stored `NOTICE` before it is active, so a reading that is younger never misses one.
    A virtual clock that jumps ahead of the reading makes it read again.
    """

    def __init__(self, database: Database, namespaces: tuple[Namespace, ...] = ()) -> None:
        self._database = database
        self._namespaces = namespaces
        self._known: dict[TenantId, _Known] = {}
        self._bodies: dict[tuple[type, TenantId, str], Policy | Directory] = {}
        self._built: dict[tuple[TenantId, str, str], Rules] = {}
        self._lock = Lock()

    def rules(self, tenant: TenantId, now: datetime) -> Rules:
        """Return the newest rules with `active_from` not after `now` (business time).

        Raises `ConfigError` when no policy or directory is active then, `Retriable`.
        """
        with self._lock:
            known = self._known.get(tenant)
            if known is None or not known.counts(now):
                known = self._known[tenant] = self._read(tenant, now)
            policy = _active("policy", known.policies, tenant, now)
            directory = _active("directory", known.directories, tenant, now)
            key = (tenant, policy.version, directory.version)
            if key not in self._built:
                self._built[key] = make_rules(policy, directory, self._namespaces)
            return self._built[key]

    def recall_terms(
        self, tenant: TenantId, recipient: RecipientId, purpose: Purpose, now: datetime
    ) -> RecallTerms:
        """Return how a recall reaches a recipient; see `hub.ports.DeliveryStore`.

        Raises `ConfigError` when no policy or directory is active at `now`, `Retriable`.
        """
        self.rules(tenant, now)
        with self._lock:
            known = self._known[tenant]
        targets = (
            directory.recipients[recipient]
            for start, directory in reversed(known.directories)
            if start <= now and recipient in directory.recipients
        )
        norms = (
            rule.retraction_norm
            for start, policy in reversed(known.policies)
            if start <= now and (rule := policy.purposes.get(purpose)) is not None
        )
        return RecallTerms(next(targets, None), next((norm for norm in norms if norm), None))

    def _read(self, tenant: TenantId, now: datetime) -> _Known:
        read_at = time.monotonic()
        with self._database.read() as connection:
            return _Known(
                policies=self._versions(connection, PolicyTable, Policy, tenant),
                directories=self._versions(connection, DirectoryTable, Directory, tenant),
                read_at=read_at,
                # A replay's `now` lies far back and may run through years at once: up to real time
                # everything that can be active is stored already.
                until=max(now, datetime.now(UTC)) + AHEAD,
            )

    def _versions(
        self,
        connection: Connection,
        versions: type[PolicyTable | DirectoryTable],
        kind: type[V],
        tenant: TenantId,
    ) -> list[tuple[datetime, V]]:
        """Return all versions in order; a body is read and decoded once, since it never changes."""
        found: list[tuple[datetime, V]] = []
        for row in connection.execute(
            select(versions.version, versions.active_from)
            .where(versions.tenant == tenant)
            .order_by(versions.active_from, versions.stored_at, versions.version)
        ):
            content = self._bodies.get((kind, tenant, row.version))
            if not isinstance(content, kind):
                body = connection.execute(
                    select(versions.body).where(
                        versions.tenant == tenant, versions.version == row.version
                    )
                ).scalar_one()
                content = msgspec.msgpack.decode(body, type=kind)
                self._bodies[kind, tenant, row.version] = content
            found.append((row.active_from, content))
        return found


def _active(what: str, versions: list[tuple[datetime, V]], tenant: TenantId, now: datetime) -> V:
    found = bisect_right(versions, now, key=lambda version: version[0])
    if not found:
        raise ConfigError(
            (
                (
                    f"{what}: none is active for tenant {tenant} at {now.isoformat()}; "
                    f"store a version with an earlier active_from"
                ),
            )
        )
    return versions[found - 1][1]
