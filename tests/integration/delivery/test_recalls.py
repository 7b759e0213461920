"""Retractions: what was disclosed is taken back, what was not never existed for the recipient."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from uuid import uuid4

import pytest
from typing_extensions import override

from hub.domain.decision import FactKind
from hub.domain.ids import DataKeyId
from hub.domain.referral import Operation, RetractionKind
from hub.domain.values import changed
from hub.errors import Permanent, Retriable
from hub.ports import DeadLetter, Receipt, SendRow
from hub.store.acts import Operator
from hub.testing.clock import START
from tests.integration.delivery.people import (
    OFFICE,
    TENANT,
    case_of,
    directory,
    person_key,
    policy,
    send,
    withdrawn,
)
from tests.integration.delivery.world import ScriptedConnector, World, until

REFER, RETRACT = Operation.REFER, Operation.RETRACT
NOT_SENT = Retriable("no connection", possibly_sent=False)
MAYBE_SENT = Retriable("the connection broke")


class CountingStop(asyncio.Event):
    """Counts the turns of the loop that asks it."""

    asked = 0

    @override
    def is_set(self) -> bool:
        self.asked += 1
        return super().is_set()


def referral_and_recall(*, generation: int = 1, later_s: float = 0.0) -> tuple[SendRow, SendRow]:
    return (
        send(REFER, generation=generation, later_s=later_s),
        send(RETRACT, generation=generation, later_s=later_s + 10.0),
    )


async def deliver_until_ended(
    world: World, connector: ScriptedConnector, rows: Iterable[SendRow]
) -> None:
    async with world.delivering(connector):
        await until(lambda: all(world.state(row) != "ready" for row in rows))


@pytest.mark.promise("P3")
def test_before_any_intent_both_are_cancelled_and_the_recipient_hears_nothing(
    world: World,
) -> None:
    rows, connector = referral_and_recall(), ScriptedConnector()
    world.put(*rows, cases=[withdrawn(case_of())])

    asyncio.run(deliver_until_ended(world, connector, rows))

    assert connector.tried == 0
    assert [world.state(row) for row in rows] == ["cancelled", "cancelled"]
    assert world.facts(FactKind.SEND_CANCELLED) == [("nothing-disclosed",), ("nothing-disclosed",)]
    assert world.facts(FactKind.DISCLOSURE_INTENT) == []


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    ("failure", "recalled"),
    [
        (NOT_SENT, False),
        (Permanent("too large", code="too-large", possibly_sent=False), False),
        (MAYBE_SENT, True),
        (Permanent("refused", code="rejected-400"), True),
    ],
    ids=["connect-failed", "refused-before-sending", "answer-lost", "refused-by-inbox"],
)
def test_only_attempts_that_failed_before_their_first_byte_disclosed_nothing(
    world: World, failure: Exception, *, recalled: bool
) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector(*[failure] * 4)
    world.put(referral, cases=[case_of()])

    async def story() -> None:
        await deliver_until_ended(world, connector, [referral])
        world.put(recall, cases=[withdrawn(case_of())])
        connector.behave()
        await deliver_until_ended(world, connector, [recall])

    asyncio.run(story())

    assert world.state(recall) == ("delivered" if recalled else "cancelled")
    assert connector.operations() == ([RETRACT] if recalled else [])


@pytest.mark.promise("P4")
def test_what_was_delivered_is_recalled_with_ids_kind_reason_and_norm_only(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    world.put(referral, cases=[case_of()])

    async def story() -> None:
        await deliver_until_ended(world, connector, [referral])
        world.put(recall, cases=[withdrawn(case_of())])
        await deliver_until_ended(world, connector, [recall])

    asyncio.run(story())

    message = connector.sent[-1]
    assert connector.operations() == [REFER, RETRACT]
    assert message.referral_id == referral.referral_id
    assert (message.content, message.pages) == (None, {})
    assert message.retraction is RetractionKind.WITHDRAWN
    assert message.retraction_reason == "consent-withdrawn"
    assert message.retraction_norm == "norm of retraction"


@pytest.mark.promise("P4")
@pytest.mark.promise("P5")
def test_a_recall_waits_for_the_attempt_that_is_running(world: World) -> None:
    referral, recall = referral_and_recall()
    may_answer = asyncio.Event()

    async def slow() -> Receipt:
        await may_answer.wait()
        return Receipt(accepted=True)

    connector = ScriptedConnector(slow)
    world.put(referral, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: connector.tried == 1)
            world.put(recall, cases=[withdrawn(case_of())])
            other = send(number=2)
            world.put(other, cases=[case_of(2)])
            await until(lambda: world.state(other) == "delivered")
            assert connector.operations() == [REFER, REFER]
            may_answer.set()
            await until(lambda: world.state(recall) == "delivered")

    asyncio.run(story())

    assert connector.operations() == [REFER, REFER, RETRACT]
    assert world.state(referral) == "delivered"


@pytest.mark.promise("P4")
def test_a_referral_that_waits_for_its_retry_is_ended_by_its_recall(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector(MAYBE_SENT)
    world.put(referral, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: connector.tried == 1)
            world.put(recall, cases=[withdrawn(case_of())])
            await until(lambda: world.state(recall) == "delivered")

    asyncio.run(story())

    assert connector.operations() == [RETRACT]
    assert world.state(referral) == "cancelled"
    assert world.facts(FactKind.SEND_CANCELLED) == [("retracted",)]


@pytest.mark.promise("P4")
def test_a_recall_passes_halt_hold_and_staleness(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    world.put(referral, cases=[case_of()])
    letter = DeadLetter(
        letter_id=uuid4(),
        tenant=TENANT,
        partition=0,
        offset=0,
        event_id=None,
        type=None,
        person=person_key(1),
        reason="truncated",
        field_path="",
        remedy="",
        at=START,
        data_key=DataKeyId("key"),
        sealed=b"sealed",
    )

    async def story() -> None:
        await deliver_until_ended(world, connector, [referral])
        world.put(recall, cases=[withdrawn(case_of())], letters=[letter])
        world.store.control.halt(0, "test")
        world.caught_up(age_s=3600.0)
        await deliver_until_ended(world, connector, [recall])

    asyncio.run(story())

    assert connector.operations() == [REFER, RETRACT]


def test_the_emergency_brake_stops_a_recall_too(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    world.put(referral, cases=[case_of()])

    async def story() -> list[Operation]:
        await deliver_until_ended(world, connector, [referral])
        world.put(recall, cases=[withdrawn(case_of())])
        world.store.control.set_brake(Operator("testaccount", "test"))
        stop = CountingStop()
        running = asyncio.create_task(world.dispatcher(connector).run(stop))
        await until(lambda: stop.asked > 5)
        braked = connector.operations()
        world.store.control.lift_brake(Operator("testaccount", "test"))
        await until(lambda: world.state(recall) == "delivered")
        stop.set()
        await running
        return braked

    assert asyncio.run(story()) == [REFER]
    assert connector.operations() == [REFER, RETRACT]


@pytest.mark.promise("P2")
@pytest.mark.promise("P5")
def test_a_recall_concerns_its_own_generation_only(world: World) -> None:
    first, second = referral_and_recall(), referral_and_recall(generation=2, later_s=60.0)
    connector = ScriptedConnector()
    world.put(first[0], cases=[case_of()])

    async def story() -> None:
        await deliver_until_ended(world, connector, first[:1])
        world.put(first[1], *second, cases=[withdrawn(case_of())])
        await deliver_until_ended(world, connector, [first[1], *second])

    asyncio.run(story())

    assert [(m.operation, m.generation) for m in connector.sent] == [(REFER, 1), (RETRACT, 1)]
    assert [world.state(row) for row in second] == ["cancelled", "cancelled"]


@pytest.mark.promise("P4")
def test_a_recall_reaches_who_left_the_directory_under_the_norm_known_last(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    world.put(referral, cases=[case_of()])
    asyncio.run(deliver_until_ended(world, connector, [referral]))
    later = world.clock.now() + timedelta(seconds=61)
    versions = world.store.versions
    emptied = changed(directory(), version="directory-2", recipients={})
    versions.put_directory(TENANT, emptied, active_from=later, now=world.clock.now())
    without = changed(policy(), version="policy-2", purposes={})
    versions.put_policy(TENANT, without, active_from=later, now=world.clock.now())
    world.clock.advance(timedelta(seconds=61))
    world.put(recall, cases=[withdrawn(case_of())])

    asyncio.run(deliver_until_ended(world, connector, [recall]))

    assert connector.operations() == [REFER, RETRACT]
    assert connector.sent[-1].endpoint == connector.sent[0].endpoint
    assert connector.sent[-1].retraction_norm == "norm of retraction"


@pytest.mark.promise("P3")
def test_a_recall_that_no_connector_can_carry_waits_and_says_why(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    world.put(referral, cases=[case_of()])

    async def story() -> None:
        await deliver_until_ended(world, connector, [referral])
        world.put(recall, cases=[withdrawn(case_of())])
        dispatcher = world.dispatcher(connector, connectors={})
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await until(lambda: bool(world.facts(FactKind.PERMIT_DENIED)))
        stop.set()
        await running

    asyncio.run(story())

    assert world.state(recall) == "ready"
    assert world.facts(FactKind.PERMIT_DENIED) == [("connector-missing",)]
    counts = world.store.views.counts(world.clock.now())
    assert (counts.stuck_recalls, counts.oldest_recall_at) == (1, recall.ready_at)
    assert [view.denied for view in world.store.views.sends(recalls=True)] == [
        ("connector-missing",)
    ]


def test_who_possibly_holds_a_referral_is_counted_until_it_was_recalled(world: World) -> None:
    (referral, recall), connector = referral_and_recall(), ScriptedConnector()
    unsent = send(number=2)
    world.put(referral, cases=[case_of()])
    asyncio.run(deliver_until_ended(world, connector, [referral]))
    world.put(recall, unsent, cases=[withdrawn(case_of()), changed(case_of(2), consents=())])
    holding = world.store.views.disclosed(TENANT)

    asyncio.run(deliver_until_ended(world, connector, [recall]))

    counts = world.store.views.counts(world.clock.now())
    assert holding == {OFFICE: 1}
    assert world.store.views.disclosed(TENANT) == {}
    assert (counts.stuck_recalls, counts.oldest_recall_at) == (0, None)
