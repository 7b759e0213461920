"""Bad input gets a clear answer and costs nothing else, over a hub's real processes (P11)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from hub.domain.decision import FactKind
from hub.domain.ids import PersonKey
from hub.ports import OutcomeKind
from tests.support.bad_records import BAD_RECORDS, BadRecord, Writer
from tests.support.bad_requests import BAD_REQUESTS, BadRequest, Given
from tests.support.canaries import Canary, canaries, contacts_file
from tests.support.canary_paths import admit, cloud, safety, talk
from tests.support.running_hub import BATCH, CLOUD, Answer, RunningHub, running

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SETTLED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 9, 40, tzinfo=UTC)

PEOPLE = canaries()
HELD, DISCARDED = PEOPLE[0], PEOPLE[1]
VICTIMS = PEOPLE[2:]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """Run a hub's processes, once for all rows of the tables."""
    root = tmp_path_factory.mktemp("bad-inputs")
    with running(root, START, lambda place: contacts_file(place.people, PEOPLE)) as found:
        yield found


class Asked(NamedTuple):
    """The answer to a bad request, and those to the good ones right before and after it."""

    before: Answer
    answer: Answer
    after: Answer


@pytest.fixture(scope="module")
def asked(hub: RunningHub) -> dict[str, Asked]:
    """Make every bad request, each between two good ones, and let the hub come to rest."""
    given = Given(VICTIMS[10], hub.place.now())
    found = {
        row.name: Asked(
            _freeze(hub, VICTIMS[11]),
            hub.post(row.body(given), holder=row.holder, kind=row.kind, headers=row.headers),
            _freeze(hub, VICTIMS[12]),
        )
        for row in BAD_REQUESTS
    }
    hub.rest()
    return found


class Appended(NamedTuple):
    """The dead letter of each bad record, and the answers to the good events between them."""

    letters: dict[str, dict[str, Any]]
    neighbours: list[Answer]


@pytest.fixture(scope="module")
def appended(hub: RunningHub) -> Appended:
    """Append every bad record, each between two good ones, and read the dead letters."""
    writer = Writer(hub)
    places: dict[str, tuple[int, int]] = {}
    neighbours = [_freeze(hub, VICTIMS[0])]
    for nth, row in enumerate(BAD_RECORDS):
        record = row.make(writer, VICTIMS[nth % 10], hub.place.now())
        places[row.name] = (record.partition, hub.files.ends()[record.partition])
        writer.append(record)
        neighbours.append(_freeze(hub, VICTIMS[nth % 10]))
    hub.rest()
    listed = hub.json("dead-letters", "list", "--all")
    found = {(letter["partition"], letter["offset"]): letter for letter in listed}
    return Appended({name: found[place] for name, place in places.items()}, neighbours)


def _freeze(hub: RunningHub, canary: Canary) -> Answer:
    """Hand in something good about a person."""
    at = hub.place.now()
    word = cloud(canary, "safety.freeze-set", at, set_by="duty-officer")
    return hub.post(word, holder="desk", kind=CLOUD)


def _went_through(hub: RunningHub, answer: Answer) -> bool:
    kinds = {outcome.outcome for outcome in hub.outcomes(answer)}
    return bool(kinds) and kinds <= {OutcomeKind.APPLIED, OutcomeKind.IGNORED}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("row", BAD_REQUESTS, ids=lambda row: row.name)
def test_a_bad_request_is_answered_with_reason_and_field_while_its_neighbours_go_through(
    row: BadRequest, asked: dict[str, Asked], hub: RunningHub
) -> None:
    before, answer, after = asked[row.name]

    said = answer.document
    assert (answer.status, said["reason"], said["field"]) == (row.status, row.reason, row.field)
    assert (said["status"], answer.kind) == (row.status, "application/problem+json")
    assert said["detail"]
    assert _went_through(hub, before)
    assert _went_through(hub, after)


@pytest.mark.promise("P11")
def test_of_a_batch_only_the_bad_items_are_refused(hub: RunningHub) -> None:
    at = hub.place.now()
    batch = [
        safety(VICTIMS[13], at),
        safety(VICTIMS[13], at, kind="perhaps"),
        safety(VICTIMS[14], at),
    ]

    answer = hub.post(batch, holder="desk", kind=BATCH)
    hub.rest()

    assert (answer.status, answer.document["accepted"]) == (422, 2)
    assert answer.document["field"] == "[1].data.kind"
    [refused] = answer.document["refused"]
    assert refused["index"] == 1
    assert [(p["reason"], p["field"]) for p in refused["problems"]] == [
        ("unknown-value", "data.kind")
    ]
    for canary in VICTIMS[13:15]:
        person = Writer(hub).person(canary)
        facts = [row.fact for row in hub.files.views.by_person(person)]
        applied = [fact.refs["type"] for fact in facts if fact.kind is FactKind.EVENT_APPLIED]
        assert applied == ["safety.answered"]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("row", BAD_RECORDS, ids=lambda row: row.name)
def test_a_bad_record_becomes_a_dead_letter_with_reason_and_field(
    row: BadRecord, appended: Appended, hub: RunningHub
) -> None:
    letter = appended.letters[row.name]

    assert (letter["reason"], letter["field_path"]) == (row.reason, row.field)
    assert letter["remedy"]
    assert (letter["person"] is not None) is row.held
    held = {hold.person for hold in hub.files.views.holds()}
    assert (letter["person"] in held) is row.held


@pytest.mark.promise("P11")
def test_good_records_between_bad_ones_are_decided(appended: Appended, hub: RunningHub) -> None:
    assert len(appended.neighbours) == len(BAD_RECORDS) + 1
    assert all(_went_through(hub, answer) for answer in appended.neighbours)


@pytest.mark.promise("P11")
def test_a_dead_letter_about_a_person_whose_name_is_not_legible_is_counted_for_the_alert(
    appended: Appended, hub: RunningHub
) -> None:
    illegible = [row for row in BAD_RECORDS if not row.held]

    assert hub.files.views.counts(hub.place.now()).illegible_dead_letters == len(illegible)
    assert appended.letters[illegible[0].name]["person"] is None


@pytest.mark.promise("P3", "P11")
def test_a_dead_letter_denies_every_permit_of_its_person_until_it_is_replayed_or_discarded(
    hub: RunningHub,
) -> None:
    writer = Writer(hub)
    people = (HELD, DISCARDED)
    for canary in people:
        admit(hub, canary, hub.place.now())
    hub.rest()
    for canary in people:
        talk(hub, canary, hub.place.now())
    for canary in people:
        newer = writer.answer(canary, hub.place.now(), kind="UNKNOWN")
        record = writer.record(canary, hub.place.now(), newer, name="hold", kind="safety.answered")
        writer.append(record)
    hub.move_clock(SETTLED)

    persons = {writer.person(canary): canary for canary in people}
    for person in persons:
        assert _denied(hub, person) == [("unresolved-input",)]
    letters = {
        PersonKey(letter["person"]): letter
        for letter in hub.json("dead-letters", "list")
        if letter["person"] in persons
    }
    assert {letter["reason"] for letter in letters.values()} == {"newer-schema"}

    discard, replay = letters[writer.person(DISCARDED)], letters[writer.person(HELD)]
    done = hub.command(
        "dead-letters", "discard", str(discard["letter_id"]), "--reason", "test of a newer version"
    )
    assert done.code == 0, done.err
    again = hub.command("dead-letters", "replay", str(replay["letter_id"]))
    assert again.code == 0, again.err
    hub.rest()
    assert writer.person(HELD) in {hold.person for hold in hub.files.views.holds()}
    _understood(hub, writer)
    hub.move_clock(LATER)

    assert not persons.keys() & {letter["person"] for letter in hub.json("dead-letters", "list")}
    for person in persons:
        assert _denied(hub, person) == []
        assert {send.state for send in hub.files.views.sends(person=person)} == {"delivered"}


def _denied(hub: RunningHub, person: PersonKey) -> list[tuple[str, ...]]:
    sends = hub.files.views.sends(person=person)
    return [send.denied for send in sends if send.denied is not None]


def _understood(hub: RunningHub, writer: Writer) -> None:
    """Let the record that was not understood arrive anew, now in words that this version knows."""
    at = hub.place.now()
    good = writer.answer(HELD, at, role="social-service")
    record = writer.record(HELD, at, good, name="hold", kind="safety.answered")
    writer.append(record)
    hub.rest()
