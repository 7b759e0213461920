"""A look-up over real HTTP: the whole answer or none, and no error that names the prisoner."""

from collections.abc import Iterator

import pytest

from connectors.hmpps.lookup import HmppsLookup
from hub.domain.children import Restriction
from hub.domain.events import LookupAnswered, PersonNumber
from hub.errors import Permanent, Retriable
from hub.testing.contacts_api import ContactsApi, Fault
from tests.integration.lookups.support import (
    CHILDLESS,
    CROWDED,
    FRED,
    LOOKUP_ID,
    PEOPLE,
    STRANGER,
    ask,
    asking,
)
from tests.unit.hmpps.support import CONTEXT, NOMS


@pytest.fixture
def api() -> Iterator[ContactsApi]:
    """Give a running contacts API."""
    with ContactsApi(PEOPLE) as running:
        yield running


def test_children_count_and_state_come_in_one_answer(api: ContactsApi) -> None:
    answer = ask(api)

    sonny, stella = answer.children
    assert (sonny.child, sonny.given_name) == (CONTEXT.child("1"), "Sonny")
    assert sonny.address is not None
    assert (sonny.address.postcode, sonny.address.area) == ("ZZ1 1ZZ", None)
    assert stella.restrictions == (Restriction.CHILD_VETTING, Restriction.CONTACT_BAN)
    assert (answer.lookup_id, answer.count, answer.count_legible) == (LOOKUP_ID, 3, True)
    assert (answer.booking, answer.in_custody) == ("9900001", True)


def test_nobody_recorded_is_an_answer_and_a_missing_count_too(api: ContactsApi) -> None:
    assert ask(api, CHILDLESS) == LookupAnswered(
        lookup_id=LOOKUP_ID, booking="9900002", in_custody=False
    )


def test_all_pages_are_read_in_order(api: ContactsApi) -> None:
    answer = ask(api, CROWDED)

    assert [child.given_name for child in answer.children] == [f"D{n}" for n in range(23)]
    assert api.app.requests["/prisoner/{no}/contact"] == 3


def test_a_restriction_towards_all_contacts_counts_for_each_child(api: ContactsApi) -> None:
    answer = ask(api, CROWDED)

    assert {child.restrictions for child in answer.children} == {(Restriction.CHILD_VETTING,)}


def test_without_prisoner_search_custody_stays_unknown(api: ContactsApi) -> None:
    answer = ask(api, prisoner_search_url=None)

    assert (answer.booking, answer.in_custody) == (None, None)
    assert len(answer.children) == 2


def test_one_token_serves_many_requests_and_a_refused_one_is_renewed(api: ContactsApi) -> None:
    person = PersonNumber(namespace=NOMS, number=FRED)

    async def twice(lookup: HmppsLookup) -> int:
        await lookup.ask(LOOKUP_ID, person, CONTEXT)
        before = api.app.requests["(token)"]
        api.app.revoke()
        await lookup.ask(LOOKUP_ID, person, CONTEXT)
        return before

    assert asking(api, twice) == 1
    assert api.app.requests["(token)"] == 2


def test_a_token_that_ends_soon_is_renewed_before_it_is_refused() -> None:
    with ContactsApi(PEOPLE, token_life_s=1) as api:
        ask(api)

        assert api.app.requests["(token)"] == sum(api.app.requests.values()) / 2


def test_an_unknown_prisoner_is_no_prisoner_without_children(api: ContactsApi) -> None:
    with pytest.raises(Permanent) as caught:
        ask(api, STRANGER)

    assert caught.value.code == "prisoner-unknown"


def test_a_wrong_address_is_not_taken_for_an_unknown_prisoner(api: ContactsApi) -> None:
    with pytest.raises(Permanent) as caught:
        ask(api, contacts_url=f"{api.url}/elsewhere")

    assert caught.value.code == "lookup-misconfigured"


def test_a_number_of_another_shape_never_reaches_the_network(api: ContactsApi) -> None:
    with pytest.raises(Permanent) as caught:
        ask(api, "Z0000ZZ/../../x")

    assert caught.value.code == "bad-person-number"
    assert not api.app.requests


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503),
        Fault(status=429),
        Fault(status=401),
        Fault(status=403),
        Fault(path="/contact", status=None, truncate=True),
        Fault(path="/restrictions", status=500),
        Fault(path="/prisoner-restrictions", status=500),
        Fault(path="/number-of-children", status=500),
        Fault(path="/oauth/token", status=500),
        Fault(path="/oauth/token", status=401),
    ],
)
def test_a_fault_anywhere_means_try_again_never_no_children(api: ContactsApi, fault: Fault) -> None:
    api.app.fault = fault

    with pytest.raises(Retriable):
        ask(api)


def test_a_slow_answer_is_given_up(api: ContactsApi) -> None:
    api.app.fault = Fault(delay_s=30, status=None)

    with pytest.raises(Retriable):
        ask(api, timeout_s=0.2)


def test_a_busy_service_names_the_wait(api: ContactsApi) -> None:
    api.app.fault = Fault(status=503, retry_after="17")

    with pytest.raises(Retriable) as caught:
        ask(api)

    assert caught.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("fault", "changes", "code"),
    [
        (Fault(status=302), {}, "lookup-refused"),
        (Fault(status=400), {}, "lookup-refused"),
        (None, {"max_bytes": 1000}, "answer-too-large"),
        (None, {"page_size": 1, "max_pages": 2}, "answer-too-large"),
    ],
)
def test_what_no_retry_mends_is_said_at_once(
    api: ContactsApi, fault: Fault | None, changes: dict[str, int], code: str
) -> None:
    api.app.fault = fault

    with pytest.raises(Permanent) as caught:
        ask(api, CROWDED, **changes)

    assert caught.value.code == code


def test_a_service_that_is_away_is_tried_again() -> None:
    with ContactsApi(PEOPLE) as gone:
        pass

    with pytest.raises(Retriable):
        ask(gone)


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    ("fault", "number", "changes"),
    [
        (None, STRANGER, {}),
        (Fault(status=500), FRED, {}),
        (Fault(status=400), FRED, {}),
        (Fault(status=302), FRED, {}),
        (Fault(status=None, truncate=True), FRED, {}),
        (Fault(delay_s=30, status=None), FRED, {"timeout_s": 0.2}),
        (None, CROWDED, {"page_size": 1, "max_pages": 2}),
    ],
)
def test_no_error_names_the_prisoner_or_an_address(
    api: ContactsApi, fault: Fault | None, number: str, changes: dict[str, float]
) -> None:
    api.app.fault = fault

    with pytest.raises((Permanent, Retriable)) as caught:
        ask(api, number, **changes)

    chain: list[BaseException] = [caught.value]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    told = "".join(f"{error} {error!r}" for error in chain)
    assert number not in told
    assert api.url not in told
