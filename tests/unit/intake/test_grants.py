"""A sender writes what its credential names, and not one record type, role or register more."""

import pytest

from hub.domain.events import (
    RECORD_TYPES,
    FreezeSet,
)
from hub.domain.ids import Namespace
from hub.intake import IntakeError, translate_cloudevent
from hub.intake.record_types import INBOUND
from tests.unit.intake.support import (
    CHILD,
    DESK,
    FREEZE,
    PERSON,
    TIME,
    cloudevent,
    drafted,
)


@pytest.mark.parametrize("record_type", sorted(set(RECORD_TYPES) - set(INBOUND)))
def test_the_hubs_own_word_can_not_be_handed_in(record_type: str) -> None:
    with pytest.raises(IntakeError) as caught:
        drafted(cloudevent(record_type, {"person": PERSON}))

    assert caught.value.problems[0][:2] == ("type-not-allowed", "type")


def test_a_prison_feed_can_not_forge_consent() -> None:
    feed = DESK._replace(may_write=frozenset({"movements"}))

    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(cloudevent("consent.granted", {"person": PERSON}), feed)

    assert caught.value.reason == "type-not-allowed"


LIFT = {"person": PERSON, "taken_by": "officer", "channel": "oral"}
ANSWER = {
    "person": PERSON,
    "child": CHILD,
    "kind": "clear",
    "answered_at": TIME,
    "role": "social-service",
}


def test_a_sender_of_one_record_type_writes_no_other_of_its_context() -> None:
    duty = DESK._replace(may_write=frozenset({"safety.freeze-set"}))

    (draft,) = translate_cloudevent(cloudevent("safety.freeze-set", FREEZE), duty)
    refused = []
    for record_type, data in (("safety.freeze-lifted", LIFT), ("safety.answered", ANSWER)):
        with pytest.raises(IntakeError) as caught:
            translate_cloudevent(cloudevent(record_type, data), duty)
        refused.append(caught.value.problems[0][:2])

    assert draft.payload == FreezeSet(set_by="officer")
    assert refused == [("type-not-allowed", "type")] * 2


def test_a_sender_answers_the_safety_question_in_its_own_roles_only() -> None:
    service = DESK._replace(roles=frozenset({"social-service"}))

    taken = translate_cloudevent(cloudevent("safety.answered", ANSWER), service)
    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(cloudevent("safety.answered", ANSWER | {"role": "judge"}), service)

    assert len(taken) == 1
    [problem] = caught.value.problems
    assert problem[:2] == ("role-not-allowed", "data.role")
    assert "social-service" in problem.remedy
    assert "judge" not in str(caught.value)


@pytest.mark.parametrize("links_with", [frozenset(), frozenset({Namespace("OTHER")})])
def test_a_sender_names_persons_of_registers_it_may_link_with_only(
    links_with: frozenset[Namespace],
) -> None:
    data = {"person": PERSON, "other": {"namespace": "MATRIKEL", "number": "77/2026"}}

    with pytest.raises(IntakeError) as caught:
        translate_cloudevent(
            cloudevent("identity.linked", data), DESK._replace(links_with=links_with)
        )

    [problem] = caught.value.problems
    assert problem[:2] == ("link-not-allowed", "data.other.namespace")
    assert "77" not in str(caught.value)
