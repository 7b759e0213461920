"""Pseudonyms: stable for ever, apart by tenant, register and kind, blind to spelling."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.ids import Namespace, TenantId
from hub.errors import Poison
from hub.privacy import HmacPseudonyms, MasterKey, normalised

TENANT = TenantId("default")
NOMS = Namespace("NOMS")

GOLDEN_PERSON = "04b75f13d974f1f6d04bdd07809eae68f6fdd660d2e4fd14c76311d9560b49c8"
GOLDEN_CHILD = "1b5934fdd8969415d9d31c6f5780a428e7bfc291a97a926765325b16c081ddb2"
GOLDEN_FINGERPRINT = "266a469ef380a6ca71f83f251c7cb2057f0ec240ef0ff0346e9a6977bda41c14"

pseudonyms = HmacPseudonyms(MasterKey(bytes(range(32))))


def test_the_values_never_change() -> None:
    assert pseudonyms.person(TENANT, NOMS, "A0000AA") == GOLDEN_PERSON
    assert pseudonyms.child(TENANT, NOMS, "4711") == GOLDEN_CHILD
    assert pseudonyms.fingerprint(TENANT, b"content") == GOLDEN_FINGERPRINT


def test_a_pseudonym_is_64_hex_digits() -> None:
    for value in (
        pseudonyms.person(TENANT, NOMS, "1"),
        pseudonyms.child(TENANT, NOMS, "1"),
        pseudonyms.fingerprint(TENANT, b""),
    ):
        assert re.fullmatch("[0-9a-f]{64}", value)


def test_kind_tenant_register_and_number_each_make_another_pseudonym() -> None:
    values = [
        pseudonyms.person(TENANT, NOMS, "A0000AA"),
        pseudonyms.child(TENANT, NOMS, "A0000AA"),
        pseudonyms.fingerprint(TENANT, b"A0000AA"),
        pseudonyms.person(TenantId("other"), NOMS, "A0000AA"),
        pseudonyms.child(TenantId("other"), NOMS, "A0000AA"),
        pseudonyms.fingerprint(TenantId("other"), b"A0000AA"),
        pseudonyms.person(TENANT, Namespace("BASIS"), "A0000AA"),
        pseudonyms.child(TENANT, Namespace("BASIS"), "A0000AA"),
        pseudonyms.person(TENANT, NOMS, "A0000AB"),
        HmacPseudonyms(MasterKey(bytes(32))).person(TENANT, NOMS, "A0000AA"),
    ]

    assert len(set(values)) == len(values)


def test_parts_never_run_together() -> None:
    pairs = [("AB", "C"), ("A", "BC"), ("ABC", "0"), ("A", "0BC")]

    values = [pseudonyms.person(TENANT, Namespace(space), number) for space, number in pairs]

    assert len(set(values)) == len(values)


@pytest.mark.parametrize(
    "spelling",
    [" A1234BC ", "a1234bc", "A 1234 BC", "A-1234-BC", "A\u20131234\u00a0BC\t", "Ａ１２３４ＢＣ"],  # noqa: RUF001 - full-width digits are the case
)
def test_however_a_number_is_typed_it_is_the_same_person(spelling: str) -> None:
    expected = pseudonyms.person(TENANT, NOMS, "A1234BC")

    assert pseudonyms.person(TENANT, NOMS, spelling) == expected


@given(st.text())
def test_normalising_twice_changes_nothing(number: str) -> None:
    assert normalised(normalised(number)) == normalised(number)


def test_contact_ids_stay_apart_unless_they_are_equal() -> None:
    ids = ["1-23", "12-3", "123", "1 23", "a1", "A1"]

    for one, other in combinations(ids, 2):
        assert pseudonyms.child(TENANT, NOMS, one) != pseudonyms.child(TENANT, NOMS, other)
    assert pseudonyms.child(TENANT, NOMS, " 123 ") == pseudonyms.child(TENANT, NOMS, "123")


@pytest.mark.promise("P11")
@pytest.mark.parametrize("number", ["", "   ", "-", "\u200b", "\x00"])
def test_persons_without_a_number_are_not_one_person(number: str) -> None:
    with pytest.raises(Poison, match="missing-identifier at number"):
        pseudonyms.person(TENANT, NOMS, number)


@pytest.mark.promise("P11")
def test_a_child_without_an_id_is_refused() -> None:
    with pytest.raises(Poison, match="missing-identifier at contact_id"):
        pseudonyms.child(TENANT, NOMS, "  ")


@pytest.mark.promise("P6", "P11")
def test_half_a_character_is_refused_without_quoting_it() -> None:
    with pytest.raises(Poison, match="invalid-text") as caught:
        pseudonyms.person(TENANT, NOMS, "A1234BC\ud800")

    assert "A1234BC" not in str(caught.value)
    assert caught.value.__cause__ is None
