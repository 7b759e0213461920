"""What the lists show can be given back: the beginning of an id or a pseudonym is enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.app.build import Hub
from hub.cli import exits
from hub.cli.ids import whole
from hub.config import load
from hub.store.prefixes import Named
from tests.integration.cli.conftest import Cli, decide_all, first_start
from tests.integration.cli.test_commands import PERSON, admit, poison


@pytest.fixture
def person(cli: Cli, folder: Path) -> str:
    """Return the pseudonym of a parent about whom something is withheld."""
    first_start(folder)
    admit(cli, folder)
    decide_all(folder)
    [found] = cli("explain", "--number", PERSON, "--json").json["persons"]
    return str(found)


def test_explain_and_cases_take_the_beginning_of_a_pseudonym_or_id(cli: Cli, person: str) -> None:
    account = cli("explain", person[:12], "--json").json
    event_id = account["events"][0]["event_id"]
    child = account["withheld"][0]["child"]

    assert account["persons"] == [person]
    assert cli("cases", "show", person[:8], "--json").json["person"] == person
    assert cli("explain", event_id[:13], "--json").json["kind"] == "event"
    assert cli("explain", event_id).out.startswith(f"This is an event about {person[:12]}.")
    assert cli("explain", child[:12].upper(), "--json").json["kind"] == "child"
    assert cli("explain", person[:7]).code == exits.USAGE


def test_a_dead_letter_is_shown_replayed_and_discarded_by_its_beginning(
    cli: Cli, folder: Path
) -> None:
    first_start(folder)
    poison(folder)
    decide_all(folder)
    [letter] = cli("dead-letters", "list", "--json").json
    start = letter["letter_id"][:8]

    assert cli("dead-letters", "show", start, "--json").json["letter_id"] == letter["letter_id"]
    discarded = cli("dead-letters", "discard", start, "--reason", "test message", "--json")
    assert discarded.json["discarded"] == letter["letter_id"]
    assert cli("dead-letters", "replay", start).code == exits.ERROR, "it is closed"
    assert cli("dead-letters", "show", "0" * 8).code == exits.USAGE
    assert cli("referrals", "show", "0" * 8).code == exits.USAGE


def test_of_several_that_begin_so_all_are_listed(
    cli: Cli, folder: Path, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Eight hex digits never meet by chance in a test; one digit does after a few numbers.
    for number in range(20):
        admit(cli, folder, f"A00{number:02}AA")
    decide_all(folder)
    monkeypatch.setattr("hub.cli.ids.BEGINNING", re.compile("[0-9a-f]{1,64}"))
    with Hub(load(folder / "hub.toml", {})) as hub:
        views = hub.store.views
        alike = {
            digit: [match.id for match in views.beginning(digit, (Named.PERSON,))]
            for digit in "0123456789abcdef"
        }
        digit, ids = max(alike.items(), key=lambda item: len(item[1]))
        assert len(ids) > 1
        with pytest.raises(Exception, match="several ids begin so") as refused:
            whole(views, digit, (Named.PERSON,), "PERSON")
    assert all(each in str(refused.value) for each in ids)
    assert person in {each for found in alike.values() for each in found}
