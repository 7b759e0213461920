"""Opens the store: every port that is kept in the database, behind one object."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from sqlalchemy import Engine

from hub.domain.ids import Namespace
from hub.store.counts import CountViews
from hub.store.database import Database
from hub.store.delivery import SqlDeliveryStore
from hub.store.dialect import create_engine
from hub.store.halts import SqlControl
from hub.store.holds import SqlDeadLetters
from hub.store.ingress import SqlIngressStore
from hub.store.log_views import LogViews
from hub.store.migrate import require_current, upgrade
from hub.store.positions import SqlPositions
from hub.store.prefixes import PrefixViews
from hub.store.processor import SqlCaseStore
from hub.store.relay import SqlRelayStore
from hub.store.rules import RuleCache, SqlRuleVersions
from hub.store.send_views import SendViews
from hub.store.views import CaseViews, StopViews


class Views(CaseViews, SendViews, LogViews, StopViews, CountViews, PrefixViews):
    """Everything that may be read of the store, as one object; nothing here changes anything."""


class Store:
    """All ports of one database. Safe to share between threads; not across a fork.

    `cases` serves the processor, `delivery` the dispatcher, `ingress` timers and look-ups, `relay`
    the relay, `positions` the start-up, `control` halts and the brake, `dead_letters` an operator,
    `versions` policy and directory, `views` everything that only reads.
    """

    def __init__(self, engine: Engine, lookup_namespaces: tuple[Namespace, ...] = ()) -> None:
        database = Database(engine)
        rules = RuleCache(database, lookup_namespaces)
        self._database = database
        self.engine = engine
        self.cases = SqlCaseStore(database, rules)
        self.delivery = SqlDeliveryStore(database, rules)
        self.ingress = SqlIngressStore(database)
        self.relay = SqlRelayStore(database)
        self.positions = SqlPositions(database)
        self.control = SqlControl(database)
        self.dead_letters = SqlDeadLetters(database)
        self.versions = SqlRuleVersions(database)
        self.views = Views(database)

    def close(self) -> None:
        """Close all connections; closing twice is harmless."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str, *, lookup_namespaces: tuple[Namespace, ...] = ()) -> Store:
    """Open `sqlite:///path` or `postgresql://...`.

    `lookup_namespaces` are the registers for which children can be looked up; they are part of the
    rules. Raises `ConfigError` when the tables are not those of this version (`hub db upgrade`),
    `Retriable` when the database can't be reached.
    """
    engine = create_engine(url)
    try:
        require_current(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, lookup_namespaces)


def upgrade_store(url: str) -> str:
    """Bring the database at `url` to this version's tables and return their revision."""
    engine = create_engine(url)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()
