"""A referral as a page that a person can read, in German and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.domain.values import Value

if TYPE_CHECKING:
    from hub.domain.content import Content


class _Language(Value, frozen=True, kw_only=True):
    first_line: str
    provisional: str
    unverified: str
    reference: str
    answers: tuple[str, ...]
    answer_heading: str
    titles: dict[str, str]
    labels: dict[str, str]
    values: dict[str, str]


_DE = _Language(
    first_line="Hilfeangebot mit Einwilligung; keine Meldung nach § 8a SGB VIII oder § 4 KKG.",
    provisional="Vorläufige Adressierung nach § 86d SGB VIII: Bitte prüfen Sie Ihre Zuständigkeit.",
    unverified="Angaben des Elternteils vom {date}, nicht überprüft.",
    reference="Einwilligung: {consents}",
    answer_heading="Bitte antworten Sie mit einer der fünf Möglichkeiten:",
    answers=(
        "angenommen",
        "nicht zuständig, weitergegeben an …",
        "abgelehnt (Code)",
        "Rückruf erbeten",
        "erledigt",
    ),
    titles={
        "family-support/1": "Ein Elternteil ist in Haft. Für das Kind wird Hilfe gewünscht.",
        "release-notice/1": "Der Elternteil, von dem die Anfrage handelt, ist entlassen worden.",
    },
    labels={
        "parent_in_prison": "Elternteil in Haft",
        "given_name": "Vorname des Kindes",
        "family_name": "Familienname des Kindes",
        "birth_date": "Geburtsdatum",
        "expected_date": "Erwarteter Geburtstermin",
        "language": "Sprache",
        "address": "Aufenthaltsort",
        "town": "Ort",
        "custody": "Sorgerecht",
        "carer": "Betreuungsperson",
        "carer_name": "Name der Betreuungsperson",
        "carer_knows": "Betreuungsperson weiß Bescheid",
        "carer_contact": "Sicherer Kontakt",
        "carer_times": "Erreichbar",
        "no_letter": "Keine Briefe",
        "child_told": "Was das Kind weiß",
        "child_view": "Sicht des Kindes",
        "help_requested": "Gewünschte Hilfe",
        "prison": "Anstalt",
        "prison_contact": "Ansprechstelle",
        "prison_hours": "Sprechzeiten",
        "released_on": "Entlassen am",
    },
    values={
        "yes": "ja",
        "no-longer": "nicht mehr",
        "no": "nein",
        "known": "bekannt",
        "unknown": "unbekannt",
        "none": "keine",
        "sole": "allein beim inhaftierten Elternteil",
        "joint": "gemeinsam",
        "other-alone": "allein beim anderen Elternteil",
        "resting": "ruht",
        "not-asked": "nicht gefragt",
        "agrees": "einverstanden",
        "objects": "nicht einverstanden",
    },
)

_EN = _Language(
    first_line="Offer of help with consent; not a report under SGB VIII § 8a or KKG § 4.",
    provisional="Provisional addressee under SGB VIII § 86d: please check your competence.",
    unverified="Stated by the parent on {date}, unverified.",
    reference="Consent: {consents}",
    answer_heading="Please answer with one of five choices:",
    answers=(
        "accepted",
        "not competent, forwarded to …",
        "declined (code)",
        "please call",
        "done",
    ),
    titles={
        "family-support/1": "A parent is in prison. Help is wished for the child.",
        "release-notice/1": "The parent whom the request is about has been released.",
    },
    labels={
        "parent_in_prison": "Parent in prison",
        "given_name": "Child's given name",
        "family_name": "Child's family name",
        "birth_date": "Date of birth",
        "expected_date": "Expected date of birth",
        "language": "Language",
        "address": "Place of stay",
        "town": "Town",
        "custody": "Custody",
        "carer": "Carer",
        "carer_name": "Carer's name",
        "carer_knows": "Carer knows",
        "carer_contact": "Safe contact",
        "carer_times": "Can be reached",
        "no_letter": "No letters",
        "child_told": "What the child was told",
        "child_view": "Child's view",
        "help_requested": "Help requested",
        "prison": "Prison",
        "prison_contact": "Contact point",
        "prison_hours": "Hours",
        "released_on": "Released on",
    },
    values={
        "no-longer": "no longer",
        "sole": "imprisoned parent alone",
        "other-alone": "other parent alone",
        "not-asked": "not asked",
    },
)

_CODED = frozenset(
    {"parent_in_prison", "custody", "carer", "carer_knows", "no_letter", "child_view"}
)
"""Keys whose values are codes to be put into words; all others are shown as they were stated."""

LANGUAGES: dict[str, _Language] = {"de": _DE, "en": _EN}


def page(content: Content, language: str) -> str:
    """Return the page in `language` (`de` or `en`); raises KeyError for any other."""
    words = LANGUAGES[language]
    lines = [words.first_line, "", words.titles[content.profile], ""]
    if content.provisional:
        lines += [words.provisional, ""]
    lines += [
        f"{words.labels[item.key]}: "
        f"{words.values.get(item.value, item.value) if item.key in _CODED else item.value}"
        for item in content.items
    ]
    lines += [
        "",
        words.unverified.format(date=content.stated_at),
        words.reference.format(consents=", ".join(content.consents)),
        "",
        words.answer_heading,
        *(f"  [ ] {answer}" for answer in words.answers),
    ]
    return "\n".join(lines)


def pages(content: Content) -> dict[str, str]:
    """Return the page in every language."""
    return {language: page(content, language) for language in LANGUAGES}
