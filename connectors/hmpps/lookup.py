"""The look-up: who the children of a prisoner are, and whether the prisoner is in custody.

Contacts first: their 404 means that the prisoner is unknown. Anything that can't be read completely
makes the look-up fail: an answer with a part missing would read as "no child" or "no restriction".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from connectors.hmpps import answers
from connectors.hmpps.answers import (
    ContactRow,
    NumberOfChildren,
    Page,
    Prisoner,
    Restricted,
    RestrictionsBatch,
    children_of,
    counted,
    decoder,
)
from connectors.hmpps.config import HmppsConfig, LookupConfig
from connectors.hmpps.fields import london
from connectors.hmpps.http import Call, Client
from hub.domain.children import Restriction
from hub.domain.events import LookupAnswered, PersonNumber
from hub.errors import ConfigError, Permanent, Retriable
from hub.ports import ChildrenLookup, SourceContext

T = TypeVar("T")

_NUMBER: Final = re.compile(r"[A-Z]\d{4}[A-Z]{2}", re.ASCII)
BATCH: Final = 200
"""Relationship ids asked about at once."""

CONTACTS: Final = decoder(Page[ContactRow])
GLOBAL: Final = decoder(Page[Restricted])
BATCHES: Final = decoder(RestrictionsBatch)
COUNT: Final = decoder(NumberOfChildren)
STATE: Final = decoder(Prisoner)


def build_lookup(config: HmppsConfig) -> ChildrenLookup:
    """Return the look-up of a configured source. Raises `ConfigError` if none is configured."""
    if config.lookup is None:
        raise ConfigError(("sources.hmpps.lookup is missing; add contacts_url and token_url",))
    return HmppsLookup(config.lookup)


class HmppsLookup:
    """Asks the contacts API and prisoner search. Fulfils `ChildrenLookup`."""

    def __init__(self, config: LookupConfig, today: Callable[[], date] | None = None) -> None:
        self._config = config
        self._client = Client(config)
        zone = london()
        self._today = today or (lambda: datetime.now(zone).date())
        """The day in London by real time: whether a restriction at the prison has run out."""

    async def ask(
        self, lookup_id: UUID, number: PersonNumber, context: SourceContext
    ) -> LookupAnswered:
        """Return the whole answer. Raises `Retriable` or `Permanent`, as the port says."""
        prisoner = number.number.strip().upper()
        if not _NUMBER.fullmatch(prisoner):
            raise Permanent("not a prisoner number of this register", code="bad-person-number")
        rows = await self._contacts(prisoner)
        restricted = await self._restrictions(row.prisoner_contact_id for row in rows)
        everywhere = await self._for_all_contacts(prisoner)
        count, legible = counted(await self._count(prisoner))
        state = await self._state(prisoner)
        return LookupAnswered(
            lookup_id=lookup_id,
            children=children_of(rows, restricted, everywhere, context),
            count=count,
            count_legible=legible,
            booking=state.booking_id,
            in_custody=answers.IN_CUSTODY.get(state.status or ""),
        )

    async def close(self) -> None:
        """Release connections; closing twice is harmless."""
        await self._client.close()

    async def _contacts(self, prisoner: str) -> list[ContactRow]:
        """Return all relationships of the latest booking, inactive ones too."""
        return await self._pages(
            "/prisoner/{no}/contact",
            f"/prisoner/{prisoner}/contact",
            (("sort", "prisonerContactId,asc"),),
            CONTACTS,
        )

    async def _for_all_contacts(self, prisoner: str) -> frozenset[Restriction]:
        """Return restrictions that the prisoner has towards every contact."""
        found = await self._pages(
            "/prisoner-restrictions/{no}",
            f"/prisoner-restrictions/{prisoner}",
            (("currentTermOnly", "true"),),
            GLOBAL,
        )
        return self._standing(found)

    async def _restrictions(self, ids: Iterable[int]) -> dict[int, frozenset[Restriction]]:
        """Return what stands between the prisoner and each contact, by relationship id."""
        wanted = sorted(set(ids))
        found: dict[int, frozenset[Restriction]] = {}
        for start in range(0, len(wanted), BATCH):
            asked = wanted[start : start + BATCH]
            call = Call(
                self._config.contacts_url,
                "/prisoner-contact/restrictions",
                "/prisoner-contact/restrictions",
                body=msgspec.json.encode({"prisonerContactIds": asked}),
            )
            answer = await self._client.get(call, BATCHES)
            batch = _present(answer, call.route)
            for item in batch.prisoner_contact_restrictions:
                found[item.prisoner_contact_id] = self._standing(
                    [*item.prisoner_contact_restrictions, *item.global_contact_restrictions]
                )
        if not found.keys() >= set(wanted):
            raise Retriable("a contact vanished while its restrictions were asked for")
        return found

    async def _count(self, prisoner: str) -> str | None:
        """Return the recorded count as it is written; none is recorded where the API says 404."""
        route = "/prisoner/{no}/number-of-children"
        call = Call(self._config.contacts_url, route, f"/prisoner/{prisoner}/number-of-children")
        answer = await self._client.get(call, COUNT)
        return answer.number_of_children if answer else None

    async def _state(self, prisoner: str) -> Prisoner:
        """Return the prisoner's state; an empty one where prisoner search is not configured."""
        if self._config.prisoner_search_url is None:
            return Prisoner()
        call = Call(self._config.prisoner_search_url, "/prisoner/{no}", f"/prisoner/{prisoner}")
        answer = await self._client.get(call, STATE)
        return _present(answer, call.route)

    async def _pages(
        self,
        route: str,
        path: str,
        query: tuple[tuple[str, str], ...],
        rows: msgspec.json.Decoder[Page[T]],
    ) -> list[T]:
        """Return every row of a list. Raises `Retriable` if it changed while it was read."""
        found: list[T] = []
        for number in range(self._config.max_pages):
            paging = (("page", str(number)), ("size", str(self._config.page_size)))
            call = Call(self._config.contacts_url, route, path, (*query, *paging))
            answer = await self._client.get(call, rows)
            page = _present(answer, route)
            found += page.content
            if number + 1 >= page.page.total_pages:
                if len(found) != page.page.total_elements:
                    raise Retriable(f"the list of {route} changed while it was read")
                return found
        raise Permanent(f"{route} has more pages than allowed", code="answer-too-large")

    def _standing(self, restrictions: Iterable[Restricted]) -> frozenset[Restriction]:
        """Return the restrictions that are not over."""
        today = self._today()
        return answers.kinds(each for each in restrictions if each.stands(today))


def _present(answer: T | None, route: str) -> T:
    """Return the answer. A 404 here means that the prisoner is unknown, never "no children"."""
    if answer is None:
        raise Permanent(f"{route} knows no such prisoner", code="prisoner-unknown")
    return answer
