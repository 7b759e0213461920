"""Tests assert something and wait for conditions, never for time to pass."""

import ast
from pathlib import Path

import pytest

from tests.house.files import called_name, modules, parsed

CLAIMS = ("assert", "check", "expect", "fail", "raises", "verify", "warns")
"""How the names of helpers begin that state a claim in a test's place."""


@pytest.mark.parametrize("path", modules("tests"), ids=str)
def test_no_test_sleeps(path: Path) -> None:
    sleeps = [
        f"{path}:{node.lineno}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"time.sleep", "sleep"}
    ]

    assert sleeps == [], "wait for a condition with a deadline, or move the fake clock"


TEST_FILES = [path for path in modules("tests") if path.name.startswith("test_")]


@pytest.mark.parametrize("path", TEST_FILES, ids=str)
def test_every_test_can_fail(path: Path) -> None:
    idle = [
        f"{path}:{node.lineno}: {node.name}"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test")
        and not states_a_claim(node)
    ]

    assert idle == []


def states_a_claim(test: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether a test holds an assertion or calls a helper that is named like one."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and called_name(node).lstrip("_").startswith(CLAIMS))
        for node in ast.walk(test)
    )
