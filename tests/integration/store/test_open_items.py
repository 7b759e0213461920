"""Timers, tasks, look-ups and withheld referrals: as the core wants them, without losing marks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.domain.decision import FactKind
from hub.domain.ids import partition_of
from hub.ports import BatchWrites, LookupRow, WithheldRow
from hub.store import Store
from tests.integration.store.build import (
    ANNA,
    BERT,
    EMPTY,
    KEY,
    MIA,
    NOW,
    TENANT,
    fact,
    ident,
    put_sends,
    send,
    task,
    timer,
    write,
)

ANNAS = EMPTY._replace(replaced=[ANNA])
LATER = NOW + timedelta(days=1)


def look_up(name: str) -> LookupRow:
    """Return a look-up about Anna."""
    return LookupRow(ident(f"lookup {name}"), TENANT, ANNA, NOW, KEY, b"number")


def withheld(purpose: str, *reasons: str) -> WithheldRow:
    """Return a referral not made for Mia."""
    return WithheldRow(TENANT, ANNA, MIA, purpose, reasons, NOW)


def test_due_events_come_oldest_first_and_once(store: Store) -> None:
    first, second = timer("a", due=NOW - timedelta(minutes=5)), timer("b")
    write(store, ANNAS._replace(timers=[second, first, timer("c", due=LATER)]))

    assert store.ingress.due(NOW, 10, 600) == [first, second]
    assert store.ingress.due(NOW, 1, 600) == [first]
    store.ingress.appended([first.event_id, second.event_id])
    assert store.ingress.due(NOW, 10, 600) == []


def test_a_timer_that_stays_keeps_its_mark_and_a_new_generation_loses_it(store: Store) -> None:
    write(store, ANNAS._replace(timers=[timer("a"), timer("b")]))
    store.ingress.appended([timer("a").event_id, timer("b").event_id])

    write(store, ANNAS._replace(timers=[timer("a"), timer("b", generation=2)]))

    assert store.ingress.due(NOW, 10, 600) == [timer("b", generation=2)]


def test_replacing_one_person_leaves_the_others_alone(store: Store) -> None:
    berts = timer("bert", who=BERT)
    write(store, EMPTY._replace(replaced=[ANNA, BERT], timers=[timer("a"), berts]))

    write(store, ANNAS)

    assert store.ingress.due(NOW, 10, 600) == [berts]


def test_deciding_an_event_deletes_its_row_also_of_delivery_notes(store: Store) -> None:
    note = timer("note", type_="deliveries.noted")
    with store.delivery.batch() as batch:
        batch.owe([note])
    write(store, ANNAS._replace(timers=[timer("a")]))
    assert len(store.ingress.due(NOW, 10, 600)) == 2

    write(store, EMPTY._replace(decided=[note.event_id, timer("a").event_id]))

    assert store.ingress.due(NOW, 10, 600) == []


def test_an_undecided_event_is_given_again_only_once_its_partition_was_caught_up(
    store: Store,
) -> None:
    write(store, ANNAS._replace(timers=[timer("a")]))
    store.ingress.appended([timer("a").event_id])
    assert store.ingress.due(NOW, 10, again_after_s=0) == [], "the processor may still be behind"

    store.cases.caught_up((partition_of(ANNA, 4) + 1) % 4, 0.0)
    assert store.ingress.due(NOW, 10, again_after_s=0) == [], "another partition says nothing"

    store.cases.caught_up(partition_of(ANNA, 4), 0.0)
    assert store.ingress.due(NOW, 10, again_after_s=0) == [timer("a")]
    assert store.ingress.due(NOW, 10, again_after_s=3600) == []


def test_a_task_the_core_no_longer_wants_is_closed_not_deleted(store: Store) -> None:
    write(store, ANNAS._replace(tasks=[task("a"), task("b"), task("c")]))
    closing = fact("closed", FactKind.TASK_CLOSED, subject=str(ident("task a")))
    write(store, ANNAS._replace(tasks=[task("c")], facts=[closing]))

    assert [found.task_id for found in store.views.tasks()] == [ident("task c")]
    closed = {found.task_id: found for found in store.views.tasks(closed=True)}
    assert len(closed) == 3
    assert closed[ident("task a")].closed_at == NOW
    assert closed[ident("task a")].resolution == "no-longer-needed"
    assert closed[ident("task b")].resolution == "resolved"


def test_a_task_may_escalate_and_move_to_another_person(store: Store) -> None:
    write(store, ANNAS._replace(tasks=[task("a")]))
    moved = task("a")._replace(person=BERT, escalated=True, severity="critical")
    write(store, EMPTY._replace(replaced=[ANNA, BERT], tasks=[moved]))

    (found,) = store.views.tasks(person=BERT)
    assert (found.escalated, found.severity, found.since) == (True, "critical", NOW)
    assert store.views.task(ident("task a")) == found


def test_withheld_referrals_are_as_the_core_says_now(store: Store) -> None:
    write(store, ANNAS._replace(withheld=[withheld("a", "consent-missing"), withheld("b", "x")]))
    write(store, ANNAS._replace(withheld=[withheld("a", "frozen", "consent-missing")]))

    (found,) = store.views.withheld()
    assert (found.purpose, found.reasons) == ("a", ("frozen", "consent-missing"))
    assert store.views.withheld(reason="frozen") == [found]
    assert store.views.withheld(reason="other") == []
    assert store.views.counts(NOW).withheld_by_reason == {"frozen": 1, "consent-missing": 1}


def test_a_look_up_is_leased_tried_again_and_ends_when_its_answer_was_sent(store: Store) -> None:
    write(store, ANNAS._replace(lookups=[look_up("a")]))

    assert store.ingress.lookups("w1", 10, 60) == [look_up("a")]
    assert store.ingress.lookups("w2", 10, 60) == []
    assert store.ingress.lookup_again(ident("lookup a"), 3600) == 1
    assert store.ingress.lookups("w2", 10, 60) == []
    assert store.ingress.lookup_again(ident("lookup a"), 0) == 2
    assert store.ingress.lookups("w2", 10, 0) == [look_up("a")]
    store.ingress.lookup_sent(ident("lookup a"))
    assert store.ingress.lookups("w1", 10, 60) == []
    assert store.ingress.lookup_again(ident("lookup other"), 0) == 0


def test_a_look_up_stays_while_the_case_wants_it_and_goes_when_not(store: Store) -> None:
    write(store, ANNAS._replace(lookups=[look_up("a")]))
    store.ingress.lookup_again(ident("lookup a"), 0)

    write(store, ANNAS._replace(lookups=[look_up("a")._replace(sealed=b"sealed anew")]))
    assert store.ingress.lookups("w1", 10, 0) == [look_up("a")]
    assert store.ingress.lookup_again(ident("lookup a"), 0) == 2, "tries are not forgotten"

    write(store, ANNAS)
    assert store.ingress.lookups("w1", 10, 0) == []


def test_an_exclusive_job_has_one_worker_at_a_time(store: Store) -> None:
    assert store.ingress.lease("timers", "w1", 60)
    assert store.ingress.lease("timers", "w1", 60)
    assert not store.ingress.lease("timers", "w2", 60)
    assert store.relay.lease("relay", "w2", 60)

    assert store.ingress.lease("timers", "w1", 0)
    assert store.ingress.lease("timers", "w2", 60)


@pytest.mark.parametrize(
    "writes",
    [
        ANNAS._replace(timers=[timer("a")]),
        ANNAS._replace(lookups=[look_up("a")]),
    ],
    ids=["a due timer", "a look-up"],
)
def test_the_store_is_at_rest_only_when_nothing_is_left_to_do(
    store: Store, writes: BatchWrites
) -> None:
    write(store, ANNAS._replace(timers=[timer("later", due=LATER)]))
    assert store.views.quiescent(NOW)
    assert not store.views.quiescent(LATER)

    write(store, writes)
    assert not store.views.quiescent(NOW)


def test_a_message_leaves_the_store_at_rest_only_when_it_waits_for_its_case(store: Store) -> None:
    put_sends(store, send("a"))
    assert not store.views.quiescent(NOW)

    store.delivery.claim("w1", 1, 60)
    assert not store.views.quiescent(NOW), "an attempt is under way"

    with store.delivery.batch() as batch:
        batch.deny([(ident("send a"), ("consent-missing",))], 3600)
    assert store.views.quiescent(NOW)

    with store.delivery.batch() as batch:
        batch.deny([(ident("send a"), ("consent-missing", "consent-view-stale"))], 3600)
    assert not store.views.quiescent(NOW), "staleness ends by itself"
