"""What a message says: what the categories permit, in words a person can read, nothing else."""

from __future__ import annotations

import pytest

from hub.domain.children import Address, Carer, CarerState
from hub.domain.consent import Category
from hub.domain.content import EXTRACT, Content
from hub.domain.pages import LANGUAGES, page, pages
from tests.support.rules import AREA, EVERYTHING, REQUIRED
from tests.support.story import Story, ready

pytestmark = pytest.mark.promise("P3")


def said(story: Story) -> Content:
    """Return the content of the latest message."""
    content = story.sends[-1].content
    assert content is not None
    return content


def values(content: Content) -> dict[str, str]:
    """Return what is said by key."""
    return {item.key: item.value for item in content.items}


def test_it_says_what_the_consent_permits() -> None:
    assert values(said(ready())) == {
        "parent_in_prison": "yes",
        "given_name": "Mia",
        "family_name": "Erfunden",
        "address": "Beispielweg 3",
        "town": "99001 Musterstadt",
        "birth_date": "2024-05-04",
        "carer": "known",
        "carer_name": "Oma Erfunden",
        "help_requested": "SGB VIII § 16",
        "prison": "Invented prison",
        "prison_contact": "social service",
        "prison_hours": "9-12",
    }


@pytest.mark.parametrize("left_out", sorted(set(EVERYTHING) - set(REQUIRED)))
def test_a_category_left_out_is_not_said(left_out: Category) -> None:
    kept = tuple(c for c in EVERYTHING if c is not left_out)
    story = Story().admitted().child().cleared().consented(categories=kept).wait(hours=1)

    content = said(story)

    assert left_out not in {item.category for item in content.items}
    assert set(story.sends[-1].categories) <= set(kept)


def test_each_item_belongs_to_a_category_that_the_message_names() -> None:
    send = ready().sends[-1]

    assert send.content is not None
    assert {item.category for item in send.content.items} <= set(send.categories)


def test_every_category_has_one_way_into_a_message() -> None:
    assert set(EXTRACT) == set(Category) - {Category.UNKNOWN}


def test_a_protected_address_is_never_carried_and_routes_all_the_same() -> None:
    hidden = Address(area=AREA, lines=("Geheimweg 1",), city="Versteckt", protected=True)

    story = ready(address=hidden)

    assert not {"address", "town"} & values(said(story)).keys()
    assert "Geheim" not in str(story.sends[-1])


def test_without_an_own_word_the_carers_contact_is_not_carried() -> None:
    story = ready(carer=Carer(state=CarerState.KNOWN, name="Oma", contact="0000-2"))

    assert "0000-2" not in str(said(story))


def test_the_first_line_says_what_it_is_and_what_it_is_not() -> None:
    german, english = pages(said(ready())).values()

    assert german.splitlines()[0].startswith("Hilfeangebot mit Einwilligung; keine Meldung nach")
    assert english.splitlines()[0].startswith("Offer of help with consent; not a report under")


def test_a_page_shows_every_item_and_the_five_answers() -> None:
    content = said(ready())
    text = page(content, "en")

    assert all(item.value in text for item in content.items if item.key != "parent_in_prison")
    assert text.count("[ ]") == 5
    assert "Provisional addressee" in text
    assert "C-1" in text


def test_both_languages_have_words_for_the_same_things() -> None:
    german, english = LANGUAGES["de"], LANGUAGES["en"]

    assert german.labels.keys() == english.labels.keys()
    assert german.titles.keys() == english.titles.keys()
    assert len(german.answers) == len(english.answers) == 5


def test_codes_are_put_into_words() -> None:
    story = ready(carer=Carer(state=CarerState.KNOWN, name="Oma Erfunden", knows=False))

    assert "Betreuungsperson weiß Bescheid: nein" in page(said(story), "de")


def test_a_page_in_another_language_is_refused() -> None:
    with pytest.raises(KeyError):
        page(said(ready()), "xx")
