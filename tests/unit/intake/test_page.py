"""The page on handing in events names the words that are taken, and its example is taken."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest

from hub.api.acknowledgements import Answer
from hub.domain.children import (
    CarerState,
    Custody,
    Relationship,
    Restriction,
    SafetyAnswerKind,
    View,
)
from hub.domain.consent import Capacity, Category, Purpose, Scope
from hub.domain.directory import RecipientKind
from hub.domain.events import ConsentGranted
from hub.intake import consent_given
from hub.intake.forms_consent import Channel, ConsentForm
from tests.unit.intake.support import CHILD_KEY, DESK, NUMBER, PERSON_KEY, drafted, reference

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "intake.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "examples" / "consent.json"


def words_of(row: str) -> list[str]:
    """Return the words that the page gives in one row, without what brackets explain."""
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {row} |")]
    return re.findall(r"`([^`]+)`", re.sub(r"\([^)]*\)", "", line.split("|")[2]))


@pytest.mark.parametrize(
    ("row", "words", "unknown"),
    [
        ("`purposes`", Purpose, False),
        ("`categories`", Category, False),
        ("`capacity` of a grantor", Capacity, False),
        ("`scope`", Scope, False),
        ("`recipient_class`", RecipientKind, False),
        ("`custody`", Custody, True),
        ("`kind` of a safety answer", SafetyAnswerKind, True),
        ("`relationship`", Relationship, False),
        ("`restrictions`", Restriction, False),
        ("`state` of a carer", CarerState, True),
        ("`view` of a child", View, False),
    ],
)
def test_the_page_names_every_word_that_can_be_given(
    row: str, words: type[StrEnum], *, unknown: bool
) -> None:
    expected = [word.value for word in words if unknown or word.value != "unknown"]

    assert words_of(row) == expected


def test_the_page_names_every_channel_and_every_answer_of_a_recipient() -> None:
    assert words_of("`channel`") == list(get_args(Channel))
    assert words_of("`status`") == list(get_args(Answer.model_fields["status"].annotation))


def test_the_example_of_a_consent_is_taken() -> None:
    draft = drafted(EXAMPLE.read_bytes())

    assert (draft.type, draft.person) == ("consent.granted", PERSON_KEY)
    assert isinstance(draft.payload, ConsentGranted)
    record = draft.payload.record
    assert (record.record_id, record.scope) == (reference("F-2026-17"), Scope.STANDING)
    assert record.purposes == (Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE)
    assert record.children == (CHILD_KEY,)


def test_the_record_of_the_example_is_what_an_operator_types() -> None:
    event = json.loads(EXAMPLE.read_bytes())
    said = drafted(EXAMPLE.read_bytes())

    typed = consent_given(DESK, said.occurred_at, NUMBER, event["data"]["record"])

    assert typed.payload == said.payload


def test_the_example_leaves_out_only_what_would_make_it_another_consent() -> None:
    record = json.loads(EXAMPLE.read_bytes())["data"]["record"]

    assert set(ConsentForm.model_fields) - set(record) == {
        "all_children",
        "recipient",
        "supersedes",
        "override",
    }
