"""Random histories of one parent: what may happen, in random order, with random gaps and delays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple, TypeVar

from hypothesis import strategies as st

from hub.domain.children import (
    Address,
    Carer,
    CarerState,
    ChildView,
    Custody,
    Restriction,
    SafetyAnswerKind,
    View,
)
from hub.domain.consent import AskState, Capacity, Category, Purpose, Scope
from hub.domain.events import (
    ChildChanged,
    ChildCountRecorded,
    ChildRecorded,
    ChildRemoved,
    ConsentAsked,
    ConsentGranted,
    ConsentSuperseded,
    ConsentWithdrawn,
    DeliveryStage,
    FreezeLifted,
    FreezeSet,
    MovementRecorded,
    Payload,
    SafetyAnswered,
)
from hub.domain.ids import SourceId
from hub.domain.movements import MovementKind
from hub.domain.referral import Business
from hub.domain.values import changed
from tests.support.rules import (
    AREA,
    EVERYTHING,
    NOWHERE,
    OFFICE,
    OTHER_AREA,
    PRISON,
    PROVIDER,
    REQUIRED,
)
from tests.support.story import (
    DESK,
    PARENT,
    PRISON_SYSTEM,
    START,
    Story,
    a_child,
    a_record,
    child_key,
    number_of,
)

NAMES = ("mia", "ole")
HOUR = timedelta(hours=1)


class Happening(NamedTuple):
    """One fact: what, when (hours from the start), how long its news took, and from whom."""

    payload: Payload
    hour: float
    delay: float
    source: SourceId


T = TypeVar("T")


def _mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    """The first value three times out of four: histories in which nothing fits teach nothing."""
    return st.sampled_from([*[usual] * (3 * len(others)), *others])


def _hours(most: int) -> st.SearchStrategy[float]:
    return st.sampled_from([quarter / 4 for quarter in range(most * 4 + 1)])


movement_kinds = st.sampled_from(
    [MovementKind.ADMISSION] * 4
    + [MovementKind.RELEASE] * 3
    + [MovementKind.COURT_OUT, MovementKind.TRANSFER_IN, MovementKind.DEATH]
)

movements = st.builds(
    lambda kind, code, held: MovementRecorded(
        kind=kind, person=number_of(PARENT), location=PRISON, reason_code=code, held_s=held
    ),
    movement_kinds,
    st.sampled_from(["N", "N", None]),
    st.sampled_from([0, 0, 1200]),
)

_BIRTHS = (date(2024, 5, 4), None, date(2013, 3, 4), date(2016, 1, 1))

children = st.builds(
    lambda name, born, area, banned, carer: ChildRecorded(
        child=a_child(
            name,
            birth_date=born,
            address=Address(area=area),
            restrictions=banned,
            carer=carer,
            custody=Custody.UNKNOWN,
        )
    ),
    st.sampled_from(NAMES),
    _mostly(*_BIRTHS),
    _mostly(AREA, OTHER_AREA, NOWHERE),
    _mostly((), (Restriction.NON_CONTACT,), (Restriction.CHILD_VETTING,)),
    _mostly(Carer(state=CarerState.KNOWN), None, Carer(state=CarerState.NONE)),
)

_STATEMENTS: tuple[dict[str, object], ...] = (
    {"custody": Custody.SOLE},
    {"custody": Custody.SOLE, "lives_in_prison": True},
    {"custody": Custody.JOINT},
    {"custody": Custody.NONE},
    {"custody": Custody.RESTING},
    {"view": ChildView(view=View.OBJECTS, asked_at=START, asked_by="social-service")},
    {"lives_in_prison": True},
    {"address": Address(area=OTHER_AREA, protected=True)},
    {"birth_date": date(2017, 3, 9)},
)

statements = st.builds(
    lambda name, said: changed(ChildChanged(child=child_key(name)), **said),
    st.sampled_from(NAMES),
    _mostly(*_STATEMENTS),
)

safety = st.builds(
    lambda name, kind, hour, role: SafetyAnswered(
        child=child_key(name), kind=kind, answered_at=START + hour * HOUR, role=role
    ),
    st.sampled_from(NAMES),
    _mostly(SafetyAnswerKind.CLEAR, SafetyAnswerKind.CONCERN, SafetyAnswerKind.UNKNOWN),
    st.sampled_from([0, 0, 30, -24 * 85, -24 * 91]),
    _mostly("social-service", "cellmate"),
)

_CAPACITIES = (
    (Capacity.OWN_DATA, Capacity.CUSTODIAL_PARENT),
    (Capacity.OWN_DATA,),
    (Capacity.OTHER_PARENT,),
    (Capacity.OWN_DATA, Capacity.GUARDIAN),
    (Capacity.CUSTODIAL_PARENT, Capacity.MINOR),
    (Capacity.OWN_DATA, Capacity.CUSTODIAL_PARENT, Capacity.CARER),
)
_CATEGORIES = (
    EVERYTHING,
    REQUIRED,
    REQUIRED[1:],
    tuple(c for c in EVERYTHING if c is not Category.HELP_REQUESTED),
)
_RECORDS: tuple[dict[str, object], ...] = (
    {},
    {"all_children": False, "children": (child_key("ole"),)},
    {"purposes": (Purpose.FAMILY_SUPPORT,)},
    {"purposes": (Purpose.RELEASE_NOTICE,)},
    {"recipient_class": None},
    {"recipient": PROVIDER},
    {"recipient": OFFICE},
    {"expires_at": START + 60 * HOUR},
    {"effective_from": START + 40 * HOUR},
    {"scope": Scope.STANDING, "expires_at": START + 5000 * HOUR},
    {"scope": Scope.STANDING},
    {"supersedes": "C-0"},
)


@st.composite
def consents(draw: st.DrawFn) -> ConsentGranted:
    """Draw a record; its number says all that is in it, so that no number has two contents."""
    hour = draw(st.integers(0, 40))
    who = draw(st.sampled_from(range(len(_CAPACITIES))) | st.just(0))
    what = draw(st.sampled_from(range(len(_CATEGORIES))) | st.just(0))
    how = draw(st.sampled_from(range(len(_RECORDS))) | st.just(0))
    number = "C-0" if (who, what, how) == (0, 0, 0) else f"C-{hour}-{who}-{what}-{how}"
    record = a_record(
        number,
        START + (0 if number == "C-0" else hour) * HOUR,
        capacities=_CAPACITIES[who],
        categories=_CATEGORIES[what],
        **_RECORDS[how],
    )
    return ConsentGranted(record=record)


withdrawals = st.builds(
    lambda number, hour: ConsentWithdrawn(
        declared_at=START + hour * HOUR, channel="oral", taken_by="officer", record_id=number
    ),
    st.sampled_from(["C-0", "C-0", None, "C-3-0-0-0"]),
    st.integers(0, 50),
)

others: st.SearchStrategy[Payload] = st.one_of(
    st.sampled_from(NAMES).map(lambda n: ChildRemoved(child=child_key(n), reason="wrong-person")),
    st.sampled_from([ChildCountRecorded(count=2), ChildCountRecorded(count=None)]),
    st.sampled_from([AskState.DECLINED, AskState.UNDECIDED]).map(lambda s: ConsentAsked(state=s)),
    st.just(ConsentSuperseded(record_id="C-0", superseded_by="C-x")),
    st.just(FreezeSet(set_by="officer")),
    st.just(FreezeLifted(taken_by="officer", channel="oral")),
)

payloads: st.SearchStrategy[Payload] = st.one_of(
    movements, children, statements, safety, consents(), consents(), withdrawals, others
)


def _happenings(latest: int, slowest: int) -> st.SearchStrategy[Happening]:
    return st.builds(
        Happening,
        payloads,
        _hours(latest),
        _hours(slowest),
        st.sampled_from([PRISON_SYSTEM, PRISON_SYSTEM, DESK]),
    )


def _groundwork(name: str) -> list[Payload]:
    record = a_record("C-0", START)
    return [
        MovementRecorded(kind=MovementKind.ADMISSION, person=number_of(PARENT), reason_code="N"),
        ChildRecorded(child=a_child(name, custody=Custody.UNKNOWN)),
        changed(ChildChanged(child=child_key(name)), custody=Custody.SOLE),
        SafetyAnswered(
            child=child_key(name),
            kind=SafetyAnswerKind.CLEAR,
            answered_at=START,
            role="social-service",
        ),
        ConsentGranted(record=record),
    ]


RELEASED = Happening(
    MovementRecorded(kind=MovementKind.RELEASE, person=number_of(PARENT), reason_code="CR"),
    51,
    0,
    PRISON_SYSTEM,
)


@st.composite
def facts(
    draw: st.DrawFn, *, latest: int = 50, slowest: int = 8, besides: int = 10
) -> list[Happening]:
    """Draw what happened: mostly all that a referral needs, and some things besides."""
    needed = _groundwork(draw(st.sampled_from(NAMES)))
    missing = draw(st.sampled_from([None, None, None, *range(len(needed))]))
    ground = [
        Happening(payload, 0, draw(_hours(slowest)), PRISON_SYSTEM)
        for number, payload in enumerate(needed)
        if number != missing
    ]
    return ground + draw(st.lists(_happenings(latest, slowest), max_size=besides))


class Step(NamedTuple):
    """Something that happens after a referral may have been made, by the name of its sentence."""

    name: str
    argument: object


steps = st.one_of(
    st.builds(Step, st.just("wait"), st.sampled_from([0.25, 1, 3, 30, 24 * 13, 24 * 30])),
    st.builds(Step, st.just("left"), st.none()),
    st.builds(Step, st.just("delivered"), st.none()),
    st.builds(Step, st.just("noted"), st.sampled_from(list(DeliveryStage))),
    st.builds(Step, st.just("recipient_says"), st.sampled_from(list(Business))),
    st.builds(Step, st.just("happens"), payloads),
    st.builds(Step, st.just("happens"), payloads),
)


def take(story: Story, step: Step) -> None:
    """Let a step happen; nothing can be noted before anything was made ready."""
    argument = step.argument
    match step.name:
        case "wait" if isinstance(argument, int | float):
            story.wait(hours=argument)
        case "left" if story.sends:
            story.left()
        case "delivered" if story.sends:
            story.delivered()
        case "noted" if story.sends and isinstance(argument, DeliveryStage):
            story.noted(argument)
        case "recipient_says" if story.sends and isinstance(argument, Business):
            story.recipient_says(argument)
        case "happens":
            story.happens(argument)  # type: ignore[arg-type]  # the strategy draws payloads
        case _:
            return


def in_order_of_news(happened: Iterable[Happening]) -> list[Happening]:
    """Return the facts in the order in which they become known."""
    return sorted(happened, key=lambda h: h.hour + h.delay)


def learn(story: Story, happened: Iterable[Happening]) -> Story:
    """Let the facts arrive when their news does."""
    for fact in in_order_of_news(happened):
        known = START + (fact.hour + fact.delay) * HOUR
        if known > story.now:
            story.wait(seconds=(known - story.now).total_seconds())
        story.happens(fact.payload, at=START + fact.hour * HOUR, source=fact.source)
    return story
