"""Delivery on a real SQLite store: fill the outbox, run the dispatcher, look what happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from hub.delivery.dispatcher import Dispatcher
from hub.delivery.retry import RetrySchedule
from hub.delivery.settings import DeliverySettings
from hub.domain.case import Case
from hub.domain.consent import Category
from hub.domain.decision import FactKind
from hub.domain.ids import PersonKey
from hub.domain.referral import Operation
from hub.ports import (
    BatchWrites,
    Capabilities,
    Connector,
    DataKey,
    DeadLetter,
    IntentWindow,
    KeyVault,
    LogIdentity,
    OutboundMessage,
    Receipt,
    SendRow,
    StoredCase,
)
from hub.privacy.sealing import AesGcmSealer
from hub.store.acts import Operator
from hub.store.dialect import create_engine
from hub.store.store import Store
from hub.store.tables import Base
from hub.testing.clock import START, FakeClock
from hub.testing.vault import MemoryVault
from tests.integration.delivery.people import TENANT, directory, policy

PARTITIONS = 4
DEADLINE_S = 20.0

QUICK = DeliverySettings(
    attempt_timeout_s=2.0,
    claim_patience_s=1.0,
    denied_retry_s=30.0,
    recall_wait_s=0.02,
    poll_s=0.01,
    result_window_s=0.001,
    grace_s=2.0,
    retry=RetrySchedule(waits_s=(0.0, 0.02, 0.02, 0.02), jitter=0.0),
    breaker_failures=100,
)
"""The default rules with waits short enough for a test."""


def store_url(folder: Path) -> str:
    """Return where the store of a test lies."""
    return f"sqlite:///{folder / 'store.db'}"


class World:
    """Store, keys and clock of one hub."""

    def __init__(self, folder: Path, vault: KeyVault | None = None) -> None:
        engine = create_engine(store_url(folder))
        Base.metadata.create_all(engine)
        self.store = Store(engine)
        self.vault = vault or MemoryVault()
        self.sealer = AesGcmSealer()
        self.clock = FakeClock()
        self.store.positions.init(
            LogIdentity("cluster", "topic", PARTITIONS),
            dict.fromkeys(range(PARTITIONS), 0),
            Operator("testaccount", "test"),
        )
        versions = self.store.versions
        versions.put_policy(TENANT, policy(), active_from=START, now=START)
        versions.put_directory(TENANT, directory(), active_from=START, now=START)
        self.caught_up()

    def caught_up(self, age_s: float = 0.0) -> None:
        """Let the processor have caught up `age_s` seconds ago, and not since."""
        with self.store.engine.begin() as connection:
            connection.execute(text("delete from partition_views"))
        for partition in range(PARTITIONS):
            self.store.cases.caught_up(partition, age_s)

    def key(self, person: PersonKey) -> DataKey:
        """Return a person's data key."""
        key = self.vault.get_or_create(TENANT, [person])[person]
        assert key is not None, "the person was erased"
        return key

    def put(
        self,
        *sends: SendRow,
        cases: Sequence[Case] = (),
        letters: Sequence[DeadLetter] = (),
        aliases: Mapping[PersonKey, PersonKey] | None = None,
    ) -> None:
        """Commit what a batch of the processor would: cases, and rows with their content sealed."""
        stored = [self._stored(case) for case in cases] + [
            StoredCase(TENANT, alias, 1, None, None, survivor)
            for alias, survivor in (aliases or {}).items()
        ]
        persons = [(TENANT, case.person) for case in stored]
        writes = BatchWrites(
            cases=stored,
            children=(),
            episodes=(),
            reopened=(),
            outcomes=(),
            inbox=(),
            dead_letters=letters,
            sends=[self._sealed(send) for send in sends],
            replaced=(),
            timers=(),
            tasks=(),
            lookups=(),
            withheld=(),
            facts=(),
            decided=(),
        )
        with self.store.cases.batch() as batch:
            batch.lock_cases(persons)
            batch.write(writes)

    def dispatcher(
        self,
        connector: Connector,
        settings: DeliverySettings = QUICK,
        *,
        connectors: Mapping[str, Connector] | None = None,
    ) -> Dispatcher:
        """Return a dispatcher that delivers through `connector`, or has just `connectors`."""
        return Dispatcher(
            worker="worker-1",
            store=self.store.delivery,
            vault=self.vault,
            sealer=self.sealer,
            clock=self.clock,
            connectors={"webhook": connector} if connectors is None else connectors,
            partitions=PARTITIONS,
            settings=settings,
        )

    @asynccontextmanager
    async def delivering(
        self, connector: Connector, settings: DeliverySettings = QUICK
    ) -> AsyncIterator[None]:
        """Run a dispatcher within the block; it drains at the end."""
        stop = asyncio.Event()
        running = asyncio.create_task(self.dispatcher(connector, settings).run(stop))
        try:
            yield
        finally:
            stop.set()
            await running

    def query(self, sql: str, **values: object) -> list[Any]:
        """Return the rows of a query, to look from outside."""
        with self.store.engine.connect() as connection:
            return list(connection.execute(text(sql), values))

    def state(self, send: SendRow) -> str:
        """Return a row's state."""
        found: str = self.query(
            "select state from outbox where send_id = :id", id=send.send_id.hex
        )[0][0]
        return found

    def facts(self, kind: FactKind) -> list[tuple[str, ...]]:
        """Return the reasons of every line of a kind in the decision log, oldest first."""
        rows = self.query(
            "select * from decision_log where kind = :kind order by number", kind=kind
        )
        return [tuple(msgspec.json.decode(row.reasons)) for row in rows]

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def _stored(self, case: Case) -> StoredCase:
        key = self.key(case.person)
        sealed = self.sealer.seal(key, f"case:{TENANT}:{case.person}", msgspec.msgpack.encode(case))
        return StoredCase(TENANT, case.person, case.version, key.key_id, sealed, None)

    def _sealed(self, send: SendRow) -> SendRow:
        if send.sealed is None:
            return send
        key = self.key(send.person)
        context = f"send:{TENANT}:{send.person}:{send.send_id}"
        return send._replace(
            data_key=key.key_id, sealed=self.sealer.seal(key, context, send.sealed)
        )


class ScriptedConnector:
    """A connector that records what it is handed and behaves as told, message by message."""

    capabilities = Capabilities(
        operations=tuple(Operation), categories=tuple(Category), max_bytes=1_000_000
    )

    def __init__(self, *script: Callable[[], Any] | BaseException | Receipt) -> None:
        self.sent: list[OutboundMessage] = []
        self.tried = 0
        self._script = list(script)

    async def check(self) -> None:
        """Nothing to reach."""

    async def deliver(self, message: OutboundMessage, window: IntentWindow) -> Receipt:
        """Follow the script; after its end accept everything."""
        self.tried += 1
        window.ensure_open()
        step = self._script.pop(0) if self._script else Receipt(accepted=True)
        if isinstance(step, BaseException):
            raise step
        if isinstance(step, Receipt):
            self.sent.append(message)
            return step
        self.sent.append(message)
        receipt: Receipt = await step()
        return receipt

    async def close(self) -> None:
        """Nothing to release."""

    def behave(self) -> None:
        """Forget the rest of the script: accept everything from now on."""
        self._script.clear()

    def operations(self) -> list[Operation]:
        """Return the operations of what was sent, in order."""
        return [message.operation for message in self.sent]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds; fail at the deadline."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is a row in a database
            await asyncio.sleep(0.01)
