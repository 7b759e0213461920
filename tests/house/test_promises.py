"""The README's table of promises names exactly the test files that carry their markers."""

import ast
import re
from collections import defaultdict

import pytest

from tests.conftest import PROMISES
from tests.house.files import ROOT, modules, parsed

ROW = re.compile(r"^\|\s*(P\d+)\s*\|(.*)\|\s*$", re.MULTILINE)
TEST_FILE = re.compile(r"tests/[\w/]+\.py")


def files_by_promise() -> dict[str, set[str]]:
    """Find the promise markers in all test files, without importing them."""
    files: defaultdict[str, set[str]] = defaultdict(set)
    for path in modules("tests"):
        if path.parts[1] == "house":
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.promise":
                for value in node.args:
                    files[ast.literal_eval(value)].add(path.as_posix())
    return files


def rows() -> dict[str, str]:
    """Read the rows of the README's table: promise id to the other cells."""
    return dict(ROW.findall((ROOT / "README.md").read_text(encoding="utf-8")))


def test_the_table_lists_every_promise_once_and_in_order() -> None:
    listed = [
        promise for promise, _ in ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    ]

    assert listed == list(PROMISES)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_row_names_the_tests_that_prove_it(promise: str) -> None:
    named = set(TEST_FILE.findall(rows()[promise]))

    assert named == files_by_promise().get(promise, set()), "`make promises` prints the cells"
