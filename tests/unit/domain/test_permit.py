"""The permit: everything that denies, one at a time, and what is needed so that nothing does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import pytest

from hub.domain.children import (
    ChildView,
    Custody,
    Restriction,
    SafetyAnswer,
    SafetyAnswerKind,
    View,
)
from hub.domain.consent import Capacity, Category, Override, Purpose, Scope
from hub.domain.directory import RecipientKind
from hub.domain.entitlement import Denial
from hub.domain.events import ConsentGranted
from hub.domain.ids import RecipientId
from hub.domain.permit import Permit, Question, permit, permit_for_send
from hub.domain.policy import Policy, PurposeRule, Rules, make_rules
from hub.domain.values import changed
from tests.support.rules import DIRECTORY, OFFICE, POLICY, PROVIDER, REQUIRED, rules
from tests.support.story import START, Story, a_record, ready

pytestmark = pytest.mark.promise("P3")

INTENT = timedelta(seconds=5)


def asked(
    story: Story,
    *,
    given: Rules | None = None,
    categories: tuple[Category, ...] = REQUIRED,
    recipient: RecipientId = OFFICE,
    held: bool = False,
    stale: bool = False,
) -> Permit:
    """Ask whether the latest stay's referral for the first child may leave now."""
    question = Question(
        child=story.case.children[0].child,
        episode_id=story.case.episodes[-1].episode_id,
        purpose=Purpose.FAMILY_SUPPORT,
        recipient=recipient,
        categories=categories,
    )
    now = story.now
    rules_now = given or story.rules
    return permit(story.case, question, rules_now, now, now + INTENT, held=held, stale=stale)


def without(story: Story, **fields: object) -> Story:
    """Return the story with other facts about its child."""
    child = changed(story.case.children[0], **fields)
    story.cases[story.case.person] = changed(story.case, children=(child,))
    return story


def policy(**fields: object) -> Rules:
    """Return rules with another policy."""
    return make_rules(changed(POLICY, **fields), DIRECTORY)


class Case(NamedTuple):
    """A way to spoil what was permitted, and the reasons that must be told."""

    spoil: Callable[[], Permit]
    reasons: set[Denial]


def test_nothing_speaks_against_the_complete_story() -> None:
    answer = asked(ready())

    assert (answer.allowed, answer.reasons, answer.consents) == (True, (), ("C-1",))
    assert answer.policy == POLICY.version


def consenting(**fields: object) -> Permit:
    """Ask with another consent record."""
    record = changed(a_record("C-1", START), **fields)
    story = Story().admitted().child().cleared().happens(ConsentGranted(record=record))
    return asked(story.wait(hours=1))


def in_custody(custody: Custody, *capacities: Capacity) -> Permit:
    """Ask with this custody and these people's consent."""
    story = Story().admitted().child(custody=custody).cleared()
    return asked(story.consented(capacities=(Capacity.OWN_DATA, *capacities)).wait(hours=1))


def old_answer(**fields: object) -> Permit:
    """Ask with another safety answer."""
    usual = SafetyAnswer(kind=SafetyAnswerKind.CLEAR, answered_at=START, role="social-service")
    return asked(without(ready(), safety=changed(usual, **fields)))


SPOILT = {
    "held input": Case(lambda: asked(ready(), held=True), {Denial.UNRESOLVED_INPUT}),
    "a stale view": Case(lambda: asked(ready(), stale=True), {Denial.CONSENT_VIEW_STALE}),
    "a freeze": Case(lambda: asked(ready().frozen()), {Denial.FROZEN}),
    "a withdrawal": Case(lambda: asked(ready().withdrew()), {Denial.CONSENT_WITHDRAWN}),
    "an open window": Case(
        lambda: asked(Story().admitted().child().cleared().consented()), {Denial.NOT_SETTLED}
    ),
    "a release": Case(
        lambda: asked(ready().wait(hours=1).released()),
        {Denial.NOT_IN_CUSTODY, Denial.SCOPE_ENDED},
    ),
    "no consent": Case(
        lambda: asked(Story().admitted().child().cleared().wait(hours=1)), {Denial.NO_CONSENT}
    ),
    "a consent for later": Case(
        lambda: consenting(effective_from=START + timedelta(days=9)), {Denial.CONSENT_NOT_YET}
    ),
    "a consent that ends within the intent": Case(
        lambda: consenting(expires_at=START + timedelta(hours=1, seconds=3)),
        {Denial.CONSENT_EXPIRED},
    ),
    "another purpose": Case(
        lambda: consenting(purposes=(Purpose.RELEASE_NOTICE,)), {Denial.PURPOSE_NOT_COVERED}
    ),
    "another child": Case(
        lambda: consenting(all_children=False, children=()), {Denial.CHILD_NOT_COVERED}
    ),
    "another recipient": Case(
        lambda: consenting(recipient=PROVIDER), {Denial.RECIPIENT_NOT_COVERED}
    ),
    "another class": Case(
        lambda: consenting(recipient_class=RecipientKind.FREE_PROVIDER.value),
        {Denial.RECIPIENT_NOT_COVERED},
    ),
    "nobody named": Case(lambda: consenting(recipient_class=None), {Denial.RECIPIENT_NOT_COVERED}),
    "a category left out": Case(
        lambda: consenting(categories=(Category.IMPRISONMENT, Category.CHILD_IDENTITY)),
        {Denial.CATEGORY_NOT_PERMITTED},
    ),
    "imprisonment left out": Case(
        lambda: consenting(categories=(Category.CHILD_IDENTITY, Category.PLACE_OF_STAY)),
        {Denial.IMPRISONMENT_NOT_PERMITTED},
    ),
    "a message that hides the imprisonment": Case(
        lambda: asked(ready(), categories=(Category.CHILD_IDENTITY,)),
        {Denial.IMPRISONMENT_NOT_PERMITTED},
    ),
    "a standing consent without end": Case(
        lambda: consenting(scope=Scope.STANDING), {Denial.SCOPE_ENDED}
    ),
    "a standing consent that lasts too long": Case(
        lambda: consenting(scope=Scope.STANDING, expires_at=START + timedelta(days=366)),
        {Denial.SCOPE_ENDED},
    ),
    "a scope that nobody knows": Case(
        lambda: consenting(scope=Scope.UNKNOWN), {Denial.SCOPE_ENDED}
    ),
    "an order under a norm that the policy does not name": Case(
        lambda: consenting(
            grantors=(), override=Override(norm="any", ordered_by="judge", ordered_at=START)
        ),
        {Denial.GRANTOR_NOT_ENTITLED},
    ),
    "no release from secrecy": Case(
        lambda: asked(ready(), given=policy(secrecy_release_required=True)),
        {Denial.SECRECY_RELEASE_MISSING},
    ),
    "no norm for the purpose": Case(
        lambda: asked(
            ready(),
            given=policy(purposes={Purpose.FAMILY_SUPPORT: PurposeRule(required=REQUIRED)}),
        ),
        {Denial.NO_LEGAL_BASIS},
    ),
    "an unknown recipient": Case(
        lambda: asked(ready(), recipient=RecipientId("nobody")),
        {Denial.RECIPIENT_NOT_IN_FORCE, Denial.RECIPIENT_NOT_COVERED},
    ),
    "custody unknown": Case(
        lambda: in_custody(Custody.UNKNOWN, Capacity.CUSTODIAL_PARENT), {Denial.CUSTODY_UNKNOWN}
    ),
    "no custody": Case(
        lambda: in_custody(Custody.NONE, Capacity.CUSTODIAL_PARENT, Capacity.OTHER_PARENT),
        {Denial.GRANTOR_NOT_ENTITLED},
    ),
    "one of two parents": Case(
        lambda: in_custody(Custody.JOINT, Capacity.CUSTODIAL_PARENT), {Denial.CO_CONSENT_MISSING}
    ),
    "a parent whose custody rests": Case(
        lambda: in_custody(Custody.RESTING, Capacity.CUSTODIAL_PARENT),
        {Denial.GRANTOR_NOT_ENTITLED},
    ),
    "a parent without custody": Case(
        lambda: in_custody(Custody.OTHER_ALONE, Capacity.CUSTODIAL_PARENT),
        {Denial.GRANTOR_NOT_ENTITLED},
    ),
    "a minor who is too young": Case(
        lambda: in_custody(Custody.SOLE, Capacity.MINOR), {Denial.GRANTOR_NOT_ENTITLED}
    ),
    "no safety answer": Case(
        lambda: asked(without(ready(), safety=None)), {Denial.SAFETY_CHECK_MISSING}
    ),
    "a safety answer 'unknown'": Case(
        lambda: old_answer(kind=SafetyAnswerKind.UNKNOWN), {Denial.SAFETY_CHECK_MISSING}
    ),
    "a safety answer that is too old": Case(
        lambda: old_answer(answered_at=START - timedelta(days=90)), {Denial.SAFETY_CHECK_MISSING}
    ),
    "a safety answer of a role that may not give it": Case(
        lambda: old_answer(role="cellmate"), {Denial.SAFETY_CHECK_MISSING}
    ),
    "a safety concern": Case(
        lambda: old_answer(kind=SafetyAnswerKind.CONCERN), {Denial.SAFETY_CONCERN}
    ),
    "a contact ban": Case(
        lambda: asked(without(ready(), restrictions=(Restriction.CONTACT_BAN,))),
        {Denial.CONTACT_RESTRICTED},
    ),
    "a child in the prison": Case(
        lambda: asked(without(ready(), lives_in_prison=True)), {Denial.LIVES_IN_PRISON}
    ),
    "no birth date": Case(
        lambda: asked(without(ready(), birth_date=None)), {Denial.BIRTH_DATE_UNKNOWN}
    ),
    "a child of age": Case(
        lambda: asked(without(ready(), birth_date=date(2013, 3, 3))), {Denial.CHILD_OF_AGE}
    ),
    "a child removed": Case(lambda: asked(without(ready(), removed=True)), {Denial.CHILD_REMOVED}),
}


@pytest.mark.parametrize("what", SPOILT)
def test_it_denies_and_names_exactly_this(what: str) -> None:
    spoilt = SPOILT[what]

    answer = spoilt.spoil()

    assert set(answer.reasons) == spoilt.reasons


PERMITTED = {
    "sole custody": lambda: in_custody(Custody.SOLE, Capacity.CUSTODIAL_PARENT),
    "both parents": lambda: in_custody(
        Custody.JOINT, Capacity.CUSTODIAL_PARENT, Capacity.OTHER_PARENT
    ),
    "the other parent alone": lambda: in_custody(Custody.OTHER_ALONE, Capacity.OTHER_PARENT),
    "the other parent while custody rests": lambda: in_custody(
        Custody.RESTING, Capacity.OTHER_PARENT
    ),
    "a guardian": lambda: in_custody(Custody.NONE, Capacity.GUARDIAN),
    "vetting of visits alone": lambda: asked(
        without(ready(), restrictions=(Restriction.CHILD_VETTING,))
    ),
    "an unborn child": lambda: asked(
        without(ready(), birth_date=None, expected_date=date(2031, 9, 1))
    ),
    "a recipient named": lambda: consenting(recipient=OFFICE, recipient_class=None),
    "a standing consent within its time": lambda: consenting(
        scope=Scope.STANDING, expires_at=START + timedelta(days=365)
    ),
}


@pytest.mark.parametrize("what", PERMITTED)
def test_it_permits(what: str) -> None:
    assert PERMITTED[what]().reasons == ()


def test_two_records_may_hold_what_two_parents_agreed_to() -> None:
    story = Story().admitted().child(custody=Custody.JOINT).cleared().consented("C-own")
    story.consented("C-other", capacities=(Capacity.OTHER_PARENT,)).wait(hours=1)

    answer = asked(story)

    assert (answer.reasons, answer.consents) == ((), ("C-other", "C-own"))


def test_an_order_under_a_norm_that_the_policy_names_stands_in_for_consent() -> None:
    order = Override(norm="norm 9", ordered_by="judge", ordered_at=START)
    story = Story(rules(override_norms=("norm 9",))).admitted().child().cleared()

    assert asked(story.consented(grantors=(), override=order).wait(hours=1)).allowed


def test_a_norm_may_cover_whom_nobody_asked() -> None:
    answer = asked(ready(), categories=(*REQUIRED, Category.CARER))

    assert answer.allowed


def test_without_a_norm_the_carers_own_word_is_needed() -> None:
    answer = asked(ready(), categories=(*REQUIRED, Category.CARER_CONTACT))

    assert answer.reasons == (Denial.GRANTOR_NOT_ENTITLED,)


@pytest.mark.parametrize(("years", "denied"), [(13, False), (14, True)])
def test_a_childs_objection_decides_from_the_policys_age(years: int, *, denied: bool) -> None:
    view = ChildView(view=View.OBJECTS, asked_at=START, asked_by="social-service")
    born = START.date().replace(year=START.year - years)

    answer = asked(without(ready(), view=view, birth_date=born))

    assert (Denial.CHILD_OBJECTS in answer.reasons) is denied


def test_an_episode_consent_ends_with_its_stay() -> None:
    story = ready().wait(days=1).released().wait(days=2).admitted().cleared().wait(hours=1)

    assert set(asked(story).reasons) == {Denial.SCOPE_ENDED}


def test_every_reason_is_told_at_once() -> None:
    story = without(Story().admitted().child().frozen(), safety=None, birth_date=None)

    assert set(asked(story).reasons) == {
        Denial.FROZEN,
        Denial.NOT_SETTLED,
        Denial.SAFETY_CHECK_MISSING,
        Denial.BIRTH_DATE_UNKNOWN,
        Denial.NO_CONSENT,
    }


def test_a_message_whose_referral_was_taken_back_never_leaves() -> None:
    story = ready()
    send = story.sends[0]
    before = permit_for_send(story.case, send, story.rules, story.now, story.now + INTENT)

    story.said_of("mia", given_name="Maja")
    after = permit_for_send(story.case, send, story.rules, story.now, story.now + INTENT)

    assert before.reasons == ()
    assert after.reasons == (Denial.REFERRAL_ENDED,)


def test_a_recipient_whose_entry_ends_within_the_intent_gets_nothing() -> None:
    last = START.date()
    office = changed(DIRECTORY.recipients[OFFICE], valid_to=last)
    directory = changed(DIRECTORY, recipients=DIRECTORY.recipients | {OFFICE: office})
    story = ready()
    story.wait(hours=15, minutes=14, seconds=58)
    assert story.now.date() == last

    answer = asked(story, given=make_rules(POLICY, directory))

    assert answer.reasons == (Denial.RECIPIENT_NOT_IN_FORCE,)


def test_a_policy_without_a_rule_for_a_category_permits_it_to_nobody() -> None:
    bare: Policy = changed(POLICY, categories={})

    answer = asked(ready(), given=make_rules(bare, DIRECTORY))

    assert set(answer.reasons) == {
        Denial.CATEGORY_NOT_PERMITTED,
        Denial.IMPRISONMENT_NOT_PERMITTED,
    }
