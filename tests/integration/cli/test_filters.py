"""A mistyped filter must not look like an empty list."""

from __future__ import annotations

import pytest

from hub.cli import exits
from tests.integration.cli.conftest import Cli


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("withheld", "list", "--reason", "no-consnt"), "no-consent"),
        (("referrals", "list", "--state", "redy"), "ready"),
        (("tasks", "list", "--kind", "child-alon"), "child-alone"),
    ],
)
def test_a_filter_that_does_not_exist_is_refused_with_the_nearest(
    cli: Cli, words: tuple[str, ...], near: str
) -> None:
    cli("db", "upgrade")

    wrong = cli(*words)
    right = cli(*words[:-1], near)

    assert wrong.code == exits.USAGE
    assert f"Did you mean '{near}'?" in " ".join(wrong.err.split())
    assert right.code == exits.OK
    assert right.out == "None matches the filter.\n"
    assert cli(*words[:-1], "zzzz").code == exits.USAGE
