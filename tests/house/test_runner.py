"""The runner of all suites fails where it should: no test, too slow, forgotten folder, hanging."""

from pathlib import Path

import pytest

from tests import run_suites
from tests.run_suites import Check, Suite, run, stray_folders

PASSING = "def test_that_passes():\n    assert True\n"
SKIPPED = "import pytest\n\n@pytest.mark.skip\ndef test_that_is_skipped():\n    assert True\n"
FAILING = "def test_that_fails():\n    assert False\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty suite `tests/sample` in a place of its own."""
    monkeypatch.setattr(run_suites, "ROOT", tmp_path)
    monkeypatch.setattr(run_suites, "TESTS", tmp_path / "tests")
    sample = tmp_path / "tests" / "sample"
    sample.mkdir(parents=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return sample


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (PASSING, ()),
        (PASSING + SKIPPED, ()),
        (FAILING, ("pytest ended with exit code 1",)),
        (SKIPPED, ("no test ran",)),
        ("", ("no test ran",)),
        ("import no_such_module\n", ("pytest ended with exit code 2",)),
    ],
)
def test_a_suite_passes_only_when_tests_ran_and_passed(
    folder: Path, text: str, problems: tuple[str, ...]
) -> None:
    (folder / "test_sample.py").write_text(text, encoding="utf-8")

    assert run(Suite("sample", budget_s=30)).problems == problems


def test_a_suite_without_its_folder_fails(folder: Path) -> None:
    folder.rmdir()

    assert "is missing" in run(Suite("sample", budget_s=30)).problems[0]


def test_a_folder_that_no_suite_runs_is_told(folder: Path) -> None:
    (folder / "test_sample.py").write_text(PASSING, encoding="utf-8")

    assert stray_folders() == ["tests/sample holds tests that no suite runs: add it to the plan"]


def test_a_check_over_its_budget_is_ended_and_fails(folder: Path) -> None:
    waiting = ("python", "-c", "import threading; threading.Event().wait(60)")
    result = run(Check("slow", 1, (waiting,)))

    assert folder.exists()
    assert "ended at twice the budget" in result.problems[0]
    assert "its budget is 1 s" in result.problems[1]


def test_an_unknown_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_suites.main(["no-such-suite"]) != 0
    assert "There are: lint," in capsys.readouterr().out
