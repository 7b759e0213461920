"""What the configuration grants a sender, and nothing beyond, reaches the intake."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from hub.app.sources import sender
from hub.config.sections import Context, RecordType, SourceConfig
from hub.domain.ids import TenantId
from hub.intake import IntakeContext
from hub.intake.record_types import INBOUND
from hub.privacy import HmacPseudonyms, MasterKey

PAGE = Path(__file__).parents[3] / "docs" / "intake.md"


def granted(**fields: object) -> IntakeContext:
    """Return what a source so configured may hand in."""
    config = SourceConfig.model_validate({"type": "canonical", "namespace": "NOMS"} | fields)
    hidden = HmacPseudonyms(MasterKey(bytes(32)))
    return sender("desk", config, TenantId("default"), hidden).intake


def test_the_configuration_knows_the_record_types_that_the_intake_reads() -> None:
    assert set(get_args(RecordType)) == set(INBOUND)
    assert set(get_args(Context)) == {name.partition(".")[0] for name in INBOUND}


def test_nothing_is_granted_unless_named() -> None:
    assert granted().may_write == frozenset()
    assert granted(canonical=["identity"]).links_with == frozenset()


def test_record_types_roles_and_registers_reach_the_intake() -> None:
    desk = granted(
        canonical=["consent", "safety.freeze-set"],
        roles=["duty-service"],
        links_with=["MATRIKEL"],
    )

    assert desk.may_write == {"consent", "safety.freeze-set"}
    assert desk.roles == frozenset({"duty-service"})
    assert desk.links_with == {"MATRIKEL"}
    assert granted(canonical=["safety"]).roles is None


@pytest.mark.parametrize(
    "fields", [{"canonical": ["timers.due"]}, {"canonical": ["safety.guessed"]}, {"roles": []}]
)
def test_what_nobody_may_be_granted_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        granted(**fields)

    assert len(caught.value.errors()) == 1


def test_the_examples_of_the_page_are_granted_as_they_say() -> None:
    [text] = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    sources = tomllib.loads(text)["sources"]
    for source in sources.values():
        del source["credential_file"]
    desks = {name: granted(**source) for name, source in sources.items()}

    assert desks["duty-desk"].may_write == {"safety.freeze-set"}
    assert desks["social-service"].roles == frozenset({"social-service"})
