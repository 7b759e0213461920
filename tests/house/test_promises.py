"""`docs/promises.md` lists every test file behind each promise, and README the main ones."""

import re

import pytest

from tests.conftest import PROMISES
from tests.house.files import ROOT
from tests.house.promises import files_by_promise, page

ROW = re.compile(r"^\|\s*(P\d+)\s*\|(.*)\|\s*$", re.MULTILINE)
TEST_FILE = re.compile(r"tests/[\w/]+\.py")


def rows() -> list[tuple[str, str]]:
    """Read the rows of the README's table: promise id and the other cells."""
    return ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_table_lists_every_promise_once_and_in_order() -> None:
    assert [promise for promise, _ in rows()] == list(PROMISES)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_row_names_tests_that_prove_it(promise: str) -> None:
    named = set(TEST_FILE.findall(dict(rows())[promise]))
    proving = files_by_promise().get(promise, set())

    assert named <= proving
    assert named or not proving or "not yet" in dict(rows())[promise]


def test_the_page_of_promises_lists_all_of_them() -> None:
    """`make promises` writes it anew."""
    assert (ROOT / "docs" / "promises.md").read_text(encoding="utf-8") == page()
