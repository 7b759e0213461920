"""The documents name the two commands, and every link in them leads somewhere."""

import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, all_files

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def documents() -> list[Path]:
    """List the Markdown files."""
    return [path for path in all_files() if path.suffix == ".md"]


def prose(path: Path) -> str:
    """Read a document without its code blocks."""
    return FENCE.sub("", (ROOT / path).read_text(encoding="utf-8"))


def anchors(path: Path) -> set[str]:
    """Give the anchors of a document as code hosts derive them from its headings."""
    text = prose(path)
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(text):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", "-")
        copies = sum(1 for name in found if re.fullmatch(re.escape(slug) + r"(-\d+)?", name))
        found.add(f"{slug}-{copies}" if copies else slug)
    return found


def broken(path: Path) -> list[str]:
    """List the links of a document that lead nowhere in the repository."""
    targets = (first or second for first, second in LINK.findall(CODE.sub("", prose(path))))
    return [target for target in targets if not resolves(path, target)]


def resolves(path: Path, target: str) -> bool:
    """Tell whether a link leads to a file, folder or heading; links to other sites are left out."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return True
    name, _, anchor = target.partition("#")
    place = (ROOT / path.parent / name).resolve() if name else ROOT / path
    if not place.exists() or not place.is_relative_to(ROOT):
        return False
    return not anchor or place.suffix != ".md" or anchor in anchors(place.relative_to(ROOT))


@pytest.mark.parametrize("path", documents(), ids=str)
def test_every_link_leads_somewhere(path: Path) -> None:
    assert broken(path) == []


@pytest.mark.parametrize("target", ["no/such/file.md", "#no-such-heading", "../../outside.md"])
def test_the_search_finds_a_broken_link(target: str) -> None:
    assert not resolves(Path("docs/adr/0001-dependencies.md"), target)


@pytest.mark.parametrize("command", ["make demo", "make test"])
def test_the_readme_names_the_command(command: str) -> None:
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
