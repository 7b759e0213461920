"""Retries, order and results: at least once, in order per referral, never held up by a slow one."""

import asyncio
import time

import pytest

from hub.delivery.retry import RetrySchedule
from hub.domain.decision import FactKind
from hub.domain.referral import Operation
from hub.domain.values import changed
from hub.errors import Permanent, Retriable
from hub.ports import Receipt
from tests.integration.delivery.people import OFFICE, OTHER_OFFICE, case_of, send
from tests.integration.delivery.world import QUICK, ScriptedConnector, World, until

BROKEN = Retriable("the connection broke", code="connection-lost")


def stages(world: World) -> set[str]:
    return {row.kind for row in world.query("select kind from due_events")}


@pytest.mark.promise("P2")
def test_every_attempt_of_a_message_carries_the_same_idempotency_id(world: World) -> None:
    row, seen = send(), []

    class Watching(ScriptedConnector):
        """Notes the id of every attempt."""

        async def deliver(self, message, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as in the base
            seen.append(message.idempotency_id)
            return await super().deliver(message, window)

    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(Watching(BROKEN, BROKEN)):
            await until(lambda: world.state(row) == "delivered")

    asyncio.run(story())

    assert seen == [row.idempotency_id] * 3
    assert world.query("select attempts from outbox")[0].attempts == 3


@pytest.mark.promise("P3")
def test_the_permit_is_computed_again_at_every_retry(world: World) -> None:
    row, connector = send(), ScriptedConnector(BROKEN)
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: connector.tried == 1)
            world.put(cases=[changed(case_of(), consents=(), version=2)])
            await until(lambda: bool(world.facts(FactKind.PERMIT_DENIED)))

    asyncio.run(story())

    assert connector.tried == 1


@pytest.mark.parametrize(
    ("script", "stage", "code"),
    [
        ([BROKEN] * 4, "delivery-exhausted", "connection-lost"),
        ([Permanent("gone", code="recipient-gone")], "delivery-rejected", "recipient-gone"),
        (
            [Permanent("too large", code="too-large", possibly_sent=False)],
            "delivery-rejected",
            "too-large",
        ),
        ([Receipt(accepted=False)], "delivery-rejected", "not-accepted"),
    ],
    ids=["exhausted", "refused", "refused-unsent", "not-accepted"],
)
def test_an_attempt_that_ends_for_good_tells_the_case(
    world: World, script: list[Exception | Receipt], stage: str, code: str
) -> None:
    row = send()
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(ScriptedConnector(*script)):
            await until(lambda: world.state(row) == "failed")

    asyncio.run(story())

    assert stages(world) == {"delivery-intent", stage}
    assert world.facts(FactKind.DISCLOSURE_RESULT)[-1][1] == code


def test_a_wait_the_recipient_asks_for_is_kept(world: World) -> None:
    row = send()
    connector = ScriptedConnector(Retriable("slow down", retry_after_s=600.0, code="http-429"))
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: bool(world.query("select 1 from attempts")))

    asyncio.run(story())

    found = world.query("select next_attempt_at from outbox")[0].next_attempt_at
    assert found / 1e6 == pytest.approx(time.time() + 600.0, abs=30.0)


@pytest.mark.promise("P5")
def test_an_update_never_overtakes_its_referral(world: World) -> None:
    referral = send()
    update = send(Operation.UPDATE, version=2, later_s=1.0)
    unrelated = send(number=2)
    connector = ScriptedConnector(BROKEN, BROKEN)
    world.put(referral, update, unrelated, cases=[case_of(1), case_of(2)])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: world.state(update) == "delivered")

    asyncio.run(story())

    own = [m for m in connector.sent if m.referral_id == referral.referral_id]
    assert [m.operation for m in own] == [Operation.REFER, Operation.UPDATE]
    assert world.state(unrelated) == "delivered"


def test_a_recipient_that_hangs_delays_nobody_elses_result(world: World) -> None:
    hanging = [send(number=n) for n in range(1, 4)]
    quick = [send(number=n, recipient=OTHER_OFFICE) for n in range(4, 10)]
    released = asyncio.Event()

    class HalfHanging(ScriptedConnector):
        """Hangs for one office, answers for the other."""

        async def deliver(self, message, window):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as in the base
            if message.recipient == OFFICE:
                await released.wait()
            return await super().deliver(message, window)

    world.put(*hanging, *quick, cases=[case_of(n) for n in range(1, 10)])
    settings = changed(QUICK, per_recipient=2, concurrency=4)

    async def story() -> None:
        async with world.delivering(HalfHanging(), settings):
            await until(lambda: all(world.state(row) == "delivered" for row in quick))
            assert [world.state(row) for row in hanging] == ["ready"] * 3
            released.set()
            await until(lambda: all(world.state(row) == "delivered" for row in hanging))

    asyncio.run(story())


def test_no_more_attempts_run_at_once_than_allowed(world: World) -> None:
    rows = [send(number=n) for n in range(1, 12)]
    running: set[object] = set()
    most: list[int] = []

    async def count() -> Receipt:
        mark = object()
        running.add(mark)
        most.append(len(running))
        await asyncio.sleep(0.02)
        running.discard(mark)
        return Receipt(accepted=True)

    world.put(*rows, cases=[case_of(n) for n in range(1, 12)])

    async def story() -> None:
        connector = ScriptedConnector(*[count] * len(rows))
        async with world.delivering(connector, changed(QUICK, per_recipient=3, concurrency=8)):
            await until(lambda: all(world.state(row) == "delivered" for row in rows))

    asyncio.run(story())

    assert max(most) == 3


def test_a_connector_that_hangs_is_given_up_and_counts_as_possibly_disclosed(world: World) -> None:
    row = send()

    async def forever() -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError

    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(
            ScriptedConnector(forever), changed(QUICK, attempt_timeout_s=0.05)
        ):
            await until(lambda: world.state(row) == "delivered")

    asyncio.run(story())

    assert world.facts(FactKind.DISCLOSURE_RESULT)[0] == ("retriable", "timeout")


@pytest.mark.promise("P6")
def test_a_connectors_own_fault_is_retried_and_its_words_are_not_logged(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    row = send()
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(ScriptedConnector(ZeroDivisionError("about Testkind"))):
            await until(lambda: world.state(row) == "delivered")

    asyncio.run(story())
    printed = "".join(capsys.readouterr())

    assert world.facts(FactKind.DISCLOSURE_RESULT)[0] == ("retriable", "connector-error")
    assert "ZeroDivisionError" in printed
    assert "Testkind" not in printed


def test_on_stop_running_attempts_finish_and_their_results_are_stored(world: World) -> None:
    row = send()

    async def slow() -> Receipt:
        await asyncio.sleep(0.1)
        return Receipt(accepted=True)

    connector = ScriptedConnector(slow)
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: connector.tried == 1)

    asyncio.run(story())

    assert world.state(row) == "delivered"


def test_an_attempt_that_outlasts_the_grace_period_is_noted_as_interrupted(world: World) -> None:
    row = send()

    async def forever() -> Receipt:
        await asyncio.Event().wait()
        raise AssertionError

    connector = ScriptedConnector(forever)
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector, changed(QUICK, grace_s=0.1)):
            await until(lambda: connector.tried == 1)

    asyncio.run(story())

    assert world.state(row) == "ready"
    assert world.facts(FactKind.DISCLOSURE_RESULT) == [("retriable", "interrupted")]


def test_a_recipient_that_keeps_failing_is_left_alone_while_others_go_on(world: World) -> None:
    failing, good = send(), send(number=2, recipient=OTHER_OFFICE)
    settings = changed(
        QUICK,
        breaker_failures=2,
        breaker_pause_s=60.0,
        retry=RetrySchedule(waits_s=(0.0,) * 20, jitter=0.0),
    )
    connector = ScriptedConnector(*[BROKEN] * 2)
    world.put(failing, cases=[case_of(1), case_of(2)])

    async def story() -> None:
        async with world.delivering(connector, settings):
            await until(lambda: len(world.query("select 1 from attempts")) == 2)
            world.put(good)
            await until(lambda: world.state(good) == "delivered")

    asyncio.run(story())

    assert connector.tried == 3
    assert world.state(failing) == "ready"
