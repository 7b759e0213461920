"""A withdrawal, freeze or safety answer for somebody unknown must not pass for a success."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.cli import exits, known
from tests.integration.cli.conftest import Cli, decide_all, first_start
from tests.integration.cli.test_commands import NUMBER, PERSON, admit

MISTYPED = "A9999ZZ"
WITHDRAW = ("--taken-by", "desk", "--channel", "oral")
ANSWER = ("--answer", "clear", "--role", "social-service")


@pytest.fixture
def admitted(cli: Cli, folder: Path) -> Cli:
    """Commands on a hub that knows one parent and the child 71."""
    first_start(folder)
    admit(cli, folder)
    decide_all(folder)
    return cli


@pytest.mark.parametrize(
    "words",
    [
        ("consent", "withdraw", "{}", *WITHDRAW),
        ("freeze", "set", "{}", "--by", "duty"),
        ("freeze", "lift", "{}", *WITHDRAW),
        ("safety", "record", "{}", "--child", "71", *ANSWER),
    ],
)
def test_what_is_entered_for_somebody_unknown_is_kept_and_warned_of(
    admitted: Cli, folder: Path, words: tuple[str, ...]
) -> None:
    unknown = [word.format(f"NOMS:{MISTYPED}") for word in words]

    for _ in range(2):
        said = admitted(*unknown, "--json")
        assert said.code == exits.PARTLY
        assert said.json["warnings"] == [known.NO_CASE]
        assert said.json["taken"]
        assert "no case is known for this person" in said.err
        assert MISTYPED not in said.err + said.out
        decide_all(folder)
    assert admitted(*(word.format(PERSON) for word in words)).code == exits.OK


@pytest.mark.parametrize(
    "words",
    [
        ("consent", "withdraw", f"NOMSX:{NUMBER}", *WITHDRAW),
        ("freeze", "set", f"NOMSX:{NUMBER}", "--by", "duty"),
        ("safety", "record", f"NOMSX:{NUMBER}", "--child", "71", *ANSWER),
        ("safety", "record", PERSON, "--child", "71", "--child-register", "X", *ANSWER),
        ("explain", "--number", f"NOMSX:{NUMBER}"),
    ],
)
def test_a_register_that_no_source_uses_is_refused(admitted: Cli, words: tuple[str, ...]) -> None:
    said = admitted(*words)

    assert said.code == exits.USAGE
    assert "known: NOMS" in said.err
    assert NUMBER not in said.err


def test_an_unknown_record_or_child_is_warned_of(admitted: Cli) -> None:
    record = admitted("consent", "withdraw", PERSON, *WITHDRAW, "--record-id", "none", "--json")
    child = admitted("safety", "record", PERSON, "--child", "999", *ANSWER, "--json")

    assert (record.code, record.json["warnings"]) == (exits.PARTLY, [known.NO_RECORD])
    assert (child.code, child.json["warnings"]) == (exits.PARTLY, [known.NO_CHILD])


def test_a_role_whose_answers_do_not_count_is_refused(admitted: Cli) -> None:
    said = admitted(
        *("safety", "record", PERSON, "--child", "71", "--answer", "clear", "--role", "cook")
    )

    assert said.code == exits.USAGE
    assert "social-service" in said.err


def test_a_freeze_is_taken_although_the_store_is_not_there_yet(cli: Cli) -> None:
    said = cli("freeze", "set", PERSON, "--by", "duty", "--json")

    assert (said.code, said.json["taken"]) == (exits.PARTLY, True)
    assert said.json["warnings"] == [known.NO_STORE]


def test_every_fault_of_a_consent_record_is_told_at_once(cli: Cli, folder: Path) -> None:
    (folder / "consent.json").write_text('{"record_id": "1", "given_at": "x"}', encoding="utf-8")

    said = cli("consent", "record", PERSON, "consent.json")

    assert said.code == exits.ERROR
    fields = {line for line in said.err.splitlines() if line.startswith("refused: ")}
    assert len(fields) > 1, said.err
    assert said.err.count("remedy: ") == len(fields)
