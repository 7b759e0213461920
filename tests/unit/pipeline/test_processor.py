"""One batch, one transaction: every record ends one way, and none spoils its neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from hub.domain.case import Case
from hub.domain.decision import FactKind
from hub.domain.events import (
    Event,
)
from hub.domain.ids import HUB_NAMESPACE, DataKeyId, TenantId, mint
from hub.domain.values import changed
from hub.errors import Halted, Permanent, Retriable
from hub.pipeline.processor import Limits
from hub.ports import BatchWrites, DataKey, OutcomeKind
from tests.support.story import (
    OTHER_PARENT,
    PARENT,
    TENANT,
    child_key,
)
from tests.unit.pipeline.events import admitted, event, merge, with_child
from tests.unit.pipeline.fakes import PARTITION, Bench

DAY = timedelta(days=1)


@pytest.mark.promise("P1")
def test_every_record_is_applied_and_the_position_moves_with_it() -> None:
    bench = Bench()

    reached = bench.run(admitted(1), with_child("mia", 2))

    assert (reached, bench.position) == (2, 2)
    assert bench.outcomes() == ["applied", "applied"]
    assert bench.case().version == 2


@pytest.mark.promise("P1", "P11")
@pytest.mark.parametrize("poison", [b"", b"\x00\x01nonsense", b"bug"])
def test_poison_becomes_a_dead_letter_and_its_neighbours_go_through(poison: bytes) -> None:
    bench = Bench()

    bench.run(admitted(1), poison, with_child("mia", 2))

    kinds = [bench.state.outcomes[PARTITION, n].outcome for n in range(3)]
    assert kinds == [OutcomeKind.APPLIED, OutcomeKind.DEAD_LETTERED, OutcomeKind.APPLIED]
    assert [(letter.offset, letter.person) for letter in bench.state.letters] == [(1, PARENT)]
    assert len(bench.case().children) == 1


@pytest.mark.promise("P11")
def test_a_fault_of_the_hub_names_its_class_and_no_value() -> None:
    bench = Bench()

    bench.run(b"bug")

    (letter,) = bench.state.letters
    assert (letter.reason, letter.field_path) == ("decode-failed", "ValueError")


@pytest.mark.promise("P11")
def test_a_payload_that_does_not_open_is_a_dead_letter() -> None:
    bench = Bench()
    record = bench.append(admitted(1))[0]
    bench.log[0] = record._replace(value=record.value[:-1] + bytes([record.value[-1] ^ 1]))

    bench.run(with_child("mia", 2))

    assert bench.outcomes() == ["seal-broken", "applied"]


@pytest.mark.promise("P11")
def test_a_payload_sealed_for_somebody_else_is_a_dead_letter() -> None:
    bench = Bench()
    key = bench.vault.get_or_create(TENANT, [OTHER_PARENT])[OTHER_PARENT]
    assert key is not None
    meta = changed(admitted(1).meta, data_key=key.key_id)

    bench.run(bench.codec.encode_record(meta, b"x" * 40))

    assert bench.outcomes() == ["seal-broken"]


def test_an_unknown_key_is_a_dead_letter_that_says_what_to_restore() -> None:
    bench = Bench()
    meta = changed(admitted(1).meta, data_key=DataKeyId("lost"))

    bench.run(bench.codec.encode_record(meta, b"x" * 40))

    (letter,) = bench.state.letters
    assert (letter.reason, letter.field_path) == ("unknown-data-key", "data_key")
    assert "restore" in letter.remedy


@pytest.mark.promise("P6")
def test_a_dead_letter_is_sealed_whole_under_the_persons_key() -> None:
    bench = Bench()
    bench.run(b"a name in clear")

    (letter,) = bench.state.letters
    key = bench.vault.get_or_create(TENANT, [PARENT])[PARENT]
    assert key is not None
    assert letter.data_key == key.key_id
    context = f"dead-letter:{TENANT}:{letter.letter_id}"
    assert bench.sealer.open(key, context, letter.sealed) == b"a name in clear"


@pytest.mark.promise("P6")
def test_a_dead_letter_of_nobody_is_sealed_under_the_months_quarantine_key() -> None:
    bench = Bench()
    bench.run(b"a name in clear", key="not-a-pseudonym")

    (letter,) = bench.state.letters
    key = bench.vault.quarantine(TENANT, "2031-03")
    assert (letter.person, letter.data_key) == (None, key.key_id)
    context = f"dead-letter:{TENANT}:{letter.letter_id}"
    assert bench.sealer.open(key, context, letter.sealed) == b"a name in clear"


def test_a_dead_letter_is_logged_by_place_and_reason() -> None:
    bench = Bench()
    bench.run(b"")

    (fact,) = bench.state.facts
    assert (fact.fact.kind, fact.fact.reasons) == (FactKind.DEAD_LETTERED, ("truncated",))
    assert fact.fact.refs == {"partition": "3", "offset": "0", "field": "record"}


@pytest.mark.promise("P2")
def test_an_event_that_comes_twice_in_a_batch_counts_once() -> None:
    bench = Bench()

    bench.run(admitted(1), admitted(1))

    assert bench.outcomes() == ["applied", "duplicate"]
    assert bench.case().version == 1


@pytest.mark.promise("P2")
def test_an_event_that_comes_again_in_a_later_batch_counts_once() -> None:
    bench = Bench()
    bench.run(admitted(1))

    bench.run(admitted(1), with_child("mia", 2))

    assert bench.outcomes() == ["applied", "duplicate", "applied"]


@pytest.mark.promise("P1")
def test_a_dead_lettered_id_that_comes_again_is_decided_afresh() -> None:
    bench = Bench()
    good = bench.sealed(admitted(1))
    meta, _ = bench.codec.decode_record(good)
    bench.run(bench.codec.encode_record(meta, b"broken seal, long enough to be one"))

    bench.run(admitted(1))

    assert bench.outcomes() == ["seal-broken", "applied"]
    assert meta.event_id in bench.state.inbox


@pytest.mark.promise("P7")
def test_an_event_whose_key_was_erased_is_ignored() -> None:
    bench = Bench()
    bench.append(admitted(1))
    bench.vault.erase(TENANT, PARENT)

    bench.run(admitted(2, person=OTHER_PARENT))

    assert bench.outcomes() == ["erased", "applied"]
    assert PARENT not in bench.state.cases


@pytest.mark.promise("P1")
def test_a_refused_row_is_narrowed_down_to_the_record_at_fault() -> None:
    bench = Bench()
    bench.store.refuse = about("mia")
    events = [with_child(name, n) for n, name in enumerate(["a", "b", "mia", "c", "d"])]

    bench.append(*events)
    while bench.position < len(bench.log):
        bench.run()

    assert bench.outcomes() == ["applied", "applied", "not-storable", "applied", "applied"]
    assert {c.child for c in bench.case().children} == {child_key(n) for n in "abcd"}


def about(name: str) -> Callable[[BatchWrites], bool]:
    """Refuse every batch that stores this child."""
    return lambda writes: any(child == child_key(name) for _, child, _ in writes.children)


def test_a_store_that_refuses_even_the_dead_letter_is_not_passed_over() -> None:
    bench = Bench()
    bench.store.refuse = lambda _: True

    with pytest.raises(Permanent):
        bench.run(admitted(1))

    assert bench.position == 0


@pytest.mark.promise("P1")
def test_what_may_pass_is_raised_and_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.append(admitted(1))

    def away(tenant: TenantId, keys: Sequence[DataKeyId]) -> dict[DataKeyId, DataKey | None]:
        raise Retriable(f"{tenant}: no vault for {len(keys)} keys")

    monkeypatch.setattr(bench.vault, "unwrap", away)
    with pytest.raises(Retriable):
        bench.run()

    assert (bench.position, bench.store.commits) == (0, 0)


@pytest.mark.promise("P11")
def test_a_decision_that_fails_sets_aside_its_record_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    broken = mint(HUB_NAMESPACE, "e", 2)

    def needs_history(_: Case, given: Event) -> bool:
        if given.meta.event_id == broken:
            raise ZeroDivisionError("with a name in it: Mia")
        return False

    monkeypatch.setattr("hub.pipeline.judge.needs_history", needs_history)
    bench.run(admitted(1), with_child("mia", 2), with_child("ole", 3))

    assert bench.outcomes() == ["applied", "decide-failed", "applied"]
    assert "Mia" not in repr(bench.state.letters)


@pytest.mark.promise("P11")
@pytest.mark.parametrize("fault", ["decide-failed", "not-storable"])
def test_a_merge_that_fails_holds_both_its_persons(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    bench = Bench()
    if fault == "decide-failed":
        monkeypatch.setattr("hub.pipeline.judge.decide", lambda *_: 1 // 0)
    else:
        bench.store.refuse = lambda writes: bool(writes.cases)

    bench.run(event(merge(), 1))

    (letter,) = bench.state.letters
    assert (letter.reason, letter.person, letter.other) == (fault, PARENT, OTHER_PARENT)
    assert {fact.person for fact in bench.state.facts} == {PARENT, OTHER_PARENT}


@pytest.mark.promise("P11")
def test_of_a_merge_that_does_not_open_the_second_person_is_not_known() -> None:
    bench = Bench()
    meta, _ = bench.codec.decode_record(bench.sealed(event(merge(), 1)))
    bench.run(bench.codec.encode_record(meta, b"broken seal, long enough to be one"))

    (letter,) = bench.state.letters
    assert (letter.type, letter.person, letter.other) == ("identity.merged", PARENT, None)


@pytest.mark.promise("P9")
def test_too_many_dead_letters_halt_the_processor_and_the_halt_is_stored() -> None:
    bench = Bench(Limits(window=20, least_records=10, share=0.1, least_keys=2))
    bench.run(*(with_child(f"c{n}", n) for n in range(9)))
    bench.run(b"", key=PARENT)

    with pytest.raises(Halted, match="2 of the last 11 records"):
        bench.run(b"", key=OTHER_PARENT)

    assert bench.position == 11
    assert bench.state.halted == "3: dead-letters"
    with pytest.raises(Halted):
        bench.run(admitted(99))
    assert bench.position == 11


@pytest.mark.promise("P9")
@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(window=20, least_records=12, share=0.1, least_keys=2), "too few records"),
        (Limits(window=20, least_records=10, share=0.5, least_keys=2), "too small a share"),
        (Limits(window=20, least_records=10, share=0.1, least_keys=3), "too few people"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_below_any_of_its_limits_it_goes_on(limits: Limits, why: str) -> None:
    bench = Bench(limits)

    bench.run(*(with_child(f"c{n}", n) for n in range(9)))
    bench.run(b"", key=PARENT)
    bench.run(b"", key=OTHER_PARENT)

    assert bench.state.halted is None, why


def test_records_before_the_position_are_passed_over() -> None:
    bench = Bench()
    bench.run(admitted(1), with_child("mia", 2))

    reached = bench.processor.handle(PARTITION, bench.log)

    assert reached == 2
    assert len(bench.state.writes) == 1


def test_records_beyond_the_position_are_asked_for_again() -> None:
    bench = Bench()
    bench.append(admitted(1), with_child("mia", 2))

    reached = bench.processor.handle(PARTITION, bench.log[1:])

    assert (reached, bench.state.writes) == (0, [])


@pytest.mark.promise("P4")
def test_a_partition_is_current_only_once_its_end_is_reached() -> None:
    bench = Bench()
    bench.append(admitted(1))

    asked = time.monotonic() - 10

    bench.processor.idle(PARTITION, 1, asked)
    behind = dict(bench.store.current)
    bench.run()
    bench.processor.idle(PARTITION, 1, asked)

    assert behind == {}
    assert bench.store.current[PARTITION] >= 10
