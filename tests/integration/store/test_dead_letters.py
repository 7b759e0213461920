"""What an operator does with dead letters, and what it means for the person held (P11)."""

from __future__ import annotations

import pytest

from hub.domain.ids import PersonKey
from hub.errors import ConfigError
from hub.ports import OutcomeKind
from hub.store import Store
from tests.integration.store.build import (
    ANNA,
    BERT,
    EMPTY,
    NOW,
    by,
    case,
    ident,
    letter,
    outcome,
    unknown_id,
    write,
)

pytestmark = pytest.mark.promise("P11")


def held(store: Store) -> bool:
    """Say whether Anna is held."""
    with store.delivery.batch() as batch:
        return bool(batch.held([ANNA]))


def test_discarding_the_last_letter_lifts_the_hold(store: Store) -> None:
    write(
        store,
        EMPTY._replace(
            cases=[case(ANNA)],
            dead_letters=[letter(1, ANNA, ident("one")), letter(2, ANNA, ident("two"))],
        ),
    )

    first = store.dead_letters.discard(ident("letter 1"), by("sent twice by the source"))
    assert first.lifted == ()
    assert held(store)
    second = store.dead_letters.discard(ident("letter 2"), by("sent twice by the source"))
    assert (second.lifted, second.event_id) == ((ANNA,), ident("two"))
    assert not held(store)
    assert {row.discard_reason for row in store.views.dead_letters(state="discarded")} == {
        "sent twice by the source"
    }


def test_replaying_does_not_lift_the_hold_before_the_event_is_understood(store: Store) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA, ident("one"))]))

    store.dead_letters.replayed(ident("letter 1"), 7, by())
    assert held(store)
    (found,) = store.views.dead_letters()
    assert found.replayed_at is not None
    assert found.replayed_offset == 7


def test_a_letter_without_event_id_holds_until_the_record_it_was_replayed_as_is_decided(
    store: Store,
) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA), letter(2, None)]))
    store.dead_letters.replayed(ident("letter 1"), 7, by())
    store.dead_letters.replayed(ident("letter 2"), 8, by())

    write(store, EMPTY._replace(outcomes=[outcome(7, partition=1), outcome(5), outcome(6)]))
    before = held(store)
    write(store, EMPTY._replace(outcomes=[outcome(7), outcome(8, OutcomeKind.IGNORED)]))

    assert before
    assert not held(store)
    assert store.views.dead_letters() == []


def test_a_replayed_record_that_fails_again_is_taken_over_by_its_new_letter(store: Store) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA)]))
    store.dead_letters.replayed(ident("letter 1"), 7, by())

    again = EMPTY._replace(
        outcomes=[outcome(7, OutcomeKind.DEAD_LETTERED)], dead_letters=[letter(7, ANNA)]
    )
    write(store, again)

    assert held(store)
    assert [found.offset for found in store.views.dead_letters()] == [7]


def test_a_processor_may_decide_a_replayed_record_before_that_is_noted(store: Store) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA), letter(2, ANNA, ident("two"))]))
    write(store, EMPTY._replace(outcomes=[outcome(7), outcome(8)], inbox=[ident("two")]))

    store.dead_letters.replayed(ident("letter 1"), 7, by())
    store.dead_letters.replayed(ident("letter 2"), 8, by())

    assert not held(store)


def test_a_letter_about_two_persons_holds_both_until_it_is_discarded(store: Store) -> None:
    merge = letter(1, ANNA, ident("merge"))._replace(other=BERT)
    about_bert = letter(2, BERT, ident("two"))
    write(store, EMPTY._replace(cases=[case(ANNA), case(BERT)], dead_letters=[merge, about_bert]))
    with store.delivery.batch() as batch:
        before = batch.held([ANNA, BERT])

    handled = store.dead_letters.discard(ident("letter 1"), by("merged by hand"))

    assert before == {ANNA, BERT}
    assert handled.lifted == (ANNA,)
    assert [hold.person for hold in store.views.holds()] == [BERT]
    found = store.views.dead_letter(ident("letter 1"))
    assert found is not None
    assert found.letter == merge


def test_who_is_held_for_two_persons_is_listed_for_each(store: Store) -> None:
    write(
        store,
        EMPTY._replace(
            cases=[case(ANNA), case(BERT)], dead_letters=[letter(1, ANNA)._replace(other=BERT)]
        ),
    )

    assert {hold.person: hold.letters for hold in store.views.holds()} == {ANNA: 1, BERT: 1}
    assert [row.letter_id for row in store.views.dead_letters(person=BERT)] == [ident("letter 1")]
    assert all(row.held for row in store.views.cases())


@pytest.mark.parametrize(
    ("type_", "other", "illegible"),
    [
        ("identity.merged", None, 1),
        ("identity.linked", None, 1),
        ("identity.booking-moved", None, 1),
        ("identity.merged", BERT, 0),
        ("consent.withdrawn", None, 0),
    ],
)
def test_a_letter_whose_second_person_is_not_legible_counts_as_critical(
    store: Store, type_: str, other: PersonKey | None, illegible: int
) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1)._replace(type=type_, other=other)]))

    assert store.views.counts(NOW).illegible_dead_letters == illegible


def test_a_letter_is_shown_with_its_sealed_record(store: Store) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA, ident("one"))]))

    found = store.views.dead_letter(ident("letter 1"))

    assert found is not None
    assert found.letter == letter(1, ANNA, ident("one"))
    assert store.views.dead_letter(unknown_id()) is None
    (hold,) = store.views.holds()
    assert (hold.person, hold.letters, hold.since) == (ANNA, 1, NOW)


def test_closed_and_unknown_letters_and_empty_reasons_are_refused(store: Store) -> None:
    write(store, EMPTY._replace(dead_letters=[letter(1, ANNA, ident("one"))]))
    with pytest.raises(ConfigError, match="say why"):
        store.dead_letters.discard(ident("letter 1"), by(" "))
    store.dead_letters.discard(ident("letter 1"), by("test"))

    with pytest.raises(ConfigError, match="no open one"):
        store.dead_letters.discard(ident("letter 1"), by("again"))
    with pytest.raises(ConfigError, match="no open one"):
        store.dead_letters.replayed(unknown_id(), 7, by())
    with pytest.raises(ConfigError, match="no open one"):
        store.dead_letters.replayed(ident("letter 1"), 7, by())
