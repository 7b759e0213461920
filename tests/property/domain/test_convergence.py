"""Rule 8: in whatever order, how often and how late news comes, the same is known in the end."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.case import Episode
from hub.domain.events import Event
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.domain.messages import target_of
from hub.domain.permit import propose
from hub.domain.referral import Referral
from hub.domain.tasks import TaskKind
from hub.domain.values import changed
from tests.property.domain.histories import (
    Happening,
    facts,
)
from tests.support.story import START, Story, an_event

HOUR = timedelta(hours=1)


def events_of(happened: list[Happening]) -> list[Event]:
    """Return the facts as events; each keeps its id however often it comes."""
    return [
        an_event(
            fact.payload,
            START + fact.hour * HOUR,
            event_id=mint(HUB_NAMESPACE, "fact", number),
            source=fact.source,
        )
        for number, fact in enumerate(happened)
    ]


def heard(events: list[Event], order: list[int], gaps: list[int]) -> Story:
    """Return the story in which the events arrive in this order, some of them again."""
    story = Story(start=START + 60 * HOUR)
    known = set()
    for number, gap in zip(order, gaps, strict=True):
        story.wait(minutes=gap)
        event = events[number]
        if event.meta.event_id in known:
            # The pipeline leaves out what it has decided before.
            continue
        known.add(event.meta.event_id)
        story.arrives(changed(event, meta=changed(event.meta, recorded_at=story.now)))
    return story.wait(hours=6)


def known(story: Story) -> bytes:
    """Return what is known and what is open, up to ids and times of hearing."""
    case = story.case

    def reasons(referral: Referral) -> tuple[str, ...]:
        """What was made ready and is no longer permitted waits: it is as good as withheld."""
        about = target_of(referral)
        return tuple(r.value for r in propose(case, about, story.rules, story.now)[0].reasons)

    leaving = [r for r in story.referrals if not reasons(r)]
    stays = [*case.episodes, *(c.episode for _, c in story.archive.values())]
    return msgspec.msgpack.encode(
        {
            "stays": sorted(map(boundaries, stays), key=str),
            "children": [changed(c, recorded_at=None) for c in case.children],
            "count": case.child_count,
            "consents": [changed(c, recorded_at=START) for c in case.consents],
            "asked": case.ask,
            "freeze": case.freeze,
            # That corrections went on for too long is about when they came, and about nothing else.
            "tasks": sorted(
                t.kind.value for t in case.tasks if t.kind is not TaskKind.CORRECTIONS_UNSETTLED
            ),
            "open": sorted((r.child, r.recipient, r.purpose.value) for r in leaving),
            "withheld": sorted(
                [(w.child, w.purpose, w.reasons) for w in case.withheld]
                + [(r.child, r.purpose.value, reasons(r)) for r in story.referrals if reasons(r)]
            ),
        }
    )


def boundaries(episode: Episode) -> tuple[object, ...]:
    """Return what a stay is, apart from its id."""
    return episode.admitted_at, episode.ended_at, episode.ending, episode.location


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Happening], list[int], list[int]]:
    """Draw facts, an order in which they arrive (some twice), and the gaps between."""
    happened = draw(facts(latest=59, slowest=0))
    numbers = list(range(len(happened)))
    twice = draw(st.lists(st.sampled_from(numbers), max_size=3)) if numbers else []
    order = draw(st.permutations([*numbers, *twice]))
    gaps = draw(
        st.lists(st.sampled_from([0, 1, 50, 24 * 60]), min_size=len(order), max_size=len(order))
    )
    return happened, order, gaps


@settings(max_examples=500)
@given(drawn=arrivals())
def test_the_order_of_arrival_never_counts(
    drawn: tuple[list[Happening], list[int], list[int]],
) -> None:
    happened, order, gaps = drawn
    events = events_of(happened)
    straight = sorted(range(len(events)), key=lambda n: (events[n].meta.occurred_at, n))

    shuffled = heard(events, order, gaps)
    in_order = heard(events, straight, [0] * len(straight))
    in_order.wait(seconds=(shuffled.now - in_order.now).total_seconds())

    assert known(shuffled) == known(in_order)
