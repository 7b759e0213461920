"""Every reason has a meaning, and says what would change it."""

from __future__ import annotations

import pytest

from hub.cli.explain_texts import DENIALS, IGNORED, Text, text_of
from hub.domain.decision import Ignored
from hub.domain.entitlement import Denial


def test_every_denial_is_explained() -> None:
    assert set(DENIALS) == set(Denial) - {Denial.UNKNOWN}


def test_everything_ignored_is_explained() -> None:
    assert set(IGNORED) == set(Ignored)


@pytest.mark.parametrize("reason", [*DENIALS, *IGNORED], ids=str)
def test_an_explanation_is_a_sentence(reason: Denial | Ignored) -> None:
    text = text_of(reason.value)

    assert text.meaning.endswith(".")
    assert text.change.endswith(".")


def test_a_reason_of_a_newer_version_is_shown_as_it_is() -> None:
    assert text_of("brand-new") == Text("brand-new", "See the decision log above.")
