"""A message that no longer says what the case says is outdated, and nothing else is."""

from hub.delivery.outdated import outdated
from hub.domain.children import Address
from hub.domain.consent import Category, Purpose
from hub.domain.content import Content, build_content
from hub.domain.permit import Target
from hub.domain.policy import make_rules
from hub.domain.referral import Operation
from hub.domain.values import changed
from tests.integration.delivery.people import case_of, directory, policy, referral_of, send

CARRIED = (Category.IMPRISONMENT, Category.PLACE_OF_STAY)
RULES = make_rules(policy(), directory())
NOTICE = send(Operation.RELEASE_NOTICE, version=2)._replace(
    purpose=Purpose.RELEASE_NOTICE, categories=CARRIED
)
AT_HOME = Address(area="99001001", lines=("Beispielweg 1",), city="Musterstadt")
CASE = changed(
    case_of(),
    children=(changed(case_of().children[0], address=AT_HOME),),
    referrals=(referral_of(NOTICE),),
)


def said() -> Content:
    about = Target(NOTICE.child, NOTICE.episode_id, NOTICE.purpose, NOTICE.recipient)
    return build_content(CASE, about, CARRIED, ("C-1",), RULES, provisional=False)


def test_a_notice_that_says_what_the_case_says_is_not_outdated() -> None:
    assert not outdated(NOTICE, said(), CASE, RULES)


def test_a_notice_with_an_address_that_was_protected_since_is_outdated() -> None:
    protected = Address(area="99001001", protected=True)
    case = changed(CASE, children=(changed(CASE.children[0], address=protected),))

    assert outdated(NOTICE, said(), case, RULES)


def test_a_notice_about_a_child_that_the_case_lost_is_left_to_the_permit() -> None:
    assert not outdated(NOTICE, said(), changed(CASE, children=()), RULES)


def test_a_message_of_another_generation_is_not_compared() -> None:
    case = changed(CASE, referrals=(changed(CASE.referrals[0], generation=2, content_version=9),))

    assert not outdated(NOTICE, said(), case, RULES)
