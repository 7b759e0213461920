"""A look-up ends with an answer or with `failed`; an outage of the hub itself is no failed try."""

import asyncio
from uuid import UUID

import pytest
import structlog
from structlog.testing import LogCapture

from hub.domain.children import Child
from hub.domain.events import LookupAnswered, LookupFailed, PersonNumber
from hub.domain.ids import ChildKey, mint
from hub.errors import Permanent, Retriable
from hub.ingress import LookupRunner, RetryPlan, lookup_runner
from hub.ports import DataKey, LookupRow
from tests.unit.hmpps.support import CONTEXT, NOMS, TENANT
from tests.unit.ingress.support import (
    LOOKUP_ID,
    OTHER,
    PERSON,
    SEALER,
    MemoryStore,
    Parts,
    Scripted,
    events,
    parts,
    waiting,
)

ANSWER = LookupAnswered(
    lookup_id=LOOKUP_ID,
    children=(Child(child=ChildKey("c" * 64), given_name="Sonny"),),
    count=1,
    booking="9900001",
)
PLAN = RetryPlan(tries=3, first_s=10, longest_s=60)


class Case:
    """A runner over parts in memory."""

    def __init__(self, lookup: Scripted) -> None:
        self.found: Parts = parts()
        self.store = MemoryStore()
        self.lookup = lookup
        self.runner = LookupRunner(
            store=self.store,
            vault=self.found.vault,
            sealer=SEALER,
            appender=self.found.appender,
            clock=self.found.clock,
            registers={NOMS: (lookup, CONTEXT)},
            worker="w1",
            plan=PLAN,
        )

    def put(self, row: LookupRow | None = None) -> None:
        """Let a look-up wait."""
        row = row or waiting(self.found)
        self.store.waiting[row.lookup_id] = row

    def run(self) -> int:
        """Run once."""
        return asyncio.run(self.runner.run_once())

    def reason(self) -> str:
        """Return why the one look-up in the log failed."""
        (event,) = events(self.found)
        assert isinstance(event.payload, LookupFailed)
        return event.payload.reason


def test_an_answer_is_appended_under_an_id_of_its_look_up() -> None:
    case = Case(Scripted(ANSWER))
    case.put()

    assert case.run() == 1

    (event,) = events(case.found)
    assert event.payload == ANSWER
    assert event.meta.event_id == mint(LOOKUP_ID, "answered")
    assert (event.meta.person, event.meta.namespace) == (PERSON, NOMS)
    assert (event.meta.source, event.meta.correlation_id) == (CONTEXT.source, LOOKUP_ID)
    assert case.lookup.asked == [PersonNumber(namespace=NOMS, number="Z0000ZZ")]
    assert case.store.sent == [LOOKUP_ID]


def test_silence_is_tried_again_with_longer_waits_and_ends_as_failed() -> None:
    case = Case(Scripted(Retriable("no answer")))
    case.put()

    assert [case.run() for _ in range(3)] == [0, 0, 1]

    assert case.reason() == "no-answer"
    first, second, _ = case.store.waits
    assert 9 <= first <= 11
    assert 18 <= second <= 22
    assert case.store.sent == [LOOKUP_ID]


def test_the_other_sides_wish_to_wait_is_granted_up_to_the_longest() -> None:
    plan = RetryPlan(first_s=10, longest_s=60)

    assert 27 <= plan.wait_s(0, 30) <= 33
    assert 54 <= plan.wait_s(0, 86_400) <= 66
    assert plan.wait_s(1000, None) <= 66


def test_an_answer_after_a_failed_try_counts() -> None:
    case = Case(Scripted(Retriable("busy"), ANSWER))
    case.put()

    assert [case.run(), case.run()] == [0, 1]
    assert events(case.found)[0].payload == ANSWER


def test_a_refusal_fails_at_once_with_its_code() -> None:
    case = Case(Scripted(Permanent("404", code="prisoner-unknown")))
    case.put()

    assert case.run() == 1
    assert case.reason() == "prisoner-unknown"


def test_a_register_that_nobody_looks_up_fails_at_once() -> None:
    case = Case(Scripted(ANSWER))
    case.runner = LookupRunner(
        store=case.store,
        vault=case.found.vault,
        sealer=SEALER,
        appender=case.found.appender,
        clock=case.found.clock,
        registers={},
        worker="w1",
    )
    case.put()

    assert case.run() == 1
    assert case.reason() == "no-lookup-source"


@pytest.mark.promise("P11")
def test_a_fault_in_a_source_reaches_no_neighbour() -> None:
    case = Case(Scripted(ZeroDivisionError("Z0000ZZ"), ANSWER))
    other = UUID("00000000-0000-4000-8000-00000000000b")
    case.put()
    case.put(waiting(case.found, other, person=OTHER))

    assert case.run() == 2
    assert {type(event.payload) for event in events(case.found)} == {LookupAnswered, LookupFailed}


@pytest.mark.parametrize("plain", [b"\xc1", b"\x00"])
def test_a_number_that_can_not_be_read_fails_at_once(plain: bytes) -> None:
    case = Case(Scripted(ANSWER))
    case.put(waiting(case.found, plain=plain))

    assert case.run() == 1
    assert case.reason() == "truncated"


def test_a_broken_seal_fails_at_once() -> None:
    case = Case(Scripted(ANSWER))
    case.put(waiting(case.found)._replace(sealed=b"x" * 60))

    assert case.run() == 1
    assert case.reason() == "seal-broken"


@pytest.mark.promise("P7")
def test_nobody_asks_about_an_erased_person() -> None:
    case = Case(Scripted(ANSWER))
    case.put()
    case.found.vault.erase(TENANT, PERSON)

    assert case.run() == 1
    assert (case.lookup.asked, case.store.sent, events(case.found)) == ([], [LOOKUP_ID], [])


@pytest.mark.promise("P11")
def test_an_answer_that_can_not_be_a_record_is_no_usable_answer() -> None:
    broken = LookupAnswered(lookup_id=LOOKUP_ID, booking="a\x00b")
    case = Case(Scripted(broken))
    case.put()

    assert case.run() == 1
    assert case.reason() == "nul-in-text"


@pytest.mark.promise("P10")
def test_an_outage_of_the_hubs_own_parts_is_no_try(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Scripted(ANSWER))
    case.put()

    def away(*_: object) -> dict[str, DataKey | None]:
        raise Retriable("the vault is away")

    with monkeypatch.context() as patch:
        patch.setattr(case.found.vault, "unwrap", away)
        assert case.run() == 0
    assert (case.store.tries, case.store.sent) == ({}, [])
    assert case.run() == 1


@pytest.mark.promise("P10")
def test_the_loop_waits_an_outage_out_and_ends_when_told() -> None:
    case = Case(Scripted(ANSWER))
    case.put()
    case.store.away = True

    async def work() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        case.store.on_sent = lambda: loop.call_soon_threadsafe(stop.set)
        running = asyncio.create_task(case.runner.run(stop, interval_s=0.005))
        await asyncio.sleep(0)
        case.store.away = False
        await asyncio.wait_for(running, 10)
        await case.runner.close()

    asyncio.run(work())

    assert events(case.found)[0].payload == ANSWER
    assert case.lookup.closed == 1


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "fault",
    [ZeroDivisionError("Z0000ZZ"), Retriable("a prisoner"), Permanent("a prisoner", code="gone")],
)
def test_the_log_names_look_up_and_code_only(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A logger keeps the configuration of its first use, which may be that of an earlier test.
    capture = LogCapture()
    monkeypatch.setattr(lookup_runner, "log", structlog.wrap_logger(None, processors=[capture]))
    case = Case(Scripted(fault))
    case.put()

    for _ in range(3):
        case.run()

    lines = capture.entries
    assert {line["lookup"] for line in lines} == {str(LOOKUP_ID)}
    assert "Z0000ZZ" not in repr(lines)
    assert "prisoner" not in repr(lines)
    assert PERSON not in repr(lines)
