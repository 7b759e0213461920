"""A prepared data directory for every run, and the seeds to run with."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.support.chaos_parts import JOURNAL_FILE, prepare
from tests.support.chaos_rules import rules
from tests.support.verifier import Verdict, verify

SEEDS: Final = range(1, 1 + int(os.environ.get("HUB_CHAOS_SEEDS", "1")))
"""One seed in the normal run; `HUB_CHAOS_SEEDS=20` tries twenty."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that takes a seed with each of them."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory as a hub finds it at its first start."""
    folder = tmp_path_factory.mktemp("chaos") / "prepared"
    prepare(folder)
    return folder


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A data directory of one run."""
    return shutil.copytree(prepared, tmp_path / "data")


def verified(data: Path) -> Verdict:
    """Verify a run whose processes have ended; fail with everything that is wrong."""
    verdict = verify(data, data / JOURNAL_FILE, rules())
    assert verdict.problems == (), "\n".join(verdict.problems)
    return verdict
