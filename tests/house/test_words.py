"""No file holds an unfinished note, the address of a package registry or a path of one machine."""

import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, all_files

# Each word is written in two halves, so that this file does not hold what it forbids.
NOTES = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "crates" + ".io",
    "maven" + ".org",
    "maven" + ".apache.org",
    "proxy.go" + "lang.org",
    "deb" + "ian.org",
]
HOMES = ["ro" + "ot", "wo" + "rk", "ho" + "me", "Us" + "ers"]
FORBIDDEN = {
    "an unfinished note": re.compile(r"\b(" + "|".join(NOTES) + r")\b"),
    "a package registry": re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.:/])/(" + "|".join(HOMES) + r")/\w"),
}


def texts() -> list[Path]:
    """List the files that are text."""
    return [path for path in all_files() if b"\0" not in (ROOT / path).read_bytes()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path}:{number}"
        for path in texts()
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]

    assert found == []


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("an unfinished note", "# " + NOTES[0] + ": later"),
        ("a package registry", "https://files." + REGISTRIES[1] + "/simple"),
        ("a path of one machine", "open('/" + HOMES[2] + "/erika/hub')"),
    ],
)
def test_the_search_finds_a_planted_one(what: str, line: str) -> None:
    assert FORBIDDEN[what].search(line)
