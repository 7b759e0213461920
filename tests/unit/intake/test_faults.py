"""Everything wrong with a CloudEvent is said at once, and nothing of it is repeated."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.events import (
    Payload,
)
from hub.errors import Poison
from hub.intake import IntakeError, translate_cloudevent
from tests.unit.intake.support import (
    CHILD,
    DESK,
    FREEZE,
    PERSON,
    TIME,
    cloudevent,
    drafted,
    record,
)
from tests.unit.intake.test_cloudevents import UNDERSTOOD

CONSENT = "consent.granted"
BAD: list[tuple[str, bytes, set[tuple[str, str]]]] = [
    ("no JSON", b"{", {("invalid-json", "")}),
    ("a batch", b"[]", {("wrong-type", "")}),
    ("no type", cloudevent("x", FREEZE, type=None), {("missing-field", "type")}),
    ("unknown type", cloudevent("x.y", FREEZE), {("unknown-type", "type")}),
    ("no data", cloudevent("safety.freeze-set", None), {("missing-field", "data")}),
    ("data is a text", cloudevent("safety.freeze-set", "x"), {("wrong-type", "data")}),
    (
        "attributes and data at once",
        cloudevent("safety.freeze-set", {"person": PERSON}, time=None, specversion="0.3"),
        {
            ("missing-field", "time"),
            ("unknown-value", "specversion"),
            ("missing-field", "data.set_by"),
        },
    ),
    (
        "local time",
        cloudevent("safety.freeze-set", FREEZE, time="2026-03-02T09:00:00"),
        {("bad-timestamp", "time")},
    ),
    (
        "seconds since 1970",
        cloudevent("safety.freeze-set", FREEZE, time=1772438400),
        {("bad-timestamp", "time")},
    ),
    (
        "foreign register",
        cloudevent("safety.freeze-set", FREEZE | {"person": PERSON | {"namespace": "OTHER"}}),
        {("namespace-not-allowed", "data.person.namespace")},
    ),
    (
        "slip of the pen",
        cloudevent("safety.freeze-set", FREEZE | {"person": PERSON | {"number": "Z000ZZ"}}),
        {("bad-person-number", "data.person")},
    ),
    (
        "unknown field",
        cloudevent("safety.freeze-set", FREEZE | {"reason": "x"}),
        {("unknown-field", "data")},
    ),
    (
        "NUL",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": "a\x00b"}),
        {("nul-in-text", "data.set_by")},
    ),
    (
        "long",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": "x" * 241}),
        {("value-too-long", "data.set_by")},
    ),
    (
        "blank",
        cloudevent("safety.freeze-set", FREEZE | {"set_by": " "}),
        {("value-empty", "data.set_by")},
    ),
    (
        "several faults of a record",
        cloudevent(
            CONSENT,
            {"person": PERSON, "record": record(purposes=["x"], scope=1, secrecy_release="yes")},
        ),
        {
            ("unknown-value", "data.record.purposes[0]"),
            ("unknown-value", "data.record.scope"),
            ("wrong-type", "data.record.secrecy_release"),
        },
    ),
    (
        "unknown is no purpose",
        cloudevent(CONSENT, {"person": PERSON, "record": record(purposes=["unknown"])}),
        {("unknown-value", "data.record.purposes[0]")},
    ),
    (
        "for whom",
        cloudevent(CONSENT, {"person": PERSON, "record": record(children=None)}),
        {("contradiction", "data.record")},
    ),
    (
        "by whom",
        cloudevent(CONSENT, {"person": PERSON, "record": record(grantors=None)}),
        {("missing-field", "data.record")},
    ),
    (
        "standing for ever",
        cloudevent(CONSENT, {"person": PERSON, "record": record(scope="standing")}),
        {("missing-field", "data.record")},
    ),
    (
        "over before it began",
        cloudevent(CONSENT, {"person": PERSON, "record": record(expires_at=TIME)}),
        {("contradiction", "data.record")},
    ),
    (
        "unborn with birthday",
        cloudevent(
            "children.changed",
            {
                "person": PERSON,
                "child": CHILD,
                "relationship": "unborn",
                "birth_date": "2026-01-01",
            },
        ),
        {("contradiction", "data")},
    ),
    (
        "no such day",
        cloudevent(
            "children.changed", {"person": PERSON, "child": CHILD, "birth_date": "2026-02-30"}
        ),
        {("bad-date", "data.birth_date")},
    ),
    (
        "a day that no calendar of ours holds",
        cloudevent(
            "children.changed", {"person": PERSON, "child": CHILD, "birth_date": "9999-01-01"}
        ),
        {("bad-date", "data.birth_date")},
    ),
    (
        "for ever",
        cloudevent(
            "consent.asked",
            {
                "person": PERSON,
                "state": "declined",
                "until": "9999-12-31T00:00:00Z",
                "taken_by": "x",
            },
        ),
        {("bad-timestamp", "data.until")},
    ),
    (
        "beyond the end of the calendar in UTC",
        cloudevent("safety.freeze-set", FREEZE, time="9999-12-31T23:59:59-01:00"),
        {("bad-timestamp", "time")},
    ),
    (
        "a second before the first instant",
        cloudevent("safety.freeze-set", FREEZE, time="1799-12-31T23:59:59Z"),
        {("bad-timestamp", "time")},
    ),
    (
        "count",
        cloudevent("children.counted", {"person": PERSON, "count": 100}),
        {("out-of-range", "data.count")},
    ),
    (
        "task",
        cloudevent(
            "tasks.resolved",
            {"person": PERSON, "task_id": "1", "resolution": "Free text!", "resolved_by": "x"},
        ),
        {("bad-format", "data.task_id"), ("bad-format", "data.resolution")},
    ),
]


def problems(error: Poison) -> set[tuple[str, str]]:
    """Return (code, path) of every fault."""
    if isinstance(error, IntakeError):
        return {(p.code, p.field_path) for p in error.problems}
    return {(error.reason, error.field_path)}


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("body", "expected"), [r[1:] for r in BAD], ids=[r[0] for r in BAD])
def test_every_fault_is_named_at_once(body: bytes, expected: set[tuple[str, str]]) -> None:
    with pytest.raises(Poison) as caught:
        drafted(body)

    assert problems(caught.value) == expected
    assert caught.value.remedy


CANARY = "Canary-Kanarienvogel-4711"


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "data",
    [
        {"person": {"namespace": "NOMS", "number": CANARY}, "set_by": "x"},
        FREEZE | {CANARY: CANARY},
        FREEZE | {"set_by": [CANARY]},
        FREEZE | {"set_by": CANARY + "\x00"},
        FREEZE | {"person": CANARY},
    ],
)
def test_an_error_repeats_nothing_of_the_event(data: dict[str, object]) -> None:
    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent("safety.freeze-set", data))

    told = f"{caught.value} {caught.value!r} {caught.value.problems} {caught.value.__cause__!r}"
    assert CANARY not in told


# JSON has no word for infinity: such a body is refused as a whole, before any field is looked at.
FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=5,
)


@pytest.mark.promise("P11")
@given(st.sampled_from(UNDERSTOOD), st.data())
def test_whatever_stands_in_a_field_only_the_event_is_refused(
    row: tuple[str, dict[str, Any], Payload], data: st.DataObject
) -> None:
    record_type, fields, _ = row
    broken = data.draw(st.sampled_from(sorted(fields)))
    content = {"person": PERSON} | fields | {broken: data.draw(ANYTHING)}

    try:
        found = translate_cloudevent(cloudevent(record_type, content), DESK)
    except Poison as poison:
        found = ()
        assert_named(poison)

    assert len(found) <= 1


def assert_named(poison: Poison) -> None:
    """Claim that a refusal has a reason and a place."""
    assert poison.reason
    assert poison.field_path.startswith("data")
