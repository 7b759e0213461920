"""Credentials: exactly the right token opens, and only as a bearer token."""

from __future__ import annotations

import pytest

from hub.api.credentials import Credentials

CREDENTIALS = Credentials([("invented-token-one", "one"), ("invented-token-two", "two")])


@pytest.mark.parametrize(
    ("header", "holder"),
    [
        ("Bearer invented-token-one", "one"),
        ("bearer  invented-token-two ", "two"),
        ("Bearer invented-token-on", None),
        ("Bearer invented-token-onee", None),
        ("Bearer INVENTED-TOKEN-ONE", None),
        ("Basic invented-token-one", None),
        ("invented-token-one", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer \udcff", None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_exact_token_opens(header: str | None, holder: str | None) -> None:
    assert CREDENTIALS.holder(header) == holder


def test_no_token_is_kept_in_clear() -> None:
    assert "invented-token" not in str(vars(CREDENTIALS))
