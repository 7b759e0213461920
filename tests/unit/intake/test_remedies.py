"""A remedy says what can be given, and offers nothing that is refused in turn."""

from enum import StrEnum
from typing import Any

import pytest

from hub.domain.children import Relationship, Restriction, View
from hub.domain.consent import Capacity, Category, Purpose, Scope
from hub.domain.directory import RecipientKind
from hub.intake import IntakeError
from tests.unit.intake.support import CHILD, PERSON, TIME, cloudevent, drafted, record


def remedy(record_type: str, data: dict[str, Any]) -> str:
    """Return the remedy of the one fault of an event."""
    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent(record_type, {"person": PERSON} | data))
    [problem] = caught.value.problems
    return problem.remedy


def child(**facts: object) -> tuple[str, dict[str, Any]]:
    """Return an event about a child."""
    return "children.recorded", {"child": CHILD, **facts}


def consent(**fields: object) -> tuple[str, dict[str, Any]]:
    """Return a consent."""
    return "consent.granted", {"record": record(**fields)}


@pytest.mark.promise("P11")
@pytest.mark.parametrize("word", ["unknown", "family", 7, None, ["x"]])
def test_the_words_offered_are_those_that_are_taken(word: object) -> None:
    fields: list[tuple[type[StrEnum], tuple[str, dict[str, Any]]]] = [
        (Purpose, consent(purposes=[word])),
        (Category, consent(categories=[word])),
        (Capacity, consent(grantors=[{"capacity": word, "given_at": TIME}])),
        (Restriction, child(restrictions=[word])),
        (View, child(view={"view": word, "asked_at": TIME, "asked_by": "x"})),
    ]
    for words, event in fields:
        offered = ", ".join(each.value for each in words if each.value != "unknown")
        assert remedy(*event) == f"give one of {offered}"


@pytest.mark.parametrize(
    ("words", "event"),
    [
        (Scope, consent(scope="unknown")),
        (RecipientKind, consent(recipient_class="unknown")),
        (Relationship, child(relationship="unknown")),
    ],
)
def test_the_word_for_what_is_not_understood_is_never_offered(
    words: type[StrEnum], event: tuple[str, dict[str, Any]]
) -> None:
    offered = remedy(*event)

    assert "unknown" not in offered
    assert all(word.value in offered for word in words if word.value != "unknown")


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (child(address={"area": "5315"}), ("8 digits", "like 05315000")),
        (child(language="Deutsch"), ("language tag", "like de")),
        (consent(record_id="F#1"), ("1 to 120", "like F-2026-17")),
        (consent(help_requested=["Some help"]), ("lower-case", "like parenting-advice")),
        (consent(text_hash="x"), ("16 to 256", "hex")),
        (child(child={"namespace": "#", "contact_id": "1"}), ("64 letters", "like NOMS")),
        (("children.counted", {"count": 100}), ("99 or less",)),
        (("children.counted", {"count": -1}), ("0 or more",)),
    ],
)
def test_a_remedy_gives_the_format_and_an_example(
    event: tuple[str, dict[str, Any]], expected: tuple[str, ...]
) -> None:
    told = remedy(*event)

    assert all(part in told for part in expected)
