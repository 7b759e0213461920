"""Fixtures of the delivery tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.delivery.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A hub's delivery on a fresh store."""
    made = World(tmp_path)
    yield made
    made.close()
