"""One batch is one transaction: all of it or nothing, and one worker per partition."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from sqlalchemy import event

from hub.domain.ids import PersonKey
from hub.errors import Fenced, Halted, Permanent
from hub.ports import BatchWrites, OutcomeKind, StoredEpisode
from hub.store import Store, open_store
from tests.integration.store.build import (
    ANNA,
    BERT,
    EMPTY,
    KEY,
    MIA,
    TENANT,
    by,
    case,
    fact,
    ident,
    letter,
    outcome,
    person,
    put_sends,
    send,
    write,
)


def test_a_batch_commits_everything_together(store: Store) -> None:
    with store.cases.batch() as batch:
        start = batch.position(0)
        batch.lock_cases([(TENANT, ANNA)])
        batch.write(
            EMPTY._replace(
                cases=[case(ANNA)],
                children=[(TENANT, MIA, ANNA)],
                outcomes=[outcome(0)],
                inbox=[ident("event 0/0")],
                facts=[fact("a", event_id=ident("event 0/0"))],
            )
        )
        batch.advance(0, start, 1)

    with store.cases.batch() as batch:
        assert batch.position(0) == 1
        assert batch.seen([ident("event 0/0"), ident("other")]) == {ident("event 0/0")}
        assert batch.lock_cases([(TENANT, ANNA)]) == {ANNA: case(ANNA)}
    assert store.views.outcomes(ident("event 0/0")) == [outcome(0)]
    assert store.views.by_event(ident("event 0/0")) == [fact("a", event_id=ident("event 0/0"))]
    assert store.views.persons_of_child(MIA) == [ANNA]


@pytest.mark.promise("P1")
def test_an_exception_leaves_nothing_behind(store: Store) -> None:
    def fail_half_way() -> None:
        with store.cases.batch() as batch:
            batch.write(EMPTY._replace(cases=[case(ANNA)], outcomes=[outcome(0)]))
            batch.advance(0, 0, 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()

    assert store.positions.all()[0].offset == 0
    assert store.views.case(ANNA) is None
    assert store.views.outcomes(ident("event 0/0")) == []


@pytest.mark.promise("P1")
def test_a_moved_position_fences_the_slower_worker(store: Store) -> None:
    with store.cases.batch() as batch:
        batch.advance(0, 0, 5)

    def go_on_from_0() -> None:
        with store.cases.batch() as batch:
            batch.write(EMPTY._replace(outcomes=[outcome(0)]))
            batch.advance(0, 0, 1)

    with pytest.raises(Fenced):
        go_on_from_0()

    assert store.positions.all()[0].offset == 5
    assert store.views.outcomes(ident("event 0/0")) == []


@pytest.mark.promise("P1")
def test_of_two_workers_on_one_partition_the_second_sees_what_the_first_did(store: Store) -> None:
    """Both read the position before either commits; only one may decide record 0."""
    decided: list[str] = []
    ready = Barrier(2, timeout=30)

    def work(name: str) -> None:
        ready.wait()
        with store.cases.batch() as batch:
            position = batch.position(0)
            if position == 0:
                batch.write(EMPTY._replace(outcomes=[outcome(0)]))
                batch.advance(0, 0, 1)
                decided.append(name)

    workers = [Thread(target=work, args=(name,)) for name in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    assert len(decided) == 1
    assert store.positions.all()[0].offset == 1


def test_missing_cases_are_inserted_and_locked_in_key_order(store: Store) -> None:
    persons = [person(f"Testperson {number}") for number in range(20)]
    statements: list[str] = []
    event.listen(
        store.engine, "before_cursor_execute", lambda *seen: statements.append(str(seen[2]))
    )

    with store.cases.batch() as batch:
        found = batch.lock_cases([(TENANT, who) for who in persons])

    assert list(found) == sorted(persons)
    assert all(row.version == 0 and row.sealed is None for row in found.values())
    locks = [text for text in statements if text.startswith("SELECT cases")]
    assert len(locks) == 1
    assert "ORDER BY cases.person" in locks[0]


def test_workers_that_lock_the_same_cases_in_another_order_do_not_block_each_other(
    store: Store,
) -> None:
    persons = [person(f"Testperson {number}") for number in range(6)]
    failures: list[Exception] = []

    def work(order: list[PersonKey]) -> None:
        try:
            for _ in range(15):
                with store.cases.batch() as batch:
                    batch.lock_cases([(TENANT, who) for who in order])
                    batch.write(EMPTY._replace(cases=[case(who) for who in sorted(order)]))
        except Exception as error:  # noqa: BLE001 - the assertion below shows whatever it was
            failures.append(error)

    workers = [Thread(target=work, args=(order,)) for order in (persons, persons[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=50)

    assert failures == []
    assert len(store.views.cases()) == 6


def test_survivors_follow_chains_to_their_end(store: Store) -> None:
    old, older = person("Alte Nummer"), person("Ältere Nummer")
    write(
        store,
        EMPTY._replace(
            cases=[case(ANNA), case(old, alias_of=ANNA), case(older, alias_of=old)],
        ),
    )

    with store.cases.batch() as batch:
        assert batch.survivors([older, old, ANNA, BERT]) == {older: ANNA, old: ANNA}
    assert store.views.aliases(ANNA) == sorted([old, older])
    assert store.views.survivor(older) == ANNA


def test_closed_stays_are_archived_and_taken_back(store: Store) -> None:
    stay = StoredEpisode(TENANT, ANNA, ident("stay"), KEY, b"first")
    write(store, EMPTY._replace(episodes=[stay]))
    write(store, EMPTY._replace(reopened=[stay.episode_id], episodes=[stay._replace(sealed=b"2")]))

    with store.cases.batch() as batch:
        assert batch.episodes([ANNA, BERT]) == {ANNA: [stay._replace(sealed=b"2")]}
        batch.write(EMPTY._replace(reopened=[stay.episode_id]))
        assert batch.episodes([ANNA]) == {}


def test_a_message_written_again_stays_as_it_is(store: Store) -> None:
    put_sends(store, send("a"))
    put_sends(store, send("a")._replace(sealed=b"other"))

    found = store.views.send(ident("send a"))
    assert found is not None
    assert found.row == send("a")


@pytest.mark.parametrize(
    "bad",
    [
        EMPTY._replace(cases=[case(PersonKey("A1234BC"))]),
        EMPTY._replace(cases=[case(ANNA, version=2**63)]),
        EMPTY._replace(outcomes=[outcome(0)._replace(reason=None)]),  # type: ignore[arg-type]  # a row the database must refuse
    ],
    ids=["a register's number instead of a pseudonym", "beyond 64 bits", "a missing code"],
)
def test_a_refused_row_is_a_data_error_without_its_value(store: Store, bad: BatchWrites) -> None:
    with pytest.raises(Permanent) as caught, store.cases.batch() as batch:
        batch.write(bad)

    assert caught.value.code == "data"
    assert "A1234BC" not in str(caught.value)
    assert caught.value.__cause__ is None, "the database's own error quotes the row"


@pytest.mark.promise("P1")
def test_a_log_read_again_keeps_outcomes_but_for_dead_letters(store: Store) -> None:
    write(store, EMPTY._replace(outcomes=[outcome(0), outcome(1, OutcomeKind.DEAD_LETTERED)]))
    write(
        store,
        EMPTY._replace(outcomes=[outcome(0, OutcomeKind.IGNORED), outcome(1, OutcomeKind.APPLIED)]),
    )

    assert [row.outcome for row in store.views.outcome_range(0, 0, 10)] == [
        OutcomeKind.APPLIED,
        OutcomeKind.APPLIED,
    ]


@pytest.mark.promise("P9")
def test_the_limiter_counts_records_letters_and_keys_since_the_last_resume(store: Store) -> None:
    dead = OutcomeKind.DEAD_LETTERED
    with store.cases.batch() as batch:
        batch.write(
            EMPTY._replace(
                outcomes=[
                    outcome(0),
                    outcome(1, dead, key=ANNA),
                    outcome(2, dead, key=ANNA),
                    outcome(3, dead, key=BERT),
                    outcome(0, dead, partition=1),
                ]
            )
        )
        assert batch.recent_dead_letters(0, 500) == (4, 3, 2)
        assert batch.recent_dead_letters(0, 2) == (2, 2, 2)
        batch.halt(0, "dead-letters")
        batch.advance(0, 0, 4)

    assert store.control.halted()
    with pytest.raises(Halted, match="dead-letters"), store.cases.batch() as batch:
        batch.position(1)

    assert store.control.resume(by("the sender was mended"))
    assert not store.control.resume(by("again"))
    with store.cases.batch() as batch:
        assert batch.position(0) == 4
        assert batch.recent_dead_letters(0, 500) == (0, 0, 0)
    halts = store.views.halts()
    assert [(halt.reason, halt.resume_reason) for halt in halts] == [
        ("dead-letters", "the sender was mended")
    ]


@pytest.mark.promise("P9")
def test_a_halt_survives_a_restart(store: Store, url: str) -> None:
    store.control.halt(0, "dead-letters")
    store.close()

    with open_store(url) as again:
        assert again.delivery.halted()


@pytest.mark.promise("P11")
def test_a_dead_letter_holds_its_person_until_the_event_is_understood(store: Store) -> None:
    poison = ident("poisoned withdrawal")
    write(
        store,
        EMPTY._replace(cases=[case(ANNA), case(BERT)], dead_letters=[letter(1, ANNA, poison)]),
    )
    with store.delivery.batch() as batch:
        assert batch.held([ANNA, BERT]) == {ANNA}

    # Replayed and not understood: the newer letter takes over, the person stays held.
    write(store, EMPTY._replace(dead_letters=[letter(2, ANNA, poison)]))
    with store.delivery.batch() as batch:
        assert batch.held([ANNA]) == {ANNA}
    assert [row.offset for row in store.views.dead_letters()] == [2]

    write(store, EMPTY._replace(inbox=[poison]))
    with store.delivery.batch() as batch:
        assert batch.held([ANNA]) == set()
    assert store.views.holds() == []
    states = {
        row.offset: (row.state, row.closed_by) for row in store.views.dead_letters(state=None)
    }
    assert states == {1: ("replayed", poison), 2: ("replayed", poison)}


@pytest.mark.promise("P11")
def test_a_letter_about_an_alias_holds_the_survivor(store: Store) -> None:
    old = person("Alte Nummer")
    write(
        store,
        EMPTY._replace(
            cases=[case(ANNA), case(old, alias_of=ANNA)], dead_letters=[letter(1, old, ident("e"))]
        ),
    )

    with store.delivery.batch() as batch:
        assert batch.held([ANNA]) == {ANNA}


def test_caught_up_never_goes_back(store: Store) -> None:
    store.cases.caught_up(0, 0.0)
    first = store.positions.all()[0].caught_up_at
    store.cases.caught_up(0, 60.0)

    assert first is not None
    assert store.positions.all()[0].caught_up_at == first
