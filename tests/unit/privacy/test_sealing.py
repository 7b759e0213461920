"""Sealing: whatever is changed, moved or opened with another key does not open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.ids import DataKeyId, PersonKey
from hub.errors import Poison
from hub.ports import DataKey
from hub.privacy import AesGcmSealer

KEY = DataKey(DataKeyId("k1"), PersonKey("aa" * 32), bytes(range(32)))
OTHER = DataKey(DataKeyId("k2"), PersonKey("bb" * 32), bytes(32))
CONTEXT = "event:default:" + "aa" * 32 + ":00000000-0000-0000-0000-000000000001:movements/recorded"
PLAIN = b"Erika Mustermann, invented"

sealer = AesGcmSealer()


@given(plain=st.binary(max_size=2000), context=st.text(max_size=200).filter(str.isprintable))
def test_what_was_sealed_opens(plain: bytes, context: str) -> None:
    sealed = sealer.seal(KEY, context, plain)

    assert sealer.open(KEY, context, sealed) == plain
    assert len(sealed) == len(plain) + 29


@pytest.mark.promise("P6")
def test_the_plain_text_is_not_in_what_is_stored() -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    assert PLAIN not in sealed
    assert PLAIN[:8] not in sealed


def test_sealing_twice_gives_different_bytes() -> None:
    assert len({sealer.seal(KEY, CONTEXT, PLAIN) for _ in range(100)}) == 100


def test_no_changed_bit_opens() -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    for index in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[index] ^= 1 << bit
            with pytest.raises(Poison, match="seal-broken"):
                sealer.open(KEY, CONTEXT, bytes(changed))


def test_no_shortened_or_lengthened_bytes_open() -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    for changed in [*(sealed[:n] for n in range(len(sealed))), sealed + b"\0", b"\0" + sealed]:
        with pytest.raises(Poison, match="seal-broken"):
            sealer.open(KEY, CONTEXT, changed)


@pytest.mark.parametrize(
    "context",
    [
        "",
        CONTEXT.replace("default", "other"),
        CONTEXT.replace("aa", "ab"),
        CONTEXT.replace("0001:", "0002:"),
        CONTEXT.replace("movements", "consents"),
        CONTEXT + ":",
        "case:default:" + "aa" * 32,
    ],
    ids=["none", "tenant", "person", "event", "type", "longer", "kind"],
)
def test_bytes_moved_to_another_place_do_not_open(context: str) -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    with pytest.raises(Poison, match="seal-broken"):
        sealer.open(KEY, context, sealed)


def test_another_persons_key_does_not_open() -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    with pytest.raises(Poison, match="seal-broken"):
        sealer.open(OTHER, CONTEXT, sealed)


def test_a_later_version_is_refused_and_not_guessed_at() -> None:
    sealed = sealer.seal(KEY, CONTEXT, PLAIN)

    with pytest.raises(Poison, match="seal-broken"):
        sealer.open(KEY, CONTEXT, b"\x02" + sealed[1:])


@pytest.mark.promise("P6")
def test_the_error_tells_field_and_remedy_and_nothing_of_the_content() -> None:
    with pytest.raises(Poison) as caught:
        sealer.open(KEY, CONTEXT, b"\x01" + PLAIN * 2)

    assert caught.value.field_path == "payload"
    assert caught.value.remedy
    assert "Erika" not in str(caught.value)
    assert caught.value.__cause__ is None
