"""Referrals over random histories: never the same help twice, never another answer twice (P2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.domain.case import Case
from hub.domain.consent import Category
from hub.domain.decision import Send
from hub.domain.follow import follow
from hub.domain.referral import Operation
from tests.property.domain.histories import Happening, Step, facts, learn, steps, take
from tests.support.story import Story

histories = st.tuples(facts(latest=6, slowest=2), st.lists(steps, max_size=12))


def lived(happened: list[Happening], later: list[Step]) -> Story:
    """Return the story of these facts and of what came after them."""
    return list(moments(happened, later))[-1]


def moments(happened: list[Happening], later: list[Step]) -> Iterator[Story]:
    """Yield the story after its facts, and again after each step that followed."""
    told = learn(Story(), happened).wait(hours=1)
    yield told
    for step in later:
        take(told, step)
        yield told


def open_twice(case: Case) -> list[object]:
    """Return what is open more than once: child, stay, recipient and purpose."""
    keys = Counter(
        (r.child, r.episode_id, r.recipient, r.purpose) for r in case.referrals if r.open
    )
    return [key for key, times in keys.items() if times > 1]


@pytest.mark.promise("P2")
@settings(max_examples=250)
@given(history=histories)
def test_the_same_help_is_never_open_twice(history: tuple[list[Happening], list[Step]]) -> None:
    for story in moments(*history):
        assert open_twice(story.case) == []

    assert max(Counter(send.idempotency_id for send in story.sends).values(), default=1) == 1


@pytest.mark.promise("P2", "P3")
@settings(max_examples=250)
@given(history=histories)
def test_each_referral_is_taken_back_at_most_once_and_only_after_it_was_made(
    history: tuple[list[Happening], list[Step]],
) -> None:
    story = lived(*history)

    made: dict[object, list[Send]] = {}
    for send in story.sends:
        made.setdefault((send.referral_id, send.generation), []).append(send)
    for messages in made.values():
        operations = [send.operation for send in messages]
        assert operations[0] is Operation.REFER
        assert operations.count(Operation.RETRACT) <= 1
        assert Operation.RETRACT not in operations[:-1]
        assert all(
            (send.content is None) == (send.operation is Operation.RETRACT)
            and (send.content is None or Category.IMPRISONMENT in send.categories)
            for send in messages
        )


@pytest.mark.promise("P2")
@settings(max_examples=100)
@given(history=histories)
def test_a_replay_decides_the_same_byte_for_byte(
    history: tuple[list[Happening], list[Step]],
) -> None:
    story = lived(*history)
    again = Story()
    for event in story.events:
        again.arrives(event)

    assert written(again) == written(story)


def written(story: Story) -> bytes:
    """Return all that was decided, as it is stored."""
    return msgspec.msgpack.encode([story.cases, story.sends, story.facts])


@settings(max_examples=250)
@given(history=histories)
def test_looking_again_changes_nothing(history: tuple[list[Happening], list[Step]]) -> None:
    for story in moments(*history):
        followed = follow(story.case, story.rules, story.case.last_now)

        assert (followed.sends, followed.lookups, followed.facts) == ([], [], [])
        assert followed.case == story.case
