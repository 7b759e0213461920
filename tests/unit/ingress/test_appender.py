"""Drafts become durable, sealed, stamped records: all of them or none."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from hub.domain.events import LookupFailed, MovementRecorded, PersonNumber
from hub.domain.ids import PersonKey, TenantId, partition_of
from hub.domain.movements import MovementKind
from hub.errors import Poison, Retriable
from hub.ingress import Appender, append_each
from hub.ports import DataKey, Topic
from hub.testing.clock import START, FakeClock
from hub.testing.memory_log import MemoryLog
from hub.testing.vault import MemoryVault
from tests.unit.hmpps.support import NOMS, TENANT
from tests.unit.ingress.support import (
    CODEC,
    EVENT_ID,
    OTHER,
    PERSON,
    SEALER,
    draft,
    events,
    parts,
    values,
)

SECOND = UUID("00000000-0000-4000-8000-000000000002")


def test_a_draft_is_stamped_and_can_be_read_back() -> None:
    found = parts()
    found.clock.advance(timedelta(minutes=5))

    (result,) = found.appender.append([draft()])

    (event,) = events(found)
    assert event.payload == draft().payload
    assert (event.meta.event_id, event.meta.person) == (EVENT_ID, PERSON)
    assert (event.meta.occurred_at, event.meta.recorded_at) == (START, found.clock.now())
    assert result == (EVENT_ID, PERSON, found.clock.now(), False)


def test_each_person_has_one_partition() -> None:
    found = parts()

    found.appender.append([draft(), draft(SECOND, OTHER)])

    for person in (PERSON, OTHER):
        partition = partition_of(person, found.log.identity().partitions)
        keys = {r.key for r in found.log.read(Topic.CASES, partition, 0, 10)}
        assert person in keys


@pytest.mark.promise("P6")
def test_nothing_of_the_payload_travels_in_clear() -> None:
    found = parts()

    found.appender.append([draft()])

    assert b"officer" not in b"".join(values(found))


@pytest.mark.promise("P7")
def test_an_erased_persons_draft_is_left_out_and_said_so() -> None:
    found = parts()
    found.vault.erase(TENANT, PERSON)

    results = found.appender.append([draft(), draft(SECOND, OTHER)])

    assert [result.erased for result in results] == [True, False]
    assert [event.meta.person for event in events(found)] == [OTHER]


@pytest.mark.promise("P11")
def test_an_event_from_the_future_is_refused_with_all_that_came_along() -> None:
    found = parts()
    ahead = draft(SECOND, occurred_at=START + timedelta(hours=24, seconds=1))

    with pytest.raises(Poison) as caught:
        found.appender.append([draft(), ahead])

    assert (caught.value.reason, caught.value.field_path) == ("future-event", "occurred_at")
    assert values(found) == []
    assert found.appender.fault(draft()) is None
    assert found.appender.fault(ahead) is not None


def test_a_day_ahead_is_a_slow_clock_and_taken() -> None:
    found = parts()

    found.appender.append([draft(occurred_at=START + timedelta(hours=24))])

    assert len(values(found)) == 1


class CountingVault(MemoryVault):
    """Counts calls; `away` fails as an outage does."""

    calls = 0
    away = False

    def get_or_create(
        self, tenant: TenantId, persons: Sequence[PersonKey]
    ) -> dict[PersonKey, DataKey | None]:
        """Count, then do as the vault does."""
        self.calls += 1
        if self.away:
            raise Retriable("the vault is away")
        return super().get_or_create(tenant, persons)


def test_keys_come_in_one_call_and_an_outage_appends_nothing() -> None:
    vault, log = CountingVault(), MemoryLog()
    appender = Appender(clock=FakeClock(), vault=vault, sealer=SEALER, codec=CODEC, log=log)

    appender.append([draft(), draft(SECOND), draft(LAST, OTHER)])
    assert vault.calls == 1

    before = log.bounds(Topic.CASES)
    vault.away = True
    with pytest.raises(Retriable):
        appender.append([draft()])
    assert log.bounds(Topic.CASES) == before


LAST = UUID("00000000-0000-4000-8000-000000000003")


@pytest.mark.promise("P11")
def test_what_the_codec_refuses_appends_nothing() -> None:
    found = parts()
    bad = draft(SECOND, payload=LookupFailed(lookup_id=EVENT_ID, reason="a\x00b"))

    with pytest.raises(Poison):
        found.appender.append([draft(), bad])

    assert values(found) == []
    assert found.appender.fault(draft()) is None
    refused = found.appender.fault(bad)
    assert refused is not None
    assert (refused.reason, refused.field_path) == ("nul-in-text", "payload.reason")


@pytest.mark.promise("P11")
def test_what_the_envelope_can_not_hold_is_told_before_the_append() -> None:
    found = parts()

    refused = found.appender.fault(draft(occurred_at=datetime(1799, 12, 31, tzinfo=UTC)))

    assert refused is not None
    assert (refused.reason, refused.field_path) == ("bad-timestamp", "occurred_at")


@pytest.mark.promise("P11")
def test_every_refused_draft_is_found_and_the_others_are_appended() -> None:
    found = parts()
    drafts = [draft(UUID(int=n), occurred_at=START + timedelta(days=n % 3)) for n in range(1, 12)]

    outcomes = append_each(found.appender.append, drafts)

    assert [n for n, poison in enumerate(outcomes, 1) if poison is not None] == [2, 5, 8, 11]
    taken = sorted(event.meta.event_id.int for event in events(found))
    assert taken == [1, 3, 4, 6, 7, 9, 10]
    assert append_each(found.appender.append, []) == []


def test_nothing_to_append_is_no_write() -> None:
    found = parts()

    assert found.appender.append([]) == []


def test_a_movement_of_unknown_kind_reaches_the_case_as_such() -> None:
    found = parts()
    number = PersonNumber(namespace=NOMS, number="Z0000ZZ")
    unknown = MovementRecorded(kind=MovementKind.UNKNOWN, person=number, reason_code="NEWCODE")

    found.appender.append([draft(payload=unknown)])

    assert events(found)[0].payload == unknown
