"""What the hub owes its own log is appended once it is due, by one worker, in spite of outages."""

import threading
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from hub.domain.events import TYPE_NAMES, Reassessed, TimerDue
from hub.domain.values import Value
from hub.errors import Retriable
from hub.ingress import DuePoller
from hub.ports import DueEvent
from hub.testing.clock import START
from tests.unit.hmpps.support import TENANT
from tests.unit.ingress.support import PERSON, MemoryStore, Parts, events, parts

TIMER = UUID("00000000-0000-4000-8000-000000000011")


def due(payload: Value, event_id: UUID = TIMER, minutes: int = 0) -> DueEvent:
    """Return a due event."""
    return DueEvent(
        subject=event_id,
        event_id=event_id,
        tenant=TENANT,
        person=PERSON,
        type=TYPE_NAMES[type(payload)],
        kind="settle",
        due_at=START + timedelta(minutes=minutes),
        body=msgspec.msgpack.encode(payload),
    )


def poller(found: Parts, store: MemoryStore, worker: str = "w1") -> DuePoller:
    """Return a poller."""
    return DuePoller(store=store, appender=found.appender, clock=found.clock, worker=worker)


def test_a_timer_is_appended_when_it_is_due_and_not_before() -> None:
    found, store = parts(), MemoryStore()
    timer = TimerDue(timer_id=TIMER, generation=2)
    store.rows[TIMER] = due(timer, minutes=45)
    ours = poller(found, store)

    assert ours.run_once() == 0
    found.clock.advance(timedelta(minutes=45))
    assert ours.run_once() == 1
    assert ours.run_once() == 0

    (event,) = events(found)
    assert (event.payload, event.meta.event_id) == (timer, TIMER)
    assert (event.meta.source, event.meta.occurred_at) == ("hub", START + timedelta(minutes=45))


def test_only_one_worker_polls() -> None:
    found, store = parts(), MemoryStore()
    store.rows[TIMER] = due(Reassessed(cause="policy"))

    assert poller(found, store, "w1").run_once() == 1
    store.marked.clear()
    assert poller(found, store, "w2").run_once() == 0


@pytest.mark.promise("P11")
def test_a_row_that_can_not_be_read_blocks_no_neighbour() -> None:
    found, store = parts(), MemoryStore()
    other = UUID("00000000-0000-4000-8000-000000000012")
    alien = UUID("00000000-0000-4000-8000-000000000013")
    store.rows[TIMER] = due(Reassessed(cause="policy"))._replace(body=b"\xc1")
    store.rows[alien] = due(Reassessed(cause="policy"), alien)._replace(type="from.the-future")
    store.rows[other] = due(Reassessed(cause="policy"), other)

    assert poller(found, store).run_once() == 1
    assert [event.meta.event_id for event in events(found)] == [other]
    assert set(store.marked) == {TIMER, alien, other}


@pytest.mark.promise("P1")
def test_dying_before_the_mark_appends_the_same_event_again() -> None:
    found, store = parts(), MemoryStore()
    store.rows[TIMER] = due(Reassessed(cause="policy"))
    poller(found, store).run_once()
    store.marked.clear()

    poller(found, store).run_once()

    assert [event.meta.event_id for event in events(found)] == [TIMER, TIMER]


@pytest.mark.promise("P10")
def test_an_outage_is_waited_out_in_place() -> None:
    found, store = parts(), MemoryStore()
    store.rows[TIMER] = due(Reassessed(cause="policy"))
    store.away = True
    ours, stop = poller(found, store), threading.Event()
    with pytest.raises(Retriable):
        ours.run_once()
    thread = threading.Thread(target=ours.run, args=(stop, 0.005))
    thread.start()
    store.away = False
    deadline = threading.Event()
    while not store.marked and thread.is_alive():
        deadline.wait(0.005)
    stop.set()
    thread.join(timeout=10)

    assert not thread.is_alive()
    assert len(events(found)) == 1


@pytest.mark.promise("P11")
def test_a_row_that_the_codec_refuses_blocks_no_neighbour() -> None:
    found, store = parts(), MemoryStore()
    other = UUID("00000000-0000-4000-8000-000000000012")
    store.rows[TIMER] = due(Reassessed(cause="a\x00b"))
    store.rows[other] = due(Reassessed(cause="policy"), other)

    assert poller(found, store).run_once() == 1
    assert [event.meta.event_id for event in events(found)] == [other]
