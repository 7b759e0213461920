"""The permit against a second opinion: whatever happened, both give the same answer (P3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from hub.domain.consent import Category, Purpose
from hub.domain.permit import Question, permit
from tests.property.domain.histories import NAMES, RELEASED, Happening, facts, learn
from tests.property.domain.naive import Asked, may_leave
from tests.support.rules import NOTICE, OFFICE, OPTIONAL, OTHER_OFFICE, PROVIDER, REQUIRED
from tests.support.story import Story, child_key

pytestmark = pytest.mark.promise("P3")

INTENT = timedelta(seconds=5)

more = st.sampled_from([(), (), *[(c,) for c in OPTIONAL]])


def both(
    happened: list[Happening],
    purpose: Purpose,
    *,
    name: str = "mia",
    recipient: str = OFFICE,
    besides: tuple[Category, ...] = (),
    later: float = 1,
) -> tuple[bool, bool]:
    """Return the core's answer and the second opinion."""
    story = learn(Story(), happened).wait(hours=later)
    categories = NOTICE if purpose is Purpose.RELEASE_NOTICE else (*REQUIRED, *besides)
    office = next(r for r in (OFFICE, OTHER_OFFICE, PROVIDER) if r == recipient)
    asked = Asked(child_key(name), purpose, office, categories, story.now, story.now + INTENT)
    episodes = [e for e in story.case.episodes if not e.void]
    if not episodes:
        # All stays are put away, or there never was one: nothing is left to ask about.
        return False, may_leave(story.events, asked, story.rules)
    question = Question(
        child=asked.child,
        episode_id=episodes[-1].episode_id,
        purpose=purpose,
        recipient=office,
        categories=categories,
    )
    answer = permit(story.case, question, story.rules, asked.now, asked.until)
    return answer.allowed, may_leave(story.events, asked, story.rules)


@settings(max_examples=800)
@given(
    happened=facts(),
    name=st.sampled_from(NAMES),
    recipient=st.sampled_from([OFFICE, OFFICE, OFFICE, OTHER_OFFICE, PROVIDER]),
    besides=more,
    later=st.sampled_from([0, 1, 1, 30, 24 * 40]),
)
def test_a_referral_may_leave_exactly_if_the_second_opinion_says_so(
    happened: list[Happening],
    name: str,
    recipient: str,
    besides: tuple[Category, ...],
    later: float,
) -> None:
    ours, theirs = both(
        happened,
        Purpose.FAMILY_SUPPORT,
        name=name,
        recipient=recipient,
        besides=besides,
        later=later,
    )

    assert ours == theirs


ended = facts(besides=6).map(lambda happened: [*happened, RELEASED])


@settings(max_examples=500)
@given(happened=ended, name=st.sampled_from(NAMES), later=st.sampled_from([0, 1, 24, 24 * 14]))
def test_a_release_notice_may_leave_exactly_if_the_second_opinion_says_so(
    happened: list[Happening], name: str, later: float
) -> None:
    ours, theirs = both(happened, Purpose.RELEASE_NOTICE, name=name, later=later)

    assert ours == theirs


@pytest.mark.parametrize("purpose", [Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE])
@pytest.mark.parametrize("wanted", [True, False])
def test_the_histories_lead_to_both_answers(purpose: Purpose, *, wanted: bool) -> None:
    example = find(
        ended if purpose is Purpose.RELEASE_NOTICE else facts(),
        lambda happened: both(happened, purpose)[0] is wanted,
        settings=settings(phases=[Phase.generate], max_examples=1000),
    )

    assert both(example, purpose) == (wanted, wanted)
