"""Modules are short, and each says in its first line what it is for."""

import ast
from pathlib import Path

import pytest

from tests.house.files import ROOT, called_name, modules, parsed

MOST_LINES = 500


@pytest.mark.parametrize("path", modules(), ids=str)
def test_a_module_is_short_and_says_what_it_is_for(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")

    assert len(text.splitlines()) <= MOST_LINES, f"{path}: split it by what its parts are for"
    assert ast.get_docstring(parsed(path)), f"{path}: begin with a docstring"


@pytest.mark.parametrize("path", modules("hub", "connectors"), ids=str)
def test_nothing_shipped_is_a_stub_or_hides_an_error(path: Path) -> None:
    found = [
        f"{path}:{node.lineno}: {what}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.stmt | ast.ExceptHandler) and (what := fault(node))
    ]

    assert found == []


def fault(node: ast.stmt | ast.ExceptHandler) -> str:
    """Say what is wrong with a statement, or nothing."""
    match node:
        case ast.Raise(exc=ast.Call() as call) if called_name(call) == "NotImplementedError":
            return "finish it or take it out"
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return "finish it or take it out"
        case ast.ExceptHandler(body=[ast.Pass()]):
            return "handle the exception, or say with contextlib.suppress which one is expected"
        case _:
            return ""


def test_the_domain_reads_no_clock() -> None:
    domain = [path for path in modules("hub") if path.parts[1] == "domain"]
    clocks = [
        f"{path}:{node.lineno}"
        for path in domain
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called_name(node) in {"now", "utcnow", "today", "uuid4"}
    ]

    assert domain
    assert clocks == [], "time and ids come in as arguments or from the event: replays must agree"
