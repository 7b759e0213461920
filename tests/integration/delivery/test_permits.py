"""Nothing leaves without a permit that holds when it is sent, and an intent stored first."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest

from hub.delivery.cases import Reader
from hub.delivery.desk import Desk
from hub.delivery.permits import grant
from hub.domain.case import Case, Freeze
from hub.domain.decision import FactKind
from hub.domain.events import DeliveryNoted, DeliveryStage
from hub.domain.ids import DataKeyId, PersonKey, TenantId, partition_of
from hub.domain.referral import Business, Operation, Referral
from hub.domain.values import changed
from hub.errors import Retriable
from hub.ports import ClaimedSend, DataKey, DeadLetter, FactRow, SendRow
from hub.store.delivery import SqlDeliveryBatch, SqlDeliveryStore
from hub.testing.clock import START
from tests.integration.delivery.people import (
    TENANT,
    case_of,
    content,
    person_key,
    referral_of,
    retracted,
    send,
    withdrawn,
)
from tests.integration.delivery.world import PARTITIONS, QUICK, ScriptedConnector, World, until


def desk_of(world: World) -> Desk:
    """Return what the dispatcher's steps work with, for tests that take one step at a time."""
    return Desk(
        worker="worker-1",
        store=world.store.delivery,
        reader=Reader(vault=world.vault, sealer=world.sealer),
        clock=world.clock,
        connectors={"webhook": ScriptedConnector()},
        partitions=PARTITIONS,
        settings=QUICK,
        monotonic=time.monotonic,
    )


def claim(world: World) -> list[ClaimedSend]:
    return world.store.delivery.claim("worker-1", 10, QUICK.lease_s)


def answered() -> Referral:
    """Return a referral that its recipient closed by an answer."""
    return changed(referral_of(send()), business=Business.DECLINED)


def at_version(version: int) -> Case:
    """Return the case after its referral was said anew until this version."""
    return changed(
        case_of(),
        version=version,
        referrals=(referral_of(send(Operation.UPDATE, version=version)),),
    )


def intents(world: World) -> int:
    return len(world.query("select 1 from intents"))


async def settle(world: World, connector: ScriptedConnector, *sends: SendRow) -> None:
    """Run a dispatcher until each row ended or was denied."""
    async with world.delivering(connector):
        await until(
            lambda: all(
                world.query(
                    "select 1 from outbox where send_id = :id"
                    " and (state <> 'ready' or denied is not null)",
                    id=row.send_id.hex,
                )
                for row in sends
            )
        )


@pytest.mark.promise("P3")
def test_a_referral_under_a_permit_leaves_and_the_case_is_told(world: World) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[case_of()])

    asyncio.run(settle(world, connector, row))

    noted = [
        msgspec.msgpack.decode(found.body, type=DeliveryNoted)
        for found in world.query("select body from due_events order by event_id")
    ]
    assert [message.content for message in connector.sent] == [content()]
    assert connector.sent[0].pages["de"].startswith("Hilfeangebot mit Einwilligung")
    assert {note.stage for note in noted} == {DeliveryStage.INTENT, DeliveryStage.DELIVERED}
    assert world.facts(FactKind.DISCLOSURE_RESULT) == [("delivered", "accepted")]
    assert len(world.facts(FactKind.DISCLOSURE_INTENT)) == 1


@pytest.mark.promise("P3")
@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (changed(case_of(), consents=()), "no-consent"),
        (withdrawn(case_of()), "consent-withdrawn"),
        (changed(case_of(), freeze=Freeze(set_at=START, set_by="officer")), "frozen"),
        (changed(case_of(), children=()), "child-unknown"),
        (changed(case_of(), episodes=()), "entered-in-error"),
        (retracted(case_of(), send()), "referral-ended"),
        (changed(case_of(), referrals=()), "referral-ended"),
        (changed(case_of(), referrals=(answered(),)), "referral-ended"),
    ],
)
def test_without_a_permit_nothing_leaves_and_the_log_says_why(
    world: World, case: Case, reason: str
) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[case])

    asyncio.run(settle(world, connector, row))

    assert connector.tried == 0
    assert intents(world) == 0
    assert world.state(row) == "ready"
    assert reason in world.facts(FactKind.PERMIT_DENIED)[0]


@pytest.mark.promise("P3")
def test_what_was_said_anew_since_does_not_leave_in_its_old_words(world: World) -> None:
    row, connector = send(), ScriptedConnector(Retriable("busy", code="http-503"))
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(connector):
            await until(lambda: connector.tried == 1)
            world.put(cases=[at_version(2)])
            await until(lambda: bool(world.facts(FactKind.PERMIT_DENIED)))

    asyncio.run(story())

    assert connector.sent == []
    assert world.state(row) == "ready"
    assert world.facts(FactKind.PERMIT_DENIED) == [("outdated",)]


@pytest.mark.promise("P3")
@pytest.mark.promise("P5")
@pytest.mark.parametrize("operation", [Operation.UPDATE, Operation.RELEASE_NOTICE])
def test_an_outdated_message_is_ended_and_the_newer_one_behind_it_goes(
    world: World, operation: Operation
) -> None:
    old = send(operation, version=2, later_s=1.0)
    new = send(Operation.UPDATE, version=3, later_s=2.0)
    connector = ScriptedConnector()
    world.put(old, new, cases=[at_version(3)])

    asyncio.run(settle(world, connector, old, new))

    assert [message.content_version for message in connector.sent] == [3]
    assert (world.state(old), world.state(new)) == ("cancelled", "delivered")
    assert world.facts(FactKind.SEND_CANCELLED) == [("outdated",)]


@pytest.mark.promise("P4")
def test_a_withdrawal_committed_between_claim_and_permit_denies(world: World) -> None:
    row = send()
    world.put(row, cases=[case_of()])
    claimed = claim(world)

    world.put(cases=[withdrawn(case_of())])
    ready = grant(desk_of(world), claimed)

    assert len(claimed) == 1
    assert ready == []
    assert intents(world) == 0


@pytest.mark.promise("P4")
def test_permit_and_intent_are_one_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.put(send(), cases=[case_of()])
    claimed = claim(world)

    def refuse(_batch: SqlDeliveryBatch, _facts: list[FactRow]) -> None:
        raise Retriable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(SqlDeliveryBatch, "log", refuse)
        with pytest.raises(Retriable):
            grant(desk_of(world), claimed)
    after_failure = intents(world)
    ready = grant(desk_of(world), claimed)

    assert after_failure == 0
    assert [item.claim for item in ready] == claimed
    assert intents(world) == 1


@pytest.mark.promise("P4")
def test_the_permit_must_hold_for_the_intents_whole_lifetime(world: World) -> None:
    case = case_of()
    record = case.consents[0].record
    expiring = changed(
        case,
        consents=(
            changed(
                case.consents[0],
                record=changed(record, expires_at=world.clock.now() + timedelta(seconds=4)),
            ),
        ),
    )
    world.put(send(), cases=[expiring])

    ready = grant(desk_of(world), claim(world))

    assert ready == []
    assert ("consent-expired",) in world.facts(FactKind.PERMIT_DENIED)


@pytest.mark.promise("P4")
def test_a_lagging_processor_makes_referrals_wait(world: World) -> None:
    world.put(send(), cases=[case_of()])
    world.caught_up(age_s=360.0)
    ready = grant(desk_of(world), claim(world))

    assert ready == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("consent-view-stale",)]


@pytest.mark.promise("P11")
def test_input_that_was_not_understood_holds_the_person(world: World) -> None:
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
    world.put(send(), cases=[case_of()], letters=[letter])

    ready = grant(desk_of(world), claim(world))

    assert ready == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("unresolved-input",)]


@pytest.mark.promise("P4")
def test_an_intent_too_old_for_its_first_byte_discloses_nothing_and_is_asked_anew(
    world: World,
) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[case_of()])
    settings = changed(QUICK, intent_lifetime_s=0.0)

    async def first() -> None:
        async with world.delivering(connector, settings):
            await until(lambda: bool(world.query("select 1 from attempts")))

    asyncio.run(first())
    outcomes = {found.outcome for found in world.query("select outcome from attempts")}
    asyncio.run(settle(world, connector, row))

    assert outcomes == {"not-sent"}
    assert world.state(row) == "delivered"
    assert len(connector.sent) == 1


@pytest.mark.promise("P3")
def test_a_denial_is_logged_when_its_reasons_change_and_not_again(world: World) -> None:
    world.put(send(), cases=[changed(case_of(), consents=())])
    desk = desk_of(world)._replace(settings=changed(QUICK, denied_retry_s=0.0))

    for case in (None, changed(withdrawn(case_of()), version=3)):
        if case is not None:
            world.put(cases=[case])
        for _ in range(2):
            grant(desk, claim(world))

    assert world.facts(FactKind.PERMIT_DENIED) == [("no-consent",), ("consent-withdrawn",)]


@pytest.mark.promise("P3")
def test_a_changed_case_makes_its_denied_rows_tried_at_once(world: World) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[changed(case_of(), consents=())])

    asyncio.run(settle(world, connector, row))
    denied = world.state(row)
    world.put(cases=[changed(case_of(), version=2)])

    async def again() -> None:
        async with world.delivering(connector):
            await until(lambda: world.state(row) == "delivered")

    asyncio.run(again())

    assert denied == "ready"
    assert len(connector.sent) == 1


def test_a_merged_person_is_judged_by_the_case_that_survives(world: World) -> None:
    row, survivor = send(number=1), person_key(2)
    case = changed(case_of(1), person=survivor, aliases=(person_key(1),))
    world.put(row, cases=[case], aliases={person_key(1): survivor})

    ready = grant(desk_of(world), claim(world))

    assert [item.claim.row.send_id for item in ready] == [row.send_id]


def test_a_change_of_the_survivors_case_makes_denied_rows_of_a_merged_number_tried_at_once(
    world: World,
) -> None:
    survivor, row = person_key(2), send(number=1)
    case = changed(case_of(1), person=survivor, aliases=(person_key(1),), consents=())
    world.put(row, cases=[case], aliases={person_key(1): survivor})
    denied = grant(desk_of(world), claim(world))

    world.put(cases=[changed(case, version=2, consents=case_of(1).consents)])

    assert denied == []
    assert [item.claim.row.send_id for item in grant(desk_of(world), claim(world))] == [row.send_id]


@pytest.mark.promise("P4")
def test_a_stale_partition_of_an_alias_makes_the_survivor_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    survivor, alias = person_key(2), PersonKey(f"{3:016x}{0:048x}")
    case = changed(case_of(1), person=survivor, aliases=(alias,))
    world.put(send(number=1)._replace(person=survivor), cases=[case])
    monkeypatch.setattr(SqlDeliveryStore, "fresh_partitions", lambda *_: {0, 1, 2})

    ready = grant(desk_of(world), claim(world))

    assert partition_of(survivor, PARTITIONS) != 3
    assert ready == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("consent-view-stale",)]


@pytest.mark.promise("P7")
def test_what_is_about_an_erased_person_is_ended_not_retried(world: World) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[case_of()])
    world.vault.erase(TENANT, person_key(1))

    asyncio.run(settle(world, connector, row))

    assert connector.tried == 0
    assert world.state(row) == "cancelled"
    assert world.facts(FactKind.SEND_CANCELLED) == [("erased",)]


def test_one_row_that_cannot_be_judged_does_not_stop_its_neighbours(world: World) -> None:
    newer = msgspec.msgpack.encode(changed(content(), profile="not-known-here/9"))
    odd, good = send(number=1)._replace(sealed=newer), send(number=2)
    connector = ScriptedConnector()
    world.put(odd, good, cases=[case_of(1), case_of(2)])

    asyncio.run(settle(world, connector, odd, good))

    assert [message.referral_id for message in connector.sent] == [good.referral_id]
    assert world.facts(FactKind.PERMIT_DENIED) == [("dispatcher-fault",)]


def test_a_recipient_whose_connector_is_not_configured_waits(world: World) -> None:
    world.put(send(), cases=[case_of()])

    ready = grant(desk_of(world)._replace(connectors={}), claim(world))

    assert ready == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("connector-missing",)]


def test_a_connector_is_never_handed_what_it_cannot_carry(world: World) -> None:
    connector = ScriptedConnector()
    connector.capabilities = changed(connector.capabilities, operations=(Operation.RETRACT,))
    world.put(send(), cases=[case_of()])

    ready = grant(desk_of(world)._replace(connectors={"webhook": connector}), claim(world))

    assert ready == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("not-carried-by-connector",)]


@pytest.mark.promise("P10")
def test_an_outage_of_the_vault_is_waited_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, connector = send(), ScriptedConnector()
    world.put(row, cases=[case_of()])
    real = world.vault.unwrap
    outage = [Retriable("the vault does not answer")]

    def unwrap(tenant: TenantId, keys: Sequence[DataKeyId]) -> dict[DataKeyId, DataKey | None]:
        if outage:
            raise outage.pop()
        return real(tenant, keys)

    monkeypatch.setattr(world.vault, "unwrap", unwrap)
    asyncio.run(settle(world, connector, row))

    assert outage == []
    assert world.state(row) == "delivered"


@pytest.mark.promise("P3")
def test_a_send_of_a_person_without_case_is_denied(world: World) -> None:
    world.put(send()._replace(person=PersonKey("f" * 64)), cases=[case_of()])

    assert grant(desk_of(world), claim(world)) == []
    assert world.facts(FactKind.PERMIT_DENIED) == [("case-unknown",)]
