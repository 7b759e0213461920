"""Which rows a dispatcher gets: in order, in turn, once, and never what must not leave."""

from __future__ import annotations

from threading import Thread
from uuid import UUID

import pytest

from hub.domain.ids import RecipientId, TenantId
from hub.domain.referral import Operation
from hub.ports import AttemptOutcome, SendRow
from hub.store import Store
from tests.integration.store.build import (
    ANNA,
    EMPTY,
    by,
    case,
    claimed,
    ended,
    ident,
    intent,
    person,
    put_sends,
    send,
    write,
)

REFER = send("refer")
UPDATE = send("update", operation=Operation.UPDATE, minutes=1)
RECALL = send("recall", operation=Operation.RETRACT, minutes=2)


def finish(store: Store, row: SendRow, outcome: AttemptOutcome) -> None:
    """Store an intent and its result."""
    with store.delivery.batch() as batch:
        batch.intend([intent(row)])
        batch.result([ended(row, outcome)])


def test_a_claimed_row_belongs_to_one_worker_until_its_lease_ends(store: Store) -> None:
    put_sends(store, REFER)

    assert claimed(store, "w1") == [REFER.send_id]
    assert claimed(store, "w2") == []
    with store.delivery.batch() as batch:
        assert batch.still_leased("w1", [REFER.send_id]) == {REFER.send_id}
        assert batch.still_leased("w2", [REFER.send_id]) == set()


def test_a_lease_that_ran_out_can_be_taken_over(store: Store) -> None:
    put_sends(store, REFER)
    assert claimed(store, "w1", lease_s=0) == [REFER.send_id]

    with store.delivery.batch() as batch:
        assert batch.still_leased("w1", [REFER.send_id]) == set()
    assert claimed(store, "w2") == [REFER.send_id]


@pytest.mark.promise("P5")
def test_of_one_order_key_only_the_oldest_open_row_is_given(store: Store) -> None:
    put_sends(store, UPDATE, REFER)

    assert claimed(store) == [REFER.send_id]
    assert claimed(store, "w2") == []
    finish(store, REFER, AttemptOutcome.DELIVERED)
    assert claimed(store) == [UPDATE.send_id]


@pytest.mark.promise("P5")
def test_a_row_that_waits_for_its_next_attempt_keeps_its_place(store: Store) -> None:
    put_sends(store, REFER, UPDATE)
    assert claimed(store) == [REFER.send_id]

    with store.delivery.batch() as batch:
        batch.release([REFER.send_id], retry_s=3600)

    assert claimed(store) == []


@pytest.mark.promise("P5")
def test_a_failed_row_parks_what_follows_on_its_key_only(store: Store) -> None:
    other = send("other", referral="r2", minutes=5)
    put_sends(store, REFER, UPDATE, other)
    assert claimed(store, limit=1) == [REFER.send_id]

    finish(store, REFER, AttemptOutcome.PERMANENT)

    assert claimed(store) == [other.send_id]
    assert store.views.counts(REFER.ready_at).unsent_by_state == {"parked": 1, "leased": 1}


@pytest.mark.promise("P4")
def test_a_retraction_goes_before_what_waits_on_its_key_and_that_does_not_leave(
    store: Store,
) -> None:
    put_sends(store, REFER, UPDATE, RECALL)

    assert claimed(store) == [RECALL.send_id]
    assert claimed(store, "w2") == []


@pytest.mark.promise("P4", "P5")
def test_a_retraction_waits_for_the_running_attempt_on_its_key(store: Store) -> None:
    put_sends(store, REFER)
    assert claimed(store) == [REFER.send_id]
    put_sends(store, RECALL)

    assert claimed(store, "w2") == []
    finish(store, REFER, AttemptOutcome.DELIVERED)
    assert claimed(store, "w2") == [RECALL.send_id]


@pytest.mark.promise("P4")
def test_a_failed_referral_does_not_park_its_retraction(store: Store) -> None:
    put_sends(store, REFER)
    assert claimed(store) == [REFER.send_id]
    finish(store, REFER, AttemptOutcome.PERMANENT)
    put_sends(store, RECALL)

    assert claimed(store) == [RECALL.send_id]


@pytest.mark.promise("P5")
def test_the_next_generation_waits_for_the_retraction_of_the_one_before(store: Store) -> None:
    again = send("again", generation=2, minutes=3)
    put_sends(store, RECALL, again)

    assert claimed(store) == [RECALL.send_id]
    with store.delivery.batch() as batch:
        batch.release([RECALL.send_id], retry_s=3600)
    assert claimed(store) == []


def test_while_halted_only_retractions_are_given(store: Store) -> None:
    elsewhere = send("elsewhere", referral="r2", operation=Operation.RETRACT)
    put_sends(store, REFER, elsewhere)
    assert claimed(store, "w1", limit=2) == [elsewhere.send_id, REFER.send_id]

    store.control.halt(0, "dead-letters")
    with store.delivery.batch() as batch:
        both = [REFER.send_id, elsewhere.send_id]
        assert batch.still_leased("w1", both) == {elsewhere.send_id}
        batch.release(both, retry_s=0)
    assert claimed(store, "w2") == [elsewhere.send_id]


def test_the_emergency_brake_stops_everything_also_what_was_claimed(store: Store) -> None:
    put_sends(store, REFER, send("recall", referral="r2", operation=Operation.RETRACT))
    assert claimed(store, limit=1) == [ident("send recall")]

    assert store.control.set_brake(by("wrong addresses in the directory"))
    assert not store.control.set_brake(by("twice"))
    assert claimed(store, "w2") == []
    with store.delivery.batch() as batch:
        assert batch.still_leased("w1", [ident("send recall")]) == set()

    assert store.control.lift_brake(by("the directory was mended"))
    assert claimed(store, "w2") == [REFER.send_id]
    assert [brake.lift_reason for brake in store.views.brakes()] == ["the directory was mended"]


def test_a_brake_on_one_tenant_leaves_the_others_alone(store: Store) -> None:
    other = send("other", referral="r2")._replace(tenant=TenantId("other"))
    put_sends(store, REFER, other)
    store.control.set_brake(by("asked by the ministry"), TenantId("other"))

    assert claimed(store) == [REFER.send_id]


def test_a_broken_recipient_with_thousands_of_rows_starves_nobody(store: Store) -> None:
    flood = [send(f"flood {n}", recipient="broken", referral=f"b{n}") for n in range(2_000)]
    few = [send(f"few {n}", recipient=f"office-{n}", referral=f"f{n}", minutes=n) for n in range(3)]
    put_sends(store, *flood)
    put_sends(store, *few)

    got = claimed(store, limit=6)

    assert {row.send_id for row in few} <= set(got)
    assert len(got) == 6


def test_recipients_whose_circuit_is_open_are_passed_over(store: Store) -> None:
    other = send("other", recipient="office-2", referral="r2")
    put_sends(store, REFER, other)

    found = store.delivery.claim("w1", 10, 60, busy=[RecipientId("office-1")])

    assert [claim.row for claim in found] == [other]


@pytest.mark.promise("P2")
def test_dispatchers_side_by_side_never_get_the_same_row_or_key(store: Store) -> None:
    rows = [
        send(f"{n} {step}", referral=f"r{n}", recipient=f"office-{n % 7}", minutes=step)
        for n in range(60)
        for step in range(2)
    ]
    put_sends(store, *rows)
    got: dict[str, list[UUID]] = {"w1": [], "w2": [], "w3": []}

    def work(worker: str) -> None:
        while found := claimed(store, worker, limit=4):
            got[worker].extend(found)

    workers = [Thread(target=work, args=(name,)) for name in got]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(timeout=50)

    everything = [send_id for found in got.values() for send_id in found]
    firsts = {row.send_id for row in rows if row.ready_at == rows[0].ready_at}
    assert len(everything) == len(set(everything))
    assert set(everything) == firsts


def test_a_changed_case_makes_its_denied_rows_due_at_once(store: Store) -> None:
    bert = person("Bert Muster")
    other = send("other", who=bert, referral="r2")
    waiting = send("waiting", referral="r3")
    put_sends(store, REFER, other, waiting)
    claimed(store)
    with store.delivery.batch() as batch:
        batch.deny([(REFER.send_id, ("consent-missing",)), (other.send_id, ("frozen",))], 3600)
        batch.release([waiting.send_id], 3600)
    assert claimed(store) == []

    write(store, EMPTY._replace(cases=[case(ANNA, version=2)]))

    assert claimed(store) == [REFER.send_id], "the other person's row, and backing off, still wait"
