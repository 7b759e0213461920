"""Every claim that the demo makes holds, each for itself."""

from __future__ import annotations

import pytest

from hub.demo.scenes import SCENES
from tests.acceptance.demo.conftest import Played

pytestmark = pytest.mark.timeout(180)


def failed(played: Played, key: str) -> list[str]:
    """Return the findings of a scene that do not bear out its claim; a scene needs some."""
    scene = played.scenes[key]
    assert scene.findings
    return [finding.text for finding in scene.findings if not finding.holds]


@pytest.mark.promise("P1")
def test_everything_that_came_in_was_decided_once(played: Played) -> None:
    assert failed(played, "came-in") == []


def test_the_recorded_children_were_looked_up(played: Played) -> None:
    assert failed(played, "children") == []


@pytest.mark.promise("P2", "P3")
def test_referrals_left_after_the_settle_window_under_consent_and_once(played: Played) -> None:
    assert failed(played, "delivered") == []


@pytest.mark.promise("P3")
def test_what_was_withheld_has_exactly_its_reasons(played: Played) -> None:
    assert failed(played, "withheld") == []


def test_a_court_trip_and_a_transfer_cause_nothing(played: Played) -> None:
    assert failed(played, "movements-inside") == []


@pytest.mark.promise("P3")
def test_an_admission_undone_inside_the_settle_window_sends_nothing(played: Played) -> None:
    assert failed(played, "undone") == []


@pytest.mark.promise("P2")
def test_a_duplicate_and_a_pair_out_of_order_change_nothing(played: Played) -> None:
    assert failed(played, "twice-and-out-of-order") == []


def test_a_late_consent_releases_the_referral(played: Played) -> None:
    assert failed(played, "late-consent") == []


@pytest.mark.promise("P4", "P5")
def test_a_withdrawal_is_followed_by_a_recall_at_the_inbox(played: Played) -> None:
    assert failed(played, "recall") == []


@pytest.mark.promise("P3")
def test_a_freeze_withholds(played: Played) -> None:
    assert failed(played, "freeze") == []


def test_a_refusal_is_not_chased(played: Played) -> None:
    assert failed(played, "refusal") == []


def test_a_child_without_a_known_carer_is_a_task_at_once(played: Played) -> None:
    assert failed(played, "child-alone") == []


@pytest.mark.promise("P3")
def test_a_missing_safety_answer_denies(played: Played) -> None:
    assert failed(played, "safety-missing") == []


@pytest.mark.promise("P3")
def test_the_office_that_helps_hears_of_the_release_after_a_fresh_safety_answer(
    played: Played,
) -> None:
    assert failed(played, "release-notice") == []


@pytest.mark.promise("P11")
def test_a_record_of_a_newer_version_is_a_dead_letter_and_holds_its_person_only(
    played: Played,
) -> None:
    assert failed(played, "dead-letter") == []


def test_no_scene_goes_without_a_test_of_its_own(played: Played) -> None:
    tested = {
        constant
        for name, function in globals().items()
        if name.startswith("test_")
        for constant in function.__code__.co_consts
    }
    assert len(played.scenes) == len(SCENES)
    assert set(played.scenes) <= tested
