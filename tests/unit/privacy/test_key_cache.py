"""The key cache: bounded, and no key outlives its time."""

from __future__ import annotations

import pytest

from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.ports import DataKey
from hub.privacy.key_cache import KeyCache

TENANT = TenantId("default")


class Watch:
    """Monotonic time under the test's control."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def cache(watch: Watch) -> KeyCache:
    return KeyCache(size=3, ttl_s=60, monotonic=watch)


def key(name: str) -> DataKey:
    return DataKey(DataKeyId(f"id-{name}"), PersonKey(name), b"s" * 32)


def known(cache: KeyCache, *names: str) -> set[str]:
    return set(cache.of_persons(TENANT, [PersonKey(name) for name in names]))


def test_a_key_is_found_by_person_and_by_id(cache: KeyCache) -> None:
    cache.put(TENANT, [key("a")], read_at=100)

    assert cache.of_persons(TENANT, [PersonKey("a"), PersonKey("b")]) == {"a": key("a")}
    assert cache.of_ids(TENANT, [DataKeyId("id-a"), DataKeyId("id-b")]) == {"id-a": key("a")}


def test_another_tenant_finds_nothing(cache: KeyCache) -> None:
    cache.put(TENANT, [key("a")], read_at=100)

    assert cache.of_persons(TenantId("other"), [PersonKey("a")]) == {}
    assert cache.of_ids(TenantId("other"), [DataKeyId("id-a")]) == {}


def test_the_longest_unused_key_goes_first(cache: KeyCache) -> None:
    cache.put(TENANT, [key("a"), key("b"), key("c")], read_at=100)
    known(cache, "a")

    cache.put(TENANT, [key("d")], read_at=100)

    assert known(cache, "a", "b", "c", "d") == {"a", "c", "d"}
    assert cache.of_ids(TENANT, [DataKeyId("id-b")]) == {}
    assert len(cache) == 3


@pytest.mark.promise("P7")
def test_no_use_prolongs_a_keys_time(cache: KeyCache, watch: Watch) -> None:
    cache.put(TENANT, [key("a")], read_at=100)

    for watch.now in (120, 140, 159.9):
        assert known(cache, "a") == {"a"}
    watch.now = 160

    assert known(cache, "a") == set()
    assert cache.of_ids(TENANT, [DataKeyId("id-a")]) == {}


@pytest.mark.promise("P7")
def test_outdated_keys_leave_the_memory(cache: KeyCache, watch: Watch) -> None:
    cache.put(TENANT, [key("a"), key("b")], read_at=100)
    watch.now = 161

    cache.put(TENANT, [key("c")], read_at=161)

    assert len(cache) == 1


@pytest.mark.promise("P7")
def test_a_forgotten_key_is_gone_at_once(cache: KeyCache) -> None:
    cache.put(TENANT, [key("a")], read_at=100)

    cache.forget(TENANT, PersonKey("a"))
    cache.forget(TENANT, PersonKey("never seen"))

    assert known(cache, "a") == set()
    assert len(cache) == 0
