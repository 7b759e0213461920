"""Does the store hold what the core decided? Outcomes, cases, outbox, decision log and the rest."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final
from uuid import UUID

import msgspec

from hub.domain.case import Case, ClosedEpisode
from hub.domain.content import Content
from hub.domain.events import TimerDue
from hub.domain.ids import DataKeyId
from hub.errors import Poison
from hub.ports import KeyVault, Sealer
from tests.support.chaos_rules import TENANT
from tests.support.verifier_core import Run
from tests.support.verifier_files import Files

_TIMER: Final = "timers.due"


class StoreCheck:
    """Compares the store's tables with the core's run; every method yields what is wrong."""

    def __init__(self, files: Files, run: Run, vault: KeyVault, sealer: Sealer) -> None:
        self._files = files
        self._run = run
        self._vault = vault
        self._sealer = sealer

    def problems(self) -> Iterator[str]:
        """Yield everything that is wrong."""
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self.outcomes,
            self.positions,
            self.cases,
            self.archive,
            self.open_items,
            self.letters,
            self.outbox,
            self.decisions,
        )
        yield from self._run.faults
        for check in checks:
            yield from check()

    def outcomes(self) -> Iterator[str]:
        """Every record of the log has exactly one outcome, and it is the core's (P1)."""
        stored = Counter((row["partition"], row["offset"]) for row in self._rows("outcomes"))
        for place in sorted(stored.keys() | self._run.outcomes.keys()):
            if stored[place] != 1:
                yield f"record {place} has {stored[place]} outcomes"
        for row in self._rows("outcomes"):
            found = (row["outcome"], row["reason"])
            wanted = self._run.outcomes.get((row["partition"], row["offset"]))
            if wanted not in {None, found}:
                place = (row["partition"], row["offset"])
                yield f"record {place} ended as {found}, the core says {wanted}"
        yield from _differ("inbox", self._ids("inbox", "event_id"), self._run.inbox)

    def positions(self) -> Iterator[str]:
        """Every partition was decided to its end, and offsets have no gap (P1)."""
        stored = {row["partition"]: row["offset"] for row in self._rows("positions")}
        yield from _differ("positions", set(stored.items()), set(self._files.ends.items()))
        for partition, end in self._files.ends.items():
            offsets = [r.offset for r in self._files.records if r.partition == partition]
            if offsets != list(range(end)):
                yield f"the log's partition {partition} has a gap"
        for row in self._rows("positions"):
            if (row["cluster_id"], row["topic_id"]) != self._files.log_ids:
                yield f"position {row['partition']} is of another log"
        if self._rows("halts"):
            yield "the processor halted"

    def cases(self) -> Iterator[str]:
        """Every case is, once opened, the one the core holds."""
        stored = {
            row["person"]: self._open(row, f"case:{TENANT}:{row['person']}", Case)
            for row in self._rows("cases")
            if row["sealed"] is not None
        }
        for person in sorted(stored.keys() | self._run.cases.keys()):
            wanted = self._run.cases.get(person)
            if stored.get(person) != wanted:
                yield f"case {person[:8]}: {_unlike(stored.get(person), wanted)}"
        index = {(row["child"], row["person"]) for row in self._rows("child_index")}
        for case in self._run.cases.values():
            for child in case.children:
                if case.alias_of is None and (child.child, case.person) not in index:
                    yield f"case {case.person[:8]}: a child is missing in the index"

    def archive(self) -> Iterator[str]:
        """The stays put away are the core's."""
        stored = {
            row["episode_id"]: self._open(
                row, f"episode:{TENANT}:{row['person']}:{UUID(row['episode_id'])}", ClosedEpisode
            )
            for row in self._rows("closed_episodes")
        }
        wanted = {key.hex: closed for key, (_, closed) in self._run.archive.items()}
        for key in sorted(stored.keys() | wanted.keys()):
            if stored.get(key) != wanted.get(key):
                yield f"closed stay {key}: {_unlike(stored.get(key), wanted.get(key))}"

    def open_items(self) -> Iterator[str]:
        """Timers, tasks, look-ups and withheld referrals are those the cases list."""
        cases = [case for case in self._run.cases.values() if case.alias_of is None]
        timers = {
            (UUID(row["subject"]), _generation(row["body"]))
            for row in self._rows("due_events")
            if row["type"] == _TIMER
        }
        wanted = {(t.timer_id, t.generation) for case in cases for t in case.timers}
        yield from _differ("timers", timers, wanted)
        owed = [row["kind"] for row in self._rows("due_events") if row["type"] != _TIMER]
        if owed:
            yield f"never told to the cases: {sorted(owed)}"
        tasks = {UUID(r["task_id"]) for r in self._rows("tasks") if r["closed_at"] is None}
        yield from _differ("tasks", tasks, {t.task_id for case in cases for t in case.tasks})
        lookups = self._ids("lookups", "lookup_id")
        asked = {lookup.lookup_id for case in cases for lookup in case.lookups}
        yield from _differ("look-ups", lookups, asked)
        withheld = {
            (row["person"], row["child"], row["purpose"], tuple(json.loads(row["reasons"])))
            for row in self._rows("withheld")
        }
        listed = {(c.person, w.child, w.purpose, w.reasons) for c in cases for w in c.withheld}
        yield from _differ("withheld", withheld, listed)

    def letters(self) -> Iterator[str]:
        """Every dead-lettered record has one open dead letter."""
        stored = Counter(
            ((row["partition"], row["offset"]), row["reason"])
            for row in self._rows("dead_letters")
            if row["state"] == "open"
        )
        wanted = Counter(
            (place, reason)
            for place, (kind, reason) in self._run.outcomes.items()
            if kind == "dead-lettered"
        )
        if stored != wanted:
            yield f"dead letters {sorted(stored)}, the core says {sorted(wanted)}"

    def outbox(self) -> Iterator[str]:
        """The outbox holds what the core made ready, with the same content (P2)."""
        stored = {UUID(row["idempotency_id"]): row for row in self._rows("outbox")}
        yield from _differ("outbox", set(stored), set(self._run.sends))
        for key, row in stored.items():
            send = self._run.sends.get(key)
            if send is None:
                continue
            content = None
            if row["sealed"] is not None:
                context = f"send:{TENANT}:{row['person']}:{UUID(row['send_id'])}"
                content = self._open(row, context, Content)
            if content != send.content:
                yield f"message {key}: its content is not what the core wrote"

    def decisions(self) -> Iterator[str]:
        """Every decision is in the decision log once, as the core took it, and no other is."""
        stored: dict[UUID, sqlite3.Row] = {}
        for row in self._rows("decision_log"):
            if row["event_id"] is not None and row["kind"] != "dead-lettered":
                stored[UUID(row["fact_id"])] = row
        yield from _differ("decision log", set(stored), set(self._run.facts))
        for key, (event_id, fact) in self._run.facts.items():
            if key not in stored:
                continue
            row = stored[key]
            line = (UUID(row["event_id"]), row["kind"], row["subject"])
            rest = (tuple(json.loads(row["reasons"])), json.loads(row["refs"]))
            if (*line, *rest) != (
                event_id,
                fact.kind.value,
                fact.subject,
                fact.reasons,
                fact.refs,
            ):
                yield f"decision log: line {row['number']} is not what the core noted"

    def _rows(self, table: str) -> list[sqlite3.Row]:
        return self._files.tables[table]

    def _ids(self, table: str, column: str) -> set[UUID]:
        return {UUID(row[column]) for row in self._rows(table)}

    def _open(self, row: sqlite3.Row, context: str, kind: type[Any]) -> Any:  # noqa: ANN401 - as `kind` says
        key_id = DataKeyId(row["data_key"])
        key = self._vault.unwrap(TENANT, [key_id]).get(key_id)
        if key is None:
            return "sealed under an unknown key"
        try:
            return msgspec.msgpack.decode(self._sealer.open(key, context, row["sealed"]), type=kind)
        except (Poison, msgspec.DecodeError) as error:
            return f"not legible: {type(error).__name__}"


def _generation(body: bytes) -> int:
    return msgspec.msgpack.decode(body, type=TimerDue).generation


def _differ(what: str, stored: set[Any], wanted: set[Any]) -> Iterator[str]:
    if missing := wanted - stored:
        yield f"{what}: {len(missing)} missing, for example {_short(missing)}"
    if extra := stored - wanted:
        yield f"{what}: {len(extra)} too many, for example {_short(extra)}"


def _short(some: set[Any]) -> str:
    return str(min(some, key=str))


def _unlike(stored: object, wanted: object) -> str:
    """Name the fields that differ; values may be about a person, even in a test's output."""
    if not isinstance(stored, msgspec.Struct) or not isinstance(wanted, msgspec.Struct):
        return f"stored {type(stored).__name__}, the core has {type(wanted).__name__}"
    fields = [
        name
        for name in wanted.__struct_fields__
        if getattr(stored, name, None) != getattr(wanted, name)
    ]
    return f"differs from the core's in {', '.join(fields)}"
