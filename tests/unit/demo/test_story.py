"""The story is told in the real wire format, about people who obviously do not exist."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from connectors.hmpps.config import HmppsConfig
from connectors.hmpps.translate import HmppsSource
from hub.demo.cast import CAST, NAMESPACE
from hub.demo.story import Told, story
from hub.domain.ids import ChildKey, Namespace, PersonKey, SourceId, TenantId
from hub.ports import SourceContext

PRISON = [
    step.body for beat in story() for step in beat.steps if isinstance(step, Told) and step.prison
]


def test_numbers_are_obviously_invented_and_nobody_has_two() -> None:
    numbers = [parent.number for parent in CAST]
    contacts = [kid.contact for parent in CAST for kid in parent.kids]
    assert all(re.fullmatch(r"Z00\d\dZZ", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert len(set(contacts)) == len(contacts)


def test_the_story_moves_forward_and_has_a_few_dozen_prison_events() -> None:
    assert all(earlier.at < later.at for earlier, later in pairwise(story()))
    assert 24 <= len(PRISON) <= 72


@pytest.mark.parametrize("body", PRISON)
def test_prison_events_travel_as_a_json_string_in_an_sns_envelope(body: bytes) -> None:
    envelope = json.loads(body)
    message = json.loads(envelope["Message"])
    assert envelope["Type"] == "Notification"
    assert message["eventType"] == envelope["MessageAttributes"]["eventType"]["Value"]
    assert {"version", "occurredAt", "additionalInformation"} <= set(message)


def test_the_source_understands_every_prison_event() -> None:
    context = SourceContext(
        tenant=TenantId("default"),
        source=SourceId("prison"),
        namespace=Namespace(NAMESPACE),
        person=PersonKey,
        child=ChildKey,
        fingerprint=lambda content: str(hash(content)),
    )
    source = HmppsSource(HmppsConfig())
    translated = [source.translate(body, context) for body in PRISON]
    assert {found.ignored for found in translated if not found.drafts} == {"not-a-movement"}
    assert len([draft for found in translated for draft in found.drafts]) == len(PRISON) - 2
