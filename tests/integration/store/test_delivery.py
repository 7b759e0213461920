"""Intents, denials and results: what the store keeps of every attempt."""

from __future__ import annotations

import pytest

from hub.domain.decision import FactKind
from hub.domain.ids import RecipientId
from hub.domain.referral import Operation
from hub.ports import AttemptOutcome, EarlierSend, SendRow
from hub.store import Store
from tests.integration.store.build import (
    ANNA,
    BERT,
    EMPTY,
    MIA,
    NOW,
    TENANT,
    case,
    claimed,
    ended,
    fact,
    ident,
    intent,
    put_sends,
    send,
    timer,
    write,
)

REFER = send("refer")
RECALL = send("recall", operation=Operation.RETRACT, minutes=2)


def state_of(store: Store, name: str = "refer") -> tuple[str, int]:
    """Return state and attempts of a message."""
    found = store.views.send(ident(f"send {name}"))
    assert found is not None
    return found.view.state, found.view.attempts


def test_case_rows_are_locked_and_those_without_one_left_out(store: Store) -> None:
    put_sends(store, REFER)

    with store.delivery.batch() as batch:
        assert batch.lock_cases([BERT, ANNA]) == {ANNA: case(ANNA)}


def test_a_delivered_row_ends(store: Store) -> None:
    put_sends(store, REFER)
    claimed(store)
    with store.delivery.batch() as batch:
        batch.intend([intent(REFER)])
    with store.delivery.batch() as batch:
        batch.result([ended(REFER, AttemptOutcome.DELIVERED)])

    assert state_of(store) == ("delivered", 1)
    assert claimed(store) == []
    (found,) = store.views.intents(REFER.send_id)
    assert (found.consents, found.policy, found.outcome) == (("c1",), "p1", "delivered")


@pytest.mark.parametrize(
    ("outcome", "again_s", "state"),
    [
        (AttemptOutcome.RETRIABLE, 0, "ready"),
        (AttemptOutcome.NOT_SENT, 0, "ready"),
        (AttemptOutcome.RETRIABLE, None, "failed"),
        (AttemptOutcome.PERMANENT, None, "failed"),
        (AttemptOutcome.PERMANENT, 5, "failed"),
    ],
)
def test_what_becomes_of_a_row_after_an_attempt(
    store: Store, outcome: AttemptOutcome, again_s: float | None, state: str
) -> None:
    put_sends(store, REFER)
    claimed(store)
    with store.delivery.batch() as batch:
        batch.intend([intent(REFER)])
        batch.result([ended(REFER, outcome, again_s=again_s)])

    assert state_of(store) == (state, 1)
    assert claimed(store) == ([REFER.send_id] if state == "ready" else [])


def test_the_next_attempt_waits_its_time(store: Store) -> None:
    put_sends(store, REFER)
    claimed(store)
    with store.delivery.batch() as batch:
        batch.intend([intent(REFER)])
        batch.result([ended(REFER, AttemptOutcome.RETRIABLE, again_s=3600)])

    assert claimed(store) == []
    assert state_of(store) == ("ready", 1)


@pytest.mark.promise("P2")
def test_a_late_result_of_an_earlier_attempt_does_not_reopen_the_row(store: Store) -> None:
    put_sends(store, REFER)
    claimed(store, "w1", lease_s=0)
    with store.delivery.batch() as batch:
        batch.intend([intent(REFER, 1)])
    claimed(store, "w2")
    with store.delivery.batch() as batch:
        batch.intend([intent(REFER, 2)])
        batch.result([ended(REFER, AttemptOutcome.RETRIABLE, attempt=1, again_s=0)])

        assert batch.still_leased("w2", [REFER.send_id]) == {REFER.send_id}
        batch.result([ended(REFER, AttemptOutcome.DELIVERED, attempt=2)])
        batch.result([ended(REFER, AttemptOutcome.RETRIABLE, attempt=2, again_s=0)])

    assert state_of(store) == ("delivered", 2)
    assert [found.outcome for found in store.views.intents(REFER.send_id)] == [
        "retriable",
        "delivered",
    ]


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    ("outcomes", "disclosed"),
    [
        ([], False),
        ([AttemptOutcome.NOT_SENT], False),
        ([None], True),
        ([AttemptOutcome.RETRIABLE], True),
        ([AttemptOutcome.NOT_SENT, AttemptOutcome.DELIVERED], True),
        ([AttemptOutcome.NOT_SENT, None], True),
    ],
)
def test_an_intent_counts_as_disclosure_unless_its_result_says_nothing_left(
    store: Store,
    outcomes: list[AttemptOutcome | None],
    disclosed: bool,  # noqa: FBT001 - pytest passes parameters by name
) -> None:
    put_sends(store, REFER, RECALL)
    with store.delivery.batch() as batch:
        for number, outcome in enumerate(outcomes, 1):
            batch.intend([intent(REFER, number)])
            if outcome is not None:
                batch.result([ended(REFER, outcome, attempt=number, again_s=0)])

    with store.delivery.batch() as batch:
        (earlier,) = batch.earlier(RECALL)
    found = store.views.addressed(RecipientId("office-1"), ident("r1"))

    assert earlier.possibly_disclosed is disclosed
    assert (found is not None) is disclosed, "a recipient knows only what may have reached it"


def earlier_row(row: SendRow, *, is_open: bool) -> EarlierSend:
    """Return what a retraction is told of a row that nobody tried."""
    return EarlierSend(
        send_id=row.send_id,
        operation=row.operation,
        open=is_open,
        leased=False,
        possibly_disclosed=False,
    )


def test_earlier_rows_are_those_of_the_same_key_and_generation(store: Store) -> None:
    update = send("update", operation=Operation.UPDATE, minutes=1)
    later = send("later", operation=Operation.UPDATE, minutes=9)
    before = send("before", generation=0, minutes=-9)
    elsewhere = send("elsewhere", referral="r2")
    put_sends(store, update, REFER, RECALL, later, before, elsewhere)
    with store.delivery.batch() as batch:
        batch.cancel([REFER.send_id], "test")

        assert batch.earlier(RECALL) == [
            earlier_row(REFER, is_open=False),
            earlier_row(update, is_open=True),
        ]


def test_a_denial_is_told_only_when_its_reasons_changed(store: Store) -> None:
    put_sends(store, REFER)
    row = REFER.send_id
    with store.delivery.batch() as batch:
        assert batch.deny([(row, ("consent-missing",))], 0) == {row}
        assert batch.deny([(row, ("consent-missing",))], 0) == set()
        assert batch.deny([(row, ("frozen",))], 0) == {row}
        batch.intend([intent(REFER)])
        assert batch.deny([(row, ("frozen",))], 0) == {row}, "a permit lay in between"

    (found,) = store.views.sends(person=ANNA)
    assert found.denied == ("frozen",)
    assert found.state == "ready", "a denial never ends a referral"


def test_a_cancelled_row_never_leaves_and_an_ended_one_stays_as_it_ended(store: Store) -> None:
    put_sends(store, REFER)
    with store.delivery.batch() as batch:
        batch.cancel([REFER.send_id], "nothing-disclosed")
        batch.cancel([REFER.send_id], "other")

    (found,) = store.views.sends(state="cancelled")
    assert found.state_reason == "nothing-disclosed"
    assert claimed(store) == []


@pytest.mark.promise("P4")
def test_a_partition_is_stale_until_it_was_caught_up_recently(store: Store) -> None:
    store.cases.caught_up(0, 0.0)
    store.cases.caught_up(1, 301.0)
    store.cases.caught_up(9, 0.0)

    assert store.delivery.fresh_partitions(300) == {0}, "nobody knows what partition 9 is"


@pytest.mark.promise("P4")
def test_what_was_noted_before_the_clock_was_set_back_does_not_count(store: Store) -> None:
    """Two hours ahead then: without the check nothing would be stale for two hours and more."""
    store.cases.caught_up(0, -7200.0)
    before = store.delivery.fresh_partitions(300)
    store.cases.caught_up(0, 1.0)

    assert before == set()
    assert store.delivery.fresh_partitions(300) == {0}


def test_an_owed_event_is_due_and_survives_the_processor_replacing_timers(store: Store) -> None:
    owed = timer("note", type_="deliveries.noted")
    with store.delivery.batch() as batch:
        batch.owe([owed])
    put_sends(store, REFER)

    assert store.ingress.due(NOW, 10, 600) == [owed]


def test_life_cycle_facts_wait_for_the_relay_and_others_do_not(store: Store) -> None:
    first = fact("first", FactKind.DISCLOSURE_INTENT, subject="r1")
    second = fact("second", FactKind.DISCLOSURE_RESULT, subject="r1")
    with store.delivery.batch() as batch:
        batch.log([first, fact("other", FactKind.PERMIT_DENIED), second, first])

    assert store.relay.unpublished(10) == [first, second]
    store.relay.published([first.fact_id])
    assert store.relay.unpublished(10) == [second]
    assert len(store.views.by_person(ANNA)) == 3


def test_the_decision_log_is_found_by_referral_message_and_child(store: Store) -> None:
    put_sends(store, REFER)
    about_send = fact("send", subject=str(ident("r1")), send=str(REFER.send_id))
    about_child = fact("child", FactKind.WITHHELD, subject=MIA)
    write(
        store,
        EMPTY._replace(children=[(TENANT, MIA, ANNA)], facts=[about_send, about_child]),
    )

    assert store.views.by_referral(ident("r1")) == [about_send]
    assert store.views.by_referral(REFER.send_id) == [about_send]
    assert store.views.by_child(MIA) == [about_child]
