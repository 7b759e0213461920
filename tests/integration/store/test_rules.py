"""Policy and directory: versions never change, and all use the same one at an instant (rule 6)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.domain.directory import Directory
from hub.domain.ids import Namespace, TenantId
from hub.domain.policy import Policy
from hub.domain.values import EPOCH
from hub.errors import ConfigError
from hub.store import Store, open_store
from tests.integration.store.build import NOW, TENANT

FIRST = Policy(version="1", purposes={}, categories={})
SECOND = Policy(version="2", purposes={}, categories={}, settle_minutes=30)
DIRECTORY = Directory(version="1", recipients={})
SOON = NOW + timedelta(seconds=60)


@pytest.fixture
def ruled(store: Store) -> Store:
    """A store with a first policy and directory."""
    assert store.versions.put_policy(TENANT, FIRST, active_from=EPOCH, now=NOW)
    assert store.versions.put_directory(TENANT, DIRECTORY, active_from=EPOCH, now=NOW)
    return store


def test_the_newest_version_active_at_the_instant_counts(ruled: Store) -> None:
    assert ruled.versions.put_policy(TENANT, SECOND, active_from=SOON, now=NOW)

    versions = [
        ruled.cases.rules(TENANT, now).policy.version
        for now in (NOW, SOON - timedelta(microseconds=1), SOON, NOW)
    ]

    assert versions == ["1", "1", "2", "1"]
    assert ruled.delivery.rules(TENANT, SOON).policy == SECOND


def test_a_cached_reading_sees_a_new_version_before_it_is_active(ruled: Store) -> None:
    """A virtual clock that jumps past the reading makes it read again."""
    assert ruled.cases.rules(TENANT, NOW).policy == FIRST
    far = NOW.replace(year=NOW.year + 20)
    ruled.versions.put_policy(TENANT, SECOND, active_from=far, now=NOW)

    assert ruled.cases.rules(TENANT, far).policy == SECOND


def test_unchanged_rules_are_built_once(ruled: Store) -> None:
    assert ruled.cases.rules(TENANT, NOW) is ruled.cases.rules(TENANT, SOON)


def test_a_later_version_needs_a_minute_of_notice(ruled: Store) -> None:
    with pytest.raises(ConfigError, match="at least 60 seconds ahead"):
        ruled.versions.put_policy(TENANT, SECOND, active_from=SOON - timedelta(seconds=1), now=NOW)


def test_a_version_never_changes(ruled: Store) -> None:
    assert not ruled.versions.put_policy(TENANT, FIRST, active_from=SOON, now=NOW)

    with pytest.raises(ConfigError, match="versions never change"):
        ruled.versions.put_policy(
            TENANT,
            Policy(version="1", purposes=SECOND.purposes, categories={}, settle_minutes=1),
            active_from=SOON,
            now=NOW,
        )


def test_each_tenant_has_its_own(ruled: Store) -> None:
    with pytest.raises(ConfigError, match="policy: none is active for tenant other"):
        ruled.cases.rules(TenantId("other"), NOW)


def test_the_registers_that_can_be_looked_up_are_part_of_the_rules(ruled: Store, url: str) -> None:
    with open_store(url, lookup_namespaces=(Namespace("NOMS"),)) as again:
        assert again.cases.rules(TENANT, NOW).lookup_namespaces == ("NOMS",)
    assert ruled.cases.rules(TENANT, NOW).lookup_namespaces == ()
