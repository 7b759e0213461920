"""Invented families behind the example contacts API, and a look-up that asks it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from connectors.hmpps.config import LookupConfig
from connectors.hmpps.lookup import HmppsLookup
from hub.domain.events import LookupAnswered, PersonNumber
from hub.testing.contacts_api import CLIENT_ID, CLIENT_SECRET, ContactsApi
from hub.testing.contacts_data import (
    ExampleAddress,
    ExampleContact,
    ExamplePrisoner,
    ExampleRestriction,
)
from tests.unit.hmpps.support import CONTEXT, NOMS

T = TypeVar("T")
LOOKUP_ID = UUID("00000000-0000-4000-8000-00000000000a")
TODAY = date(2026, 3, 2)
FRED = "Z0000ZZ"
CHILDLESS = "Z0001ZZ"
CROWDED = "Z0002ZZ"
STRANGER = "Z9999ZZ"

PEOPLE = (
    ExamplePrisoner(
        number=FRED,
        booking="9900001",
        number_of_children="3",
        contacts=(
            ExampleContact(
                contact_id=1,
                relationship="SON",
                given_name="Sonny",
                family_name="Madeup",
                birth_date=date(2019, 5, 4),
                address=ExampleAddress(
                    property="1", street="Nowhere Lane", city="Sheffield", postcode="ZZ1 1ZZ"
                ),
            ),
            ExampleContact(
                contact_id=2,
                relationship="SDAU",
                given_name="Stella",
                family_name="Inventa",
                restrictions=(
                    ExampleRestriction(type="BAN", start=date(2026, 1, 10)),
                    ExampleRestriction(type="NONCON", expiry=date(2025, 6, 30)),
                    ExampleRestriction(type="CHILD", everywhere=True),
                ),
            ),
            ExampleContact(
                contact_id=3, relationship="PART", given_name="Paula", family_name="Pretend"
            ),
        ),
    ),
    ExamplePrisoner(number=CHILDLESS, booking="9900002", status="INACTIVE OUT"),
    ExamplePrisoner(
        number=CROWDED,
        booking="9900003",
        restrictions=(ExampleRestriction(type="CHILD"),),
        contacts=tuple(
            ExampleContact(
                contact_id=100 + n, relationship="DAU", given_name=f"D{n}", family_name="Fiction"
            )
            for n in range(23)
        ),
    ),
)


def config(api: ContactsApi, **changes: Any) -> LookupConfig:  # noqa: ANN401 - any option
    """Return the configuration of a look-up that asks `api`."""
    whole: dict[str, Any] = {
        "contacts_url": api.url,
        "prisoner_search_url": api.url,
        "token_url": f"{api.url}/oauth/token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "page_size": 10,
    }
    return LookupConfig.model_validate(whole | changes)


def asking(
    api: ContactsApi,
    work: Callable[[HmppsLookup], Awaitable[T]],
    **changes: Any,  # noqa: ANN401 - any option
) -> T:
    """Run `work` with a look-up and close it."""

    async def run() -> T:
        lookup = HmppsLookup(config(api, **changes), today=lambda: TODAY)
        try:
            return await work(lookup)
        finally:
            await lookup.close()

    return asyncio.run(run())


def ask(api: ContactsApi, number: str = FRED, **changes: Any) -> LookupAnswered:  # noqa: ANN401 - any option
    """Return the answer about one prisoner."""
    person = PersonNumber(namespace=NOMS, number=number)
    return asking(api, lambda lookup: lookup.ask(LOOKUP_ID, person, CONTEXT), **changes)
