"""The relay publishes every life-cycle fact at least once, and never content."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from hub.codec import AvroEventCodec, SchemaSet
from hub.delivery.relay import Relay
from hub.errors import Poison, Retriable
from hub.ports import FactRow, NewRecord, Topic
from hub.testing.memory_log import MemoryLog
from tests.integration.delivery.people import case_of, send
from tests.integration.delivery.world import PARTITIONS, ScriptedConnector, World, until


class CrashingLog(MemoryLog):
    """A log that takes what it is given and fails before it says so, as often as told."""

    failures = 1

    def append(self, topic: Topic, records: Sequence[NewRecord]) -> None:
        """Append; then fail."""
        super().append(topic, records)
        if self.failures:
            self.failures -= 1
            raise Retriable("the answer was lost")


def relay(world: World, log: MemoryLog, worker: str = "relay-1") -> Relay:
    codec = AvroEventCodec(SchemaSet.load())
    return Relay(worker=worker, store=world.store.relay, codec=codec, log=log, poll_s=0.01)


def published(log: MemoryLog) -> list[bytes]:
    return [
        record.value
        for partition in range(PARTITIONS)
        for record in log.read(Topic.REFERRAL_FACTS, partition, 0, 1000)
    ]


def deliver_one(world: World) -> None:
    row = send()
    world.put(row, cases=[case_of()])

    async def story() -> None:
        async with world.delivering(ScriptedConnector()):
            await until(lambda: world.state(row) == "delivered")

    asyncio.run(story())


@pytest.mark.promise("P6")
def test_intent_and_result_are_published_without_content(world: World) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    deliver_one(world)

    count = relay(world, log).publish()

    assert count == len(published(log)) == 2
    assert not any(b"Testkind" in value for value in published(log))
    assert relay(world, log).publish() == 0


def test_a_crash_between_append_and_mark_repeats_and_loses_nothing(world: World) -> None:
    log = CrashingLog(partitions=PARTITIONS)
    deliver_one(world)

    async def story() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(relay(world, log).run(stop))
        await until(lambda: not world.store.relay.unpublished(1))
        stop.set()
        await running

    asyncio.run(story())

    assert len(published(log)) == 4
    assert len(set(published(log))) == 2


def test_only_one_relay_works_at_a_time(world: World) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    first, second = relay(world, log), relay(world, log, "relay-2")
    first.publish()
    deliver_one(world)

    assert second.publish() == 0
    assert first.publish() == 2


def test_a_fact_that_cannot_be_written_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = MemoryLog(partitions=PARTITIONS)
    deliver_one(world)
    bad = world.store.relay.unpublished(1)[0].fact_id
    encode = AvroEventCodec.encode_fact

    def refuse_one(codec: AvroEventCodec, fact: FactRow) -> bytes:
        if fact.fact_id == bad:
            raise Poison("wrong-schema")
        return encode(codec, fact)

    monkeypatch.setattr(AvroEventCodec, "encode_fact", refuse_one)
    count = relay(world, log).publish()

    assert isinstance(bad, UUID)
    assert count == 2
    assert len(published(log)) == 1
