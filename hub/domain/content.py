"""What a referral says: which facts each category stands for, taken from the case, nothing more.

Never here, under any consent: offence, remand or sentence, prisoner number, security or health
notes, nationality, religion, the other parent's imprisonment, refusals. A protected address is
never carried. `pages` turns a content into text that a person can read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from hub.domain.children import Child, View
from hub.domain.consent import Category
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.values import Value

if TYPE_CHECKING:
    from hub.domain.case import Case
    from hub.domain.permit import Target
    from hub.domain.policy import Rules


class Item(Value, frozen=True, kw_only=True):
    """One stated fact: which category permits it, its key in the profile, and its value."""

    category: Category
    key: str
    value: str


class Content(Value, frozen=True, kw_only=True):
    """The content of one message.

    `correlation` is the same for siblings at one recipient, and for nobody else. `stated_at` is an
    ISO date. Nothing in it was verified by the hub.
    """

    profile: str
    stated_by: str
    stated_at: str
    provisional: bool
    consents: tuple[str, ...]
    correlation: str
    items: tuple[Item, ...]


class _Material(Value, frozen=True, kw_only=True):
    """What the extractors may look at."""

    child: Child
    place: tuple[str, str, str] | None
    help_requested: tuple[str, ...]
    ended_on: str | None


_Pairs = Iterable[tuple[str, str | None]]


def _imprisonment(m: _Material) -> _Pairs:
    yield "parent_in_prison", "no-longer" if m.ended_on else "yes"


def _identity(m: _Material) -> _Pairs:
    yield "given_name", m.child.given_name
    yield "family_name", m.child.family_name


def _birth(m: _Material) -> _Pairs:
    born, expected = m.child.birth_date, m.child.expected_date
    yield "birth_date", born.isoformat() if born else None
    yield "expected_date", expected.isoformat() if expected and not born else None


def _language(m: _Material) -> _Pairs:
    yield "language", m.child.language


def _place_of_stay(m: _Material) -> _Pairs:
    address = m.child.address
    if address is None or address.protected:
        return
    yield "address", ", ".join(address.lines) or None
    yield "town", " ".join(part for part in (address.postcode, address.city) if part) or None


def _custody(m: _Material) -> _Pairs:
    yield "custody", m.child.custody.value


def _carer(m: _Material) -> _Pairs:
    carer = m.child.carer
    if carer is not None:
        yield "carer", carer.state.value
        yield "carer_name", carer.name
        yield "carer_knows", {True: "yes", False: "no", None: None}[carer.knows]


def _carer_contact(m: _Material) -> _Pairs:
    carer = m.child.carer
    if carer is not None:
        yield "carer_contact", carer.contact
        yield "carer_times", carer.safe_times
        yield "no_letter", "yes" if carer.no_letter else None


def _told(m: _Material) -> _Pairs:
    yield "child_told", m.child.told


def _view(m: _Material) -> _Pairs:
    view = m.child.view
    yield "child_view", view.view.value if view else View.NOT_ASKED.value


def _help(m: _Material) -> _Pairs:
    yield "help_requested", ", ".join(m.help_requested) or None


def _prison_contact(m: _Material) -> _Pairs:
    if m.place is not None:
        name, contact, hours = m.place
        yield "prison", name
        yield "prison_contact", contact
        yield "prison_hours", hours or None


def _release(m: _Material) -> _Pairs:
    yield "released_on", m.ended_on


EXTRACT: dict[Category, Callable[[_Material], _Pairs]] = {
    Category.IMPRISONMENT: _imprisonment,
    Category.CHILD_IDENTITY: _identity,
    Category.CHILD_BIRTH_DATE: _birth,
    Category.CHILD_LANGUAGE: _language,
    Category.PLACE_OF_STAY: _place_of_stay,
    Category.CUSTODY: _custody,
    Category.CARER: _carer,
    Category.CARER_CONTACT: _carer_contact,
    Category.CHILD_TOLD: _told,
    Category.CHILD_VIEW: _view,
    Category.HELP_REQUESTED: _help,
    Category.PRISON_CONTACT: _prison_contact,
    Category.RELEASE: _release,
}
"""The only way by which a fact gets into a message: through the category that permits it."""


def _names_prisoner(case: Case, value: str) -> bool:
    number = case.number
    return number is not None and number.number.upper() in value.upper().replace(" ", "")


def build_content(
    case: Case,
    about: Target,
    categories: Iterable[Category],
    consents: tuple[str, ...],
    rules: Rules,
    *,
    provisional: bool,
) -> Content:
    """Return what a message says: exactly the facts of `categories`, in the profile's order.

    A text into which somebody wrote the prisoner number is left out: that number never leaves.
    Raises `LookupError` if the case knows no such child or stay; a permit denies that before.
    """
    child, episode = case.child(about.child), case.episode(about.episode_id)
    if child is None or episode is None:
        raise LookupError("the case holds no such child or stay")
    used = [c.record for c in case.consents if c.record.record_id in consents]
    prison = rules.directory.prisons.get(episode.location or "")
    material = _Material(
        child=child,
        place=(prison.name, prison.contact, prison.hours) if prison else None,
        help_requested=tuple(sorted({code for record in used for code in record.help_requested})),
        ended_on=episode.ended_at.date().isoformat() if episode.ended_at else None,
    )
    return Content(
        profile=f"{about.purpose.value}/1",
        stated_by="parent",
        stated_at=max((r.given_at for r in used), default=episode.admitted_at).date().isoformat(),
        provisional=provisional,
        consents=consents,
        correlation=str(mint(HUB_NAMESPACE, "siblings", case.person, about.recipient)),
        items=tuple(
            [
                Item(category=category, key=key, value=value)
                for category in categories
                for key, value in EXTRACT[category](material)
                if value is not None and not _names_prisoner(case, value)
            ]
        ),
    )
