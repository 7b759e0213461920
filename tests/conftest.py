"""Pytest set-up for all suites: promise markers are checked and listed, Hypothesis is tuned."""

import os

import pytest
from hypothesis import settings

PROMISES = tuple(f"P{number}" for number in range(1, 13))
"""The ids of the promises in the README's table."""

# A shared machine is slow at times, so no example has a deadline of its own; the suite has a
# budget. In CI the examples are the same in every run: a red run must mean a changed program.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a promise marker whose id is not in the table.

    Raises:
        pytest.UsageError: a marker carries no id or an unknown one.
    """
    for item in items:
        for marker in item.iter_markers("promise"):
            unknown = [value for value in marker.args if value not in PROMISES]
            if unknown or not marker.args or marker.kwargs:
                message = (
                    f"{item.nodeid}: the promise marker takes ids from {PROMISES[0]} to "
                    f"{PROMISES[-1]}, not {unknown or 'nothing'}"
                )
                raise pytest.UsageError(message)
