"""The truth as the processor sees it: batches, how current the view is, the rules in force."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from hub.domain.ids import TenantId
from hub.domain.policy import Rules
from hub.store.batch import SqlBatch
from hub.store.database import Database
from hub.store.positions import caught_up
from hub.store.rules import RuleCache


class SqlCaseStore:
    """See `hub.ports.CaseStore`. Safe to share between threads and processes."""

    def __init__(self, database: Database, rules: RuleCache) -> None:
        self._database = database
        self._rules = rules

    @contextmanager
    def batch(self) -> Iterator[SqlBatch]:
        """Begin a transaction.

        Raises `Retriable` on connection, serialisation or disk errors, `Permanent(code="data")`
        when a row was refused.
        """
        with self._database.write() as connection:
            yield SqlBatch(connection)

    def caught_up(self, partition: int, age_s: float) -> None:
        """Note that everything in the partition's log up to `age_s` seconds ago was decided.

        An earlier instant than the one noted changes nothing, unless that one has yet to come: then
        the database's clock was set back. Raises `Retriable`.
        """
        asked = time.monotonic() - age_s
        with self._database.write() as connection:
            # The transaction may have waited long for its turn, and that makes the view older.
            caught_up(connection, partition, lambda: time.monotonic() - asked)

    def rules(self, tenant: TenantId, now: datetime) -> Rules:
        """Return the newest rules active at `now`. Raises `ConfigError` where there are none."""
        return self._rules.rules(tenant, now)
