"""Answers of the contacts API become children: each once, with everything that stands between."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors.hmpps.answers import (
    IN_CUSTODY,
    ContactRow,
    NumberOfChildren,
    Page,
    Prisoner,
    Restricted,
    RestrictionsBatch,
    children_of,
    counted,
    kinds,
)
from hub.domain.children import Address, Child, Relationship, Restriction
from tests.unit.hmpps.support import CONTEXT, samples
from tests.unit.hmpps.test_samples import SNAPSHOTS

TODAY = date(2026, 3, 2)
NONE: frozenset[Restriction] = frozenset()


def example(name: str) -> bytes:
    """Return an example answer."""
    return (samples() / "contacts_api_examples" / name).read_bytes()


def rows() -> list[ContactRow]:
    """Return the contact rows of both example pages."""
    pages = [
        msgspec.json.decode(example(f"contacts_page_{n}.json"), type=Page[ContactRow])
        for n in (0, 1)
    ]
    return [row for page in pages for row in page.content]


def row(**changes: Any) -> ContactRow:  # noqa: ANN401 - any field of a row
    """Return the row of an invented son, with fields changed."""
    whole = {
        "prisonerContactId": 1,
        "contactId": 20900001,
        "firstName": "Sonny",
        "lastName": "Madeup",
        "relationshipToPrisonerCode": "SON",
        "isRelationshipActive": True,
        "restrictionSummary": {"active": []},
    } | changes
    return msgspec.convert(whole, ContactRow)


def by_name(children: tuple[Child, ...]) -> dict[str | None, Child]:
    """Return children by given name."""
    return {child.given_name: child for child in children}


def test_the_examples_become_the_children_they_show() -> None:
    found = by_name(children_of(rows(), {}, NONE, CONTEXT))

    assert set(found) == {"Sonny", "Dotty", "Stella", "Adam", None}
    home = Address(lines=("1 Nowhere Lane", "Makebelieve"), postcode="ZZ1 1ZZ", city="Sheffield")
    assert found["Sonny"] == Child(
        child=CONTEXT.child("20900001"),
        given_name="Sonny",
        family_name="Madeup",
        birth_date=date(2019, 5, 4),
        address=home,
        restrictions=(),
    )
    assert found["Stella"].relationship is Relationship.STEPCHILD
    assert found["Dotty"].birth_date is None
    assert found["Adam"].address is None, "no fixed address"


def test_a_child_who_died_is_taken_out_and_not_described() -> None:
    (child,) = children_of([row(deceasedDate="2012-06-01")], {}, NONE, CONTEXT)

    assert child == Child(child=CONTEXT.child("20900001"), removed=True)


def test_a_contact_in_several_rows_is_one_child() -> None:
    twice = [row(relationshipToPrisonerCode="OTHER"), row(prisonerContactId=2)]

    (child,) = children_of(twice, {}, NONE, CONTEXT)

    assert child.relationship is Relationship.CHILD


def test_a_contact_that_is_a_child_no_longer_is_left_out() -> None:
    assert children_of([row(isRelationshipActive=False)], {}, NONE, CONTEXT) == ()


@pytest.mark.parametrize("code", ["FOP", "NEP", "SWO", "PART", "GSON"])
def test_other_relationships_are_not_taken_for_children(code: str) -> None:
    assert children_of([row(relationshipToPrisonerCode=code)], {}, NONE, CONTEXT) == ()


@pytest.mark.promise("P3")
def test_restrictions_count_wherever_they_stand() -> None:
    summary = {"active": [{"restrictionType": "BAN"}, {"restrictionType": "CCTV"}]}
    two = [row(restrictionSummary=summary), row(prisonerContactId=2, isRelationshipActive=False)]
    asked = {2: frozenset({Restriction.NON_CONTACT})}

    (child,) = children_of(two, asked, frozenset({Restriction.CHILD_VETTING}), CONTEXT)

    assert child.restrictions == (
        Restriction.CHILD_VETTING,
        Restriction.CONTACT_BAN,
        Restriction.NON_CONTACT,
    )


def test_the_example_batch_bans_contact_and_leaves_out_what_is_over() -> None:
    batch = msgspec.json.decode(example("restrictions_batch.json"), type=RestrictionsBatch)
    first = batch.prisoner_contact_restrictions[0]
    both = [*first.prisoner_contact_restrictions, *first.global_contact_restrictions]

    standing = [each for each in both if each.stands(TODAY)]

    assert len(standing) == len(both) - 1
    assert kinds(standing) == {Restriction.CONTACT_BAN, Restriction.CHILD_VETTING}


def test_a_restriction_stands_until_the_end_of_its_last_day() -> None:
    last = Restricted(restriction_type="BAN", expiry_date=TODAY)

    assert last.stands(TODAY)
    assert not last.stands(date(2026, 3, 3))
    assert Restricted(restriction_type="BAN").stands(TODAY)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("number_of_children.json", (4, True)),
        ("number_of_children_zero.json", (0, True)),
        ("number_of_children_cleared.json", (None, True)),
        ("number_of_children_text.json", (None, False)),
    ],
)
def test_a_count_is_read_only_if_it_is_a_number(
    file: str, expected: tuple[int | None, bool]
) -> None:
    answer = msgspec.json.decode(example(file), type=NumberOfChildren)

    assert counted(answer.number_of_children) == expected


@pytest.mark.parametrize("text", ["100", "-1", "two", "1.5", "\N{FULLWIDTH DIGIT TWO}", "²"])
def test_a_count_out_of_range_or_shape_is_illegible(text: str) -> None:
    assert counted(text) == (None, False)


CUSTODY = {
    "prisoner-search__court-out.json": True,
    "prisoner-search__first-new-booking.json": True,
    "prisoner-search__released-to-hospital.json": False,
    "prisoner-search__released.json": False,
    "prisoner-search__transfer-in.json": True,
    "prisoner-search__transfer-out.json": True,
}


@pytest.mark.parametrize("file", sorted(SNAPSHOTS))
def test_a_snapshot_tells_booking_and_custody(file: str) -> None:
    state = msgspec.json.decode(Path(samples() / file).read_bytes(), type=Prisoner)

    assert state.booking_id == "1203208"
    assert IN_CUSTODY[state.status or ""] is CUSTODY[file]


def test_the_example_prisoner_is_in_custody() -> None:
    state = msgspec.json.decode(example("prisoner_search_prisoner.json"), type=Prisoner)

    assert (state.booking_id, IN_CUSTODY[state.status or ""]) == ("9900001", True)
