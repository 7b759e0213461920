"""What a batch does to cases: merges, the archive, look-ups, what is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from hub.domain.children import SafetyAnswerKind
from hub.domain.events import (
    ChildRecorded,
    ConsentGranted,
    Event,
    PersonsMerged,
    SafetyAnswered,
)
from hub.domain.ids import DataKeyId, TenantId
from hub.domain.movements import MovementKind
from hub.errors import Retriable
from hub.pipeline.load import case_context
from hub.ports import DataKey
from tests.support.rules import rules
from tests.support.story import (
    OTHER_PARENT,
    PARENT,
    START,
    TENANT,
    a_child,
    a_record,
    child_key,
    number_of,
)
from tests.unit.pipeline.events import admitted, event, merge, moved, with_child
from tests.unit.pipeline.fakes import Bench

DAY = timedelta(days=1)


@pytest.mark.promise("P1")
def test_a_referral_made_in_a_batch_is_sealed_into_the_outbox() -> None:
    bench = Bench()
    bench.store.given = rules(settle_minutes=0)
    safe = SafetyAnswered(
        child=child_key("mia"),
        kind=SafetyAnswerKind.CLEAR,
        answered_at=START,
        role="social-service",
    )
    consent = ConsentGranted(record=a_record("C-1", START))

    bench.run(admitted(1), with_child("mia", 2), event(safe, 3), event(consent, 4))

    (row,) = bench.state.sends
    assert row.sealed is not None
    assert b"Mia" not in row.sealed
    assert row.data_key == bench.state.cases[PARENT].data_key


@pytest.mark.promise("P7")
def test_a_merge_with_an_erased_person_rebuilds_nobody() -> None:
    bench = Bench()
    bench.run(admitted(1), admitted(2, person=OTHER_PARENT))
    bench.vault.erase(TENANT, OTHER_PARENT)

    bench.run(event(merge(), 3))

    assert bench.outcomes()[-1] == "erased"
    assert bench.case().aliases == ()


def test_events_after_a_merge_in_the_same_batch_find_the_survivor() -> None:
    bench = Bench()

    bench.run(
        admitted(1), event(merge(), 2), with_child("ole", 3, person=OTHER_PARENT), admitted(4)
    )

    assert bench.outcomes() == ["applied"] * 4
    assert [c.child for c in bench.case().children] == [child_key("ole")]
    assert bench.state.cases[OTHER_PARENT].alias_of == PARENT
    assert {fact.person for fact in bench.state.facts} == {PARENT}


def test_events_after_a_merge_in_a_later_batch_find_the_survivor() -> None:
    bench = Bench()
    bench.run(admitted(1), event(merge(), 2))

    bench.run(with_child("ole", 3, person=OTHER_PARENT))

    assert [c.child for c in bench.case().children] == [child_key("ole")]


def test_a_merge_committed_while_the_batch_was_loading_starts_it_anew() -> None:
    bench = Bench()
    bench.run(admitted(1, person=OTHER_PARENT))
    bench.store.meanwhile = lambda state: state.cases.update(
        {OTHER_PARENT: state.cases[OTHER_PARENT]._replace(alias_of=PARENT)}
    )

    with pytest.raises(Retriable):
        bench.run(with_child("ole", 3, person=OTHER_PARENT))

    assert bench.position == 1


def archived() -> Bench:
    """Lay out a stay that ended long ago and was put away."""
    bench = Bench()
    ended = moved(MovementKind.RELEASE, 2, at=START + DAY, recorded=START + DAY)
    bench.run(admitted(1), ended, later_child())
    assert bench.case().episodes == ()
    assert len(bench.state.episodes) == 1
    return bench


def later_child() -> Event:
    """Return an event a month later; it puts away what is over."""
    month = START + 30 * DAY
    return event(ChildRecorded(child=a_child("mia")), 3, at=month, recorded=month)


def returned(number: int) -> Event:
    """Return a late report: the parent came back ten minutes after the release."""
    at = START + DAY + timedelta(minutes=10)
    return moved(MovementKind.ADMISSION, number, at=at, recorded=START + 31 * DAY)


def test_a_late_movement_brings_a_stay_back_from_the_archive() -> None:
    bench = archived()

    bench.run(returned(4))

    assert [e.running for e in bench.case().episodes] == [True]
    assert bench.state.episodes == {}


def test_a_stay_put_away_in_this_very_batch_comes_back_too() -> None:
    bench = Bench()
    ended = moved(MovementKind.RELEASE, 2, at=START + DAY, recorded=START + DAY)

    bench.run(admitted(1), ended, later_child(), returned(4))

    assert [e.running for e in bench.case().episodes] == [True]
    assert [e.admitted_at for e in bench.case().episodes] == [START]
    assert bench.state.episodes == {}


def test_a_stay_that_comes_back_and_is_put_away_again_is_stored_once() -> None:
    bench = archived()
    on_the_way = moved(MovementKind.COURT_OUT, 4, at=START + DAY / 2, recorded=START + 31 * DAY)

    bench.run(on_the_way, with_child("ole", 5))

    assert len(bench.state.episodes) == 1
    assert bench.state.writes[-1].reopened == []
    assert len(bench.state.writes[-1].episodes) == 1


def test_the_archive_of_a_merged_number_is_read_as_well() -> None:
    bench = archived()
    payload = PersonsMerged(
        survivor=number_of(OTHER_PARENT), removed_number=number_of(PARENT), removed=PARENT
    )

    bench.run(event(payload, 4, recorded=START + 31 * DAY, person=OTHER_PARENT), returned(5))

    assert [e.admitted_at for e in bench.case(OTHER_PARENT).episodes] == [START]


@pytest.mark.promise("P1")
def test_an_archive_that_cannot_be_read_makes_no_dead_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = archived()
    before = bench.position
    bench.append(returned(4))
    real = bench.vault.unwrap
    calls = iter([real])

    def away_at_second(
        tenant: TenantId, keys: Sequence[DataKeyId]
    ) -> dict[DataKeyId, DataKey | None]:
        for call in calls:
            return call(tenant, keys)
        raise Retriable("the vault went away")

    monkeypatch.setattr(bench.vault, "unwrap", away_at_second)
    with pytest.raises(Retriable):
        bench.run()

    assert bench.position == before
    assert bench.state.letters == []


@pytest.mark.promise("P11")
@pytest.mark.parametrize("harm", ["sealed under another key", "of an unknown shape"])
def test_a_case_that_cannot_be_read_stops_its_own_events_only(harm: str) -> None:
    bench = Bench()
    bench.run(admitted(1))
    row = bench.state.cases[PARENT]
    key = bench.vault.get_or_create(TENANT, [PARENT])[PARENT]
    assert key is not None
    bad = b"x" * 60
    if harm == "of an unknown shape":
        bad = bench.sealer.seal(key, case_context(TENANT, PARENT), b"\x93\x01\x02\x03")
    bench.state.cases[PARENT] = row._replace(sealed=bad)

    bench.run(with_child("mia", 2), with_child("ole", 3, person=OTHER_PARENT))

    assert bench.outcomes()[1] in {"seal-broken", "case-illegible"}
    assert bench.outcomes()[2] == "applied"
    assert bench.state.cases[PARENT].sealed == bad


def test_a_look_up_asked_for_earlier_stays_named_until_it_is_answered() -> None:
    bench = Bench()
    bench.store.given = rules(lookups=True)
    bench.run(admitted(1))

    bench.run(admitted(2))

    first, second = bench.state.writes
    assert [row.lookup_id for row in first.lookups] == [row.lookup_id for row in second.lookups]
    assert b"TAAAAXX" not in first.lookups[0].sealed


def test_children_that_the_index_knows_are_not_written_again() -> None:
    bench = Bench()
    bench.run(with_child("mia", 1))

    bench.run(with_child("ole", 2))

    assert [child for _, child, _ in bench.state.writes[-1].children] == [child_key("ole")]
