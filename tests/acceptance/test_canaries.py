"""No personal data in clear: thirty canaries through every door, every output searched (P6)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pytest

from hub.domain.referral import Operation
from tests.support.bad_records import BAD_RECORDS, Writer
from tests.support.bad_requests import BAD_REQUESTS, Given
from tests.support.canaries import Canary, all_values, canaries, contacts_file
from tests.support.canary_paths import (
    admit,
    by_command,
    by_file,
    later_words,
    listings,
    message,
    other_reports,
    talk,
)
from tests.support.canary_search import Output, Search, files
from tests.support.running_hub import RunningHub, running

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PEOPLE = canaries()
# Whose messages the story is made of, who takes back or corrects, whose come by file or command,
# and about whom bad input comes.
STORY, LATER = PEOPLE[:6], PEOPLE[6:12]
FILED, TYPED, BAD = PEOPLE[12:14], PEOPLE[14:16], PEOPLE[16:]

MAY_HOLD = ("inbox.jsonl", "contacts.json", "logs/inbox.log", "logs/contacts-api.log", "inputs")
"""What is not the hub's: the recipient's journal, the prison's system, files that were handed in.

The journal must not hold prisoner numbers all the same; that has a test of its own.
"""


class Played(NamedTuple):
    """All that the hub put out while it ran, and its folder as it was left."""

    root: Path
    outputs: list[Output]
    metrics: str
    delivered: int
    journal: bytes


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Send the canaries through everything, and collect what came out, running and ended."""
    root = tmp_path_factory.mktemp("canaries")
    with running(root, START, lambda place: contacts_file(place.people, PEOPLE)) as hub:
        _play(hub, root / "inputs")
        metrics = hub.metrics()
        sends = hub.files.views.sends(limit=10_000)
        delivered = sum(s.operation == Operation.REFER and s.state == "delivered" for s in sends)
        # While the processes run: their write-ahead logs are there.
        outputs = [*files(root, MAY_HOLD), *_said(hub, metrics)]
    outputs += [o._replace(what=f"{o.what} (after the end)") for o in files(root, MAY_HOLD)]
    return Played(root, outputs, metrics, delivered, (root / "inbox.jsonl").read_bytes())


def _play(hub: RunningHub, inputs: Path) -> None:
    inputs.mkdir()
    for canary in PEOPLE:
        admit(hub, canary, START - timedelta(minutes=5))
    hub.rest()
    for canary in (*STORY, *LATER, *BAD):
        talk(hub, canary, START)
    by_file(hub, FILED, START, inputs)
    by_command(hub, TYPED, START, inputs)
    hub.move_clock(START + timedelta(hours=1))
    _answer(hub)
    later_words(hub, LATER, hub.place.now())
    other_reports(hub, STORY, hub.place.now())
    _misbehave(hub)
    hub.move_clock(START + timedelta(hours=3))
    first, second, *_ = (str(letter.letter_id) for letter in hub.files.views.dead_letters())
    referral = str(hub.files.views.sends()[0].referral_id)
    wanted = [
        *(
            (*words, letter)
            for words in (("dead-letters", "show"), ("explain",))
            for letter in (first, second)
        ),
        ("dead-letters", "replay", first),
        ("dead-letters", "discard", second, "--reason", "a test"),
        ("referrals", "show", referral),
        ("explain", referral, "--json"),
    ]
    hub.commands([(words, "") for words in wanted])
    listings(hub)
    hub.rest()


def _answer(hub: RunningHub) -> None:
    """Let recipients answer: rightly, with words where codes belong, and to what is not theirs."""
    for nth, send in enumerate(hub.files.views.sends(limit=4)):
        note = PEOPLE[nth].note
        good = {"referral_id": str(send.referral_id), "generation": 1, "status": "accepted"}
        for body in (
            good,
            good | {"code": note},
            good | {note: note},
            good | {"status": note},
            good | {"referral_id": PEOPLE[nth].number},
        ):
            for holder in ("jugendamt-musterstadt", "bruecke-musterland"):
                hub.post(body, holder=holder, path="/acknowledgements")


def _misbehave(hub: RunningHub) -> None:
    """Send every bad request and append every bad record, each about another canary."""
    writer, now = Writer(hub), hub.place.now()
    for nth, row in enumerate(BAD_REQUESTS):
        given = Given(BAD[nth % len(BAD)], now)
        hub.post(row.body(given), holder=row.holder, kind=row.kind, headers=row.headers)
    for nth, bad in enumerate(BAD_RECORDS):
        writer.append(bad.make(writer, BAD[nth % len(BAD)], now))
    canary = BAD[0]
    for path in (f"/persons/{canary.number}", f"/events/{canary.number}?name={canary.given}"):
        hub.call("GET", path, None, {})
        hub.call("POST", path, json.dumps(message(canary, "x", now)).encode(), {})
    hub.call("POST", "/events", b"", {"Authorization": f"Bearer {canary.number}"})
    hub.call("POST", "/events", b"{}", {"X-Parent": canary.number, "Content-Type": canary.note})
    hub.raw(f"GET /{canary.number} {canary.number}\r\n\r\n".encode())
    hub.rest()


def _said(hub: RunningHub, metrics: str) -> Iterator[Output]:
    yield Output("metrics", metrics.encode())
    for answer in hub.answers:
        yield Output(f"HTTP answer {answer.status}", answer.text.encode())
    for ran in hub.ran:
        yield Output(f"output of hub {ran.command}", f"{ran.out}\n{ran.err}".encode())


@pytest.mark.promise("P6")
@pytest.mark.timeout(400)
def test_no_canary_is_found_in_clear_in_anything_the_hub_put_out(played: Played) -> None:
    searched = {output.what for output in played.outputs}
    assert {"data/store.db", "data/store.db-wal", "data/log.db", "data/vault.db"} <= searched
    assert {"logs/hub-ingest.log", "logs/hub-processor.log", "logs/hub-delivery.log"} <= searched
    assert any(what.startswith("HTTP answer 422") for what in searched)
    assert any(what.startswith("output of hub explain") for what in searched)
    assert played.delivered >= len(STORY), "the canaries did not come through"

    assert Search(all_values(PEOPLE)).leaks(played.outputs) == set()


@pytest.mark.promise("P6")
def test_what_recipients_got_holds_no_prisoner_number(played: Played) -> None:
    numbers = [form for canary in PEOPLE for form in canary.number_forms]
    allowed = Search([PEOPLE[0].given]).leaks([Output("inbox", played.journal)])
    assert allowed, "the recipients got nothing at all"

    assert Search(numbers).leaks([Output("inbox", played.journal)]) == set()


class Copy(NamedTuple):
    """A copy of the hub's folder in which something may be planted, and what was said."""

    root: Path
    metrics: str


Plant = Callable[[Copy, Canary], list[Output]]
"""Leaks one value of a canary in a copy; returns what was said beside the files."""


def _file(copy: Copy, canary: Canary) -> list[Output]:
    (copy.root / "tmp" / "export").write_text(f"<td>{canary.told}</td>", encoding="utf-8")
    return []


def _file_name(copy: Copy, canary: Canary) -> list[Output]:
    (copy.root / "tmp" / f"{canary.number}.lock").touch()
    return []


def _row(copy: Copy, canary: Canary) -> list[Output]:
    with sqlite3.connect(copy.root / "data" / "store.db") as connection:
        changed = connection.execute("UPDATE outcomes SET reason = ?", (canary.consent,))
        assert changed.rowcount > 0
    connection.close()
    return []


def _deleted_row(copy: Copy, canary: Canary) -> list[Output]:
    connection = sqlite3.connect(copy.root / "data" / "store.db", isolation_level=None)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("CREATE TABLE scratch (note TEXT)")
    connection.execute("INSERT INTO scratch VALUES (?)", (canary.street * 500,))
    connection.execute("DROP TABLE scratch")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return []


def _journal(copy: Copy, canary: Canary) -> list[Output]:
    database, journal = copy.root / "data" / "log.db", copy.root / "data" / "log.db-wal"
    before = database.read_bytes()
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE scratch (note BLOB)")
    connection.execute("INSERT INTO scratch VALUES (?)", (canary.phone.encode("utf-16-le"),))
    written = journal.read_bytes()
    connection.close()
    # Closing moved it into the database; a process that is killed leaves it in the journal.
    database.write_bytes(before)
    journal.write_bytes(written)
    return []


def _log_line(copy: Copy, canary: Canary) -> list[Output]:
    with (copy.root / "logs" / "hub-ingest.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": "request", "path": f"/{canary.family}"}) + "\n")
    return []


def _metric(copy: Copy, canary: Canary) -> list[Output]:
    labelled = f'{copy.metrics}\nhub_events_total{{person="{canary.number.lower()}"}} 1.0\n'
    return [Output("metrics", labelled.encode())]


def _error_body(_: Copy, canary: Canary) -> list[Output]:
    problem = {"status": 422, "detail": f"'{canary.born.isoformat()}' is no date"}
    return [Output("HTTP answer 422", json.dumps(problem).encode())]


def _command(_: Copy, canary: Canary) -> list[Output]:
    return [Output("output of hub explain", f"Nobody is called {canary.parent}".encode())]


LEAKS: dict[str, Plant] = {
    "file": _file,
    "file name": _file_name,
    "row": _row,
    "deleted row": _deleted_row,
    "write-ahead log": _journal,
    "log line": _log_line,
    "metric label": _metric,
    "error body": _error_body,
    "output of a command": _command,
}


@pytest.mark.promise("P6")
@pytest.mark.parametrize("kind", LEAKS)
def test_the_search_finds_a_leak_of_each_kind(kind: str, played: Played, tmp_path: Path) -> None:
    canary = PEOPLE[3]
    copy = Copy(tmp_path / "copy", played.metrics)
    shutil.copytree(played.root, copy.root)

    planted = [*LEAKS[kind](copy, canary), *files(copy.root, MAY_HOLD)]
    found = Search(canary.values).leaks(planted)

    assert len({leak.what for leak in found}) == 1, "one leak was planted"


def _base64(encode: Callable[[bytes], bytes], before: int, text: str) -> bytes:
    return encode(b"\1" * before + text.encode() + b"\2")


DRESSES: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "latin-1": lambda text: text.encode("latin-1"),
    "hex": lambda text: text.encode().hex().encode(),
    "JSON": lambda text: json.dumps(text).encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "form": lambda text: urlencode({"q": text}).encode(),
    "Python": lambda text: ascii(text).encode(),
    **{f"base64 after {n} bytes": partial(_base64, b64encode, n) for n in range(3)},
    **{
        f"base64 for URLs after {n} bytes": partial(_base64, urlsafe_b64encode, n) for n in range(3)
    },
}


@pytest.mark.promise("P6")
@pytest.mark.parametrize("dress", DRESSES)
def test_the_search_finds_every_value_in_every_dress(dress: str) -> None:
    values = list(all_values(PEOPLE))
    search = Search(values)

    missed = [
        value
        for value in values
        if value
        not in {leak.canary for leak in search.leaks([Output("", b"<" + DRESSES[dress](value))])}
    ]

    assert missed == []
