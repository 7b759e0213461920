"""The lock files pin every package with hashes, agree with each other and name no index."""

import re
import tomllib
from collections.abc import Iterable

import pytest

from tests.house.files import ROOT

LOCKS = ("embedded", "all", "dev")
"""From the smallest to the largest: each holds the one before."""

PIN = re.compile(
    r"^([a-z0-9-]+)==(\S+)[^\n]*\\\n((?:    --hash=sha256:[0-9a-f]{64}[ \\\n]*)+)", re.MULTILINE
)


def lines(lock: str) -> list[str]:
    """Read a lock."""
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").splitlines()


def pins(lock: str) -> dict[str, str]:
    """Read the versions of a lock's packages, of those that have a hash."""
    return {name: version for name, version, _ in PIN.findall("\n".join(lines(lock)) + "\n")}


def names(requirements: Iterable[object]) -> set[str]:
    """Give the normalised package names of requirement strings."""
    return {
        re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", text, maxsplit=1)[0]).lower()
        for text in requirements
        if isinstance(text, str)
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_nothing_but_pins_with_hashes(lock: str) -> None:
    required = [line for line in lines(lock) if line and not line.startswith(("#", " "))]

    assert required
    assert len(pins(lock)) == len(required)
    assert not [line for line in lines(lock) if re.search(r"://|index|find-links| @ ", line)]


@pytest.mark.parametrize(("smaller", "larger"), [("embedded", "all"), ("all", "dev")])
def test_the_locks_agree(smaller: str, larger: str) -> None:
    assert pins(smaller).items() <= pins(larger).items()


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"].values()
    groups = project["dependency-groups"]

    embedded = names(project["project"]["dependencies"]) | names(groups["build"])
    assert embedded <= pins("embedded").keys()
    assert embedded.union(*map(names, extras)) <= pins("all").keys()
    assert names(groups["dev"]) <= pins("dev").keys()
