"""The vaults: one key per person, agreed on by all, gone for good when erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.domain.ids import DataKeyId, PersonKey, TenantId
from hub.errors import Permanent
from hub.ports import KeyVault
from hub.privacy import FileVault, local_master_key
from hub.testing.vault import MemoryVault

TENANT = TenantId("default")
OTHER = TenantId("other")
A, B = PersonKey("aa" * 32), PersonKey("bb" * 32)


@pytest.fixture(params=["file", "memory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeyVault]:
    if request.param == "memory":
        yield MemoryVault()
        return
    opened = FileVault(tmp_path / "vault.db", local_master_key(tmp_path))
    yield opened
    opened.close()


def test_each_person_has_one_key_with_a_random_id(vault: KeyVault) -> None:
    keys = vault.get_or_create(TENANT, [A, B, A])

    a, b = keys[A], keys[B]
    assert a is not None
    assert b is not None
    assert (a.person, b.person) == (A, B)
    assert a.secret != b.secret
    assert len(a.secret) == 32
    assert len(a.key_id) == 32
    assert a.key_id not in {A, b.key_id}
    assert vault.get_or_create(TENANT, [B, A]) == keys


def test_a_key_is_found_by_its_id(vault: KeyVault) -> None:
    key = vault.get_or_create(TENANT, [A])[A]
    assert key is not None

    assert vault.unwrap(TENANT, [key.key_id]) == {key.key_id: key}


def test_unknown_ids_are_left_out(vault: KeyVault) -> None:
    assert vault.unwrap(TENANT, [DataKeyId("unknown")]) == {}


def test_a_tenant_never_gets_the_key_of_another(vault: KeyVault) -> None:
    here = vault.get_or_create(TENANT, [A])[A]
    there = vault.get_or_create(OTHER, [A])[A]

    assert here is not None
    assert there is not None
    assert here.secret != there.secret
    assert vault.unwrap(OTHER, [here.key_id]) == {}


@pytest.mark.promise("P7")
def test_an_erased_person_has_no_key_ever_again(vault: KeyVault) -> None:
    keys = vault.get_or_create(TENANT, [A, B])
    erased = keys[A]
    assert erased is not None

    vault.erase(TENANT, A)
    vault.erase(TENANT, A)

    assert vault.get_or_create(TENANT, [A, B]) == {A: None, B: keys[B]}
    assert vault.unwrap(TENANT, [erased.key_id]) == {erased.key_id: None}


@pytest.mark.promise("P7")
def test_a_person_erased_before_any_event_gets_no_key_either(vault: KeyVault) -> None:
    vault.erase(TENANT, A)

    assert vault.get_or_create(TENANT, [A]) == {A: None}


def test_each_month_has_a_quarantine_key_of_its_own(vault: KeyVault) -> None:
    november = vault.quarantine(TENANT, "2026-11")

    assert vault.quarantine(TENANT, "2026-11") == november
    assert vault.quarantine(TENANT, "2026-12").secret != november.secret
    assert vault.quarantine(OTHER, "2026-11").secret != november.secret
    assert vault.unwrap(TENANT, [november.key_id]) == {november.key_id: november}


@pytest.mark.promise("P7")
def test_a_shredded_quarantine_key_is_not_made_anew(vault: KeyVault) -> None:
    november = vault.quarantine(TENANT, "2026-11")

    vault.erase(TENANT, november.person)

    assert vault.unwrap(TENANT, [november.key_id]) == {november.key_id: None}
    with pytest.raises(Permanent) as caught:
        vault.quarantine(TENANT, "2026-11")
    assert caught.value.code == "erased"


@pytest.mark.promise("P6")
def test_a_key_shows_its_id_only(vault: KeyVault) -> None:
    key = vault.get_or_create(TENANT, [A])[A]

    assert key is not None
    assert f"{key}" == repr(key) == f"DataKey({key.key_id})"
