"""Views show what lists, pages and metrics need, and open nothing that is sealed."""

from __future__ import annotations

import msgspec

from hub.domain.ids import RecipientId
from hub.ports import OutcomeKind
from hub.store import Store
from tests.integration.store.build import (
    ANNA,
    BERT,
    EMPTY,
    NOW,
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
    task,
    unknown_id,
    write,
)


def test_a_case_shows_how_much_is_open_about_it(store: Store) -> None:
    put_sends(store, send("a"), send("b", referral="r2"))
    write(
        store,
        EMPTY._replace(
            replaced=[ANNA], tasks=[task("a")], dead_letters=[letter(1, ANNA, ident("e"))]
        ),
    )

    found = store.views.case(ANNA)

    assert found is not None
    assert (found.held, found.open_tasks, found.unsent, found.withheld) == (True, 1, 2, 0)
    assert store.views.stored_case(ANNA) == case(ANNA)
    assert store.views.case(BERT) is None
    assert store.views.stored_case(BERT) is None


def test_cases_come_in_pages(store: Store) -> None:
    everybody = sorted(person(f"Testperson {number}") for number in range(5))
    write(store, EMPTY._replace(cases=[case(who) for who in everybody]))

    first = store.views.cases(tenant=TENANT, limit=3)
    rest = store.views.cases(tenant=TENANT, after=everybody[2], limit=3)

    assert [row.person for row in first + rest] == everybody


def test_whom_a_change_of_the_directory_concerns(store: Store) -> None:
    put_sends(store, send("a"), send("b", who=BERT, recipient="office-2", referral="r2"))
    write(store, EMPTY._replace(cases=[case(person("Alte Nummer"), alias_of=ANNA)]))

    assert store.views.persons(TENANT) == sorted([ANNA, BERT])
    assert store.views.persons(TENANT, recipient=RecipientId("office-2")) == [BERT]


def test_messages_are_found_by_whatever_is_known(store: Store) -> None:
    put_sends(store, send("a"), send("b", who=BERT, recipient="office-2", referral="r2"))

    for found in (
        store.views.sends(person=BERT),
        store.views.sends(recipient=RecipientId("office-2")),
        store.views.sends(referral_id=ident("r2")),
    ):
        assert [row.send_id for row in found] == [ident("send b")]
    assert len(store.views.sends(tenant=TENANT, state="ready")) == 2
    assert store.views.send(unknown_id()) is None


def test_an_unsent_referral_is_unknown_to_its_recipient(store: Store) -> None:
    put_sends(store, send("a"))

    assert store.views.addressed(RecipientId("office-1"), ident("r1")) is None
    assert store.views.addressed(RecipientId("office-1"), unknown_id()) is None


def test_every_outcome_of_an_event_is_shown(store: Store) -> None:
    event_id = ident("twice")
    both = [
        outcome(3, event_id=event_id),
        outcome(9, OutcomeKind.IGNORED, event_id=event_id),
    ]
    write(store, EMPTY._replace(outcomes=both))

    assert store.views.outcomes(event_id) == both


def test_the_latest_events_of_a_person_come_in_order_of_time(store: Store) -> None:
    old = person("Alte Nummer")
    mine = [outcome(3), outcome(5), outcome(7, OutcomeKind.IGNORED, key=old)]
    facts = [
        fact(str(row.offset), who=row.person or ANNA, event_id=row.event_id)
        for row in [outcome(4, key=BERT), *mine]
    ]
    merged = [case(ANNA), case(old, alias_of=ANNA)]
    outcomes = [*reversed(mine), outcome(4, key=BERT)]
    write(store, EMPTY._replace(cases=merged, outcomes=outcomes, facts=facts))

    assert store.views.outcomes_of(ANNA) == mine
    assert store.views.outcomes_of(ANNA, limit=2) == mine[1:]
    assert [row.offset for row in store.views.outcomes_of(BERT)] == [4]


def test_the_numbers_for_metrics(store: Store) -> None:
    put_sends(store, send("a"), send("b", referral="r2", minutes=5))
    store.delivery.claim("w1", 1, 60)
    write(store, EMPTY._replace(replaced=[ANNA], tasks=[task("a")], dead_letters=[letter(1, None)]))
    store.control.set_brake(by("test"))

    counts = store.views.counts(NOW)

    assert counts.oldest_unsent_at == NOW
    assert counts.unsent_by_state == {"leased": 1, "waiting": 1}
    assert counts.sends_by_state == {"ready": 2}
    assert counts.tasks_by_kind == {"no-recipient": 1}
    assert (counts.open_dead_letters, counts.illegible_dead_letters) == (1, 1)
    assert (counts.due_undecided, counts.open_lookups, counts.unpublished_facts) == (0, 0, 0)
    assert (counts.halted, counts.braked) == (False, True)


def test_views_become_json(store: Store) -> None:
    put_sends(store, send("a"))

    (shown,) = msgspec.json.decode(msgspec.json.encode(store.views.sends()))

    assert shown["send_id"] == str(ident("send a"))
    assert shown["denied"] is None
    assert "sealed" not in shown
