"""The hub's end state is that of the pure core run over the same records of the log."""

from __future__ import annotations

import pytest

from hub.demo.evidence import MANY
from hub.domain.case import Case
from tests.acceptance.demo.conftest import Played
from tests.acceptance.demo.pure_core import Replay, Replayed, Told, stored_cases

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def replayed(played: Played) -> Replayed:
    """Decide the log once more."""
    return Replay(played.files).run()


@pytest.mark.promise("P1")
def test_every_record_has_the_outcome_that_the_core_gives_it(
    played: Played, replayed: Replayed
) -> None:
    stored = [
        Told(row.partition, row.offset, row.outcome, row.reason)
        for partition in sorted(played.files.ends())
        for row in played.files.views.outcome_range(partition, 0, MANY)
    ]
    assert len(stored) > 100
    assert stored == replayed.outcomes


def test_every_case_is_as_the_core_leaves_it(played: Played, replayed: Replayed) -> None:
    stored = {case.person: case for case in stored_cases(played.files)}
    assert stored.keys() == replayed.cases.keys()
    differing = [
        part for person in stored for part in parts(stored[person], replayed.cases[person])
    ]
    assert differing == []


@pytest.mark.promise("P2")
def test_the_outbox_holds_the_messages_of_the_core_and_no_other(
    played: Played, replayed: Replayed
) -> None:
    stored = {
        row.send_id: (row.idempotency_id, row.operation, row.recipient, row.generation)
        for row in played.files.views.sends(limit=MANY)
    }
    core = {
        send_id: (send.idempotency_id, send.operation.value, send.recipient, send.generation)
        for send_id, send in replayed.sends.items()
    }
    assert stored
    assert stored == core


def test_withheld_referrals_and_open_tasks_are_those_of_the_core(
    played: Played, replayed: Replayed
) -> None:
    views = played.files.views
    cases = replayed.cases.values()
    assert {(row.child, row.purpose, row.reasons) for row in views.withheld(limit=MANY)} == {
        (entry.child, entry.purpose, entry.reasons) for case in cases for entry in case.withheld
    }
    assert {(task.task_id, task.kind) for task in views.tasks(limit=MANY)} == {
        (task.task_id, task.kind.value) for case in cases for task in case.tasks
    }


def parts(stored: Case, core: Case) -> list[str]:
    """Return the names of the fields in which two cases differ."""
    return [name for name in Case.__struct_fields__ if getattr(stored, name) != getattr(core, name)]
