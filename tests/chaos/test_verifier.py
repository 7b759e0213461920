"""The verifier itself is proven: every fault that is planted into a good run's files is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.chaos.conftest import verified
from tests.support.chaos_hub import Hub
from tests.support.chaos_parts import JOURNAL_FILE, STORE_FILE
from tests.support.chaos_plan import STORIES, Size
from tests.support.chaos_play import Play
from tests.support.chaos_rules import rules
from tests.support.verifier import verify

Line = dict[str, Any]

OF_TAKEN_BACK: Final = """
    FROM outbox AS o WHERE operation = 'refer' AND state = 'delivered' AND EXISTS (
        SELECT 1 FROM outbox AS r WHERE r.referral_id = o.referral_id
            AND r.generation = o.generation AND r.operation = 'retract' AND r.state = 'delivered')
"""
"""Referrals that were disclosed and taken back."""


@pytest.fixture(scope="module")
def finished(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a run that nobody disturbed."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("finished") / "data")
    with Hub(folder) as hub:
        play = Play(hub, Size(1, len(STORIES), long=True))
        hub.start_all()
        play.all()
    for name in (STORE_FILE, "log.db", "vault.db"):
        with closing(sqlite3.connect(folder / name)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def change(name: str, *statements: str) -> Callable[[Path], None]:
    """Return a fault: statements on one of the run's SQLite files, of which each changes rows."""

    def plant(folder: Path) -> None:
        with closing(sqlite3.connect(folder / name)) as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, "the fault was not planted"
            connection.commit()

    return plant


def store(*statements: str) -> Callable[[Path], None]:
    """Return a fault of the store."""
    return change(STORE_FILE, *statements)


def journal(rewrite: Callable[[list[Line]], list[Line]]) -> Callable[[Path], None]:
    """Return a fault of the inbox's journal."""

    def plant(folder: Path) -> None:
        path = folder / JOURNAL_FILE
        before = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        after = rewrite(json.loads(json.dumps(before)))
        assert after != before, "the fault was not planted"
        path.write_text("".join(json.dumps(line) + "\n" for line in after), encoding="utf-8")

    return plant


def both(*faults: Callable[[Path], None]) -> Callable[[Path], None]:
    """Return faults that come together."""

    def plant(folder: Path) -> None:
        for fault in faults:
            fault(folder)

    return plant


def operation(line: Line) -> str:
    """Return what a message does."""
    return str(line["body"]["data"]["operation"])


def first(lines: list[Line], what: str) -> int:
    """Return the place of the first message that does `what`."""
    return next(place for place, line in enumerate(lines) if operation(line) == what)


def without(what: str) -> Callable[[list[Line]], list[Line]]:
    """Lose the last message of a kind."""

    def rewrite(lines: list[Line]) -> list[Line]:
        place = len(lines) - 1 - first(lines[::-1], what)
        return lines[:place] + lines[place + 1 :]

    return rewrite


def under_another_id(lines: list[Line]) -> list[Line]:
    """Let a referral arrive twice, the second time under an id of its own."""
    again = json.loads(json.dumps(lines[first(lines, "refer")]))
    again["id"] = again["body"]["id"] = str(uuid4())
    return [*lines, again]


def with_another_body(lines: list[Line]) -> list[Line]:
    """Let a message come again with its id and another body."""
    return [*lines, lines[0] | {"digest": "0" * 64}]


def once_more(lines: list[Line]) -> list[Line]:
    """Let a message come again although no intent was written for it."""
    return [*lines, lines[-1]]


def recall_first(lines: list[Line]) -> list[Line]:
    """Let a recall overtake the referral it is about."""
    late = first(lines, "retract")
    about = lines[late]["body"]["data"]["referral_id"]
    early = next(n for n, e in enumerate(lines) if e["body"]["data"]["referral_id"] == about)
    lines[early], lines[late] = lines[late], lines[early]
    return lines


def says_more(lines: list[Line]) -> list[Line]:
    """Let a referral say what the core did not write."""
    items = lines[first(lines, "refer")]["body"]["data"]["content"]["items"]
    items["imprisonment"].append({"key": "offence", "value": "invented"})
    return lines


def recall_with_content(lines: list[Line]) -> list[Line]:
    """Let a recall carry the referral's content."""
    referred = lines[first(lines, "refer")]["body"]["data"]["content"]
    lines[first(lines, "retract")]["body"]["data"]["content"] = referred
    return lines


def intent_after_withdrawal(folder: Path) -> None:
    """Write one more intent for a referral that was taken back, properly logged, at the end."""
    with closing(sqlite3.connect(folder / STORE_FILE)) as connection:
        connection.row_factory = sqlite3.Row
        row = dict(
            connection.execute(
                f"SELECT * FROM intents WHERE send_id IN (SELECT send_id {OF_TAKEN_BACK})"  # noqa: S608 - a text of this file
            ).fetchone()
        )
        line = dict(
            connection.execute(
                "SELECT * FROM decision_log WHERE kind = 'disclosure-intent' AND refs LIKE ?",
                (f"%{_dashed(row['intent_id'])}%",),
            ).fetchone()
        )
        new = uuid4()
        line["refs"] = line["refs"].replace(_dashed(row["intent_id"]), str(new))
        row |= {"intent_id": new.hex, "attempt": 2}
        line |= {"number": 10**9, "fact_id": uuid4().hex}
        for table, values in (("intents", row), ("decision_log", line)):
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(values.values()))  # noqa: S608 - as above
        connection.commit()


def _dashed(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


FAULTS: Final[dict[str, tuple[Callable[[Path], None], str]]] = {
    "an outcome is lost": (
        store("DELETE FROM outcomes WHERE partition = 1 AND offset = 3"),
        "record (1, 3) has 0 outcomes",
    ),
    "an outcome is another": (
        store("UPDATE outcomes SET reason = 'erased' WHERE partition = 1 AND offset = 3"),
        "record (1, 3) ended as",
    ),
    "an offset was passed": (
        store("UPDATE positions SET offset = offset + 1 WHERE partition = 2"),
        "positions: 1 missing",
    ),
    "the log lost a record": (
        change("log.db", "DELETE FROM record WHERE id = (SELECT min(id) + 2 FROM record)"),
        "has a gap",
    ),
    "an id is missing in the inbox": (
        store("DELETE FROM inbox WHERE event_id = (SELECT event_id FROM inbox LIMIT 1)"),
        "inbox: 1 missing",
    ),
    "a case is older": (
        store("UPDATE cases SET sealed = NULL WHERE person = (SELECT person FROM intents LIMIT 1)"),
        "case ",
    ),
    "a closed stay is lost": (store("DELETE FROM closed_episodes"), "closed stay "),
    "a timer is lost": (store("DELETE FROM due_events"), "timers: "),
    "a task is lost": (store("DELETE FROM tasks WHERE closed_at IS NULL"), "tasks: "),
    "a withheld referral is not listed": (store("DELETE FROM withheld"), "withheld: "),
    "a dead letter is lost": (
        store("DELETE FROM dead_letters WHERE person IS NULL"),
        "dead letters ",
    ),
    "a decision is not logged": (
        store(
            "DELETE FROM decision_log WHERE number = (SELECT max(number) FROM decision_log"
            " WHERE kind = 'event-applied')"
        ),
        "decision log: 1 missing",
    ),
    "a decision is logged otherwise": (
        store("UPDATE decision_log SET subject = 'other' WHERE kind = 'referral-ready'"),
        "is not what the core noted",
    ),
    "an outbox row is lost": (
        store("DELETE FROM outbox WHERE operation = 'update'"),
        "outbox: ",
    ),
    "a content is not the core's": (
        store("UPDATE outbox SET sealed = NULL WHERE operation = 'update'"),
        "its content is not what the core wrote",
    ),
    "something left without an intent": (
        store("DELETE FROM intents WHERE rowid = (SELECT max(rowid) FROM intents)"),
        "under 0 intents",
    ),
    "an intent is not logged": (
        store(
            "DELETE FROM decision_log WHERE number = (SELECT max(number) FROM decision_log"
            " WHERE kind = 'disclosure-intent')"
        ),
        "has no line in the decision log",
    ),
    "an intent was begun after a withdrawal": (
        intent_after_withdrawal,
        "after the withdrawal of its consent",
    ),
    "an intent was begun against the permit": (intent_after_withdrawal, "against the permit"),
    "an intent names another consent": (
        store("UPDATE intents SET consents = '[\"forged\"]' WHERE consents <> '[]'"),
        "names other consents",
    ),
    "a result is not logged": (
        store("DELETE FROM decision_log WHERE kind = 'disclosure-result'"),
        "has 0 lines, not 1",
    ),
    "a fact was not published": (
        change(
            "log.db",
            "DELETE FROM record WHERE id = (SELECT max(id) FROM record WHERE (id >> 48) IN"
            " (SELECT slot FROM slot WHERE topic = 'referral-facts'))",
        ),
        "facts not published",
    ),
    "a referral never arrived": (journal(without("refer")), "(refer) is missing, but"),
    "an update never arrived": (journal(without("update")), "(update) is missing, but"),
    "a recall never arrived": (journal(without("retract")), "(retract) is missing, but"),
    "a referral that waits neither arrived nor may wait": (
        both(
            store("UPDATE outbox SET state = 'ready' WHERE operation = 'refer'"),
            journal(without("refer")),
        ),
        "(refer) is missing",
    ),
    "a recall waits for ever": (
        both(
            store("UPDATE outbox SET state = 'ready' WHERE operation = 'retract'"),
            journal(lambda lines: [line for line in lines if operation(line) != "retract"]),
        ),
        "of a disclosed referral is missing",
    ),
    "a referral arrived under another id": (journal(under_another_id), "the core never made"),
    "one id came with two bodies": (journal(with_another_body), "arrived with two bodies"),
    "a message came more often than was meant": (journal(once_more), "arrived 2 times under 1"),
    "a recall overtook its referral": (journal(recall_first), "after a later one of its referral"),
    "a referral says more": (journal(says_more), "something else than the core wrote"),
    "a recall carries content": (journal(recall_with_content), "a recall that carries content"),
    "a message was cancelled and left all the same": (
        store(
            "UPDATE outbox SET state = 'cancelled' WHERE state = 'delivered'"
            " AND operation IN ('refer', 'update') AND referral_id NOT IN"
            " (SELECT referral_id FROM outbox WHERE operation = 'retract')"
        ),
        "was cancelled but arrived",
    ),
}


@pytest.mark.promise("P1", "P2", "P3", "P4", "P5")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, finished: Path, tmp_path: Path) -> None:
    plant, told = FAULTS[fault]
    copy = shutil.copytree(finished, tmp_path / "copy")
    plant(copy)

    problems = verify(copy, copy / JOURNAL_FILE, rules()).problems

    assert any(told in problem for problem in problems), problems


def test_a_run_that_nobody_disturbed_has_no_fault(finished: Path) -> None:
    verdict = verified(finished)

    assert verdict.records > 100
    assert set(verdict.arrived) == {"refer", "update", "release-notice", "retract"}
