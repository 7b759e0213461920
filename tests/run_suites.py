"""Run every suite within its time budget and print a table: `make test` and CI call this.

Each suite must end well, within its budget, and a suite of tests must have run at least one. All
suites run even when one fails, so that one run shows all that is wrong.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
BIN = Path(sys.executable).parent
EXIT_NO_TESTS = 5
"""Pytest's code for an empty suite, which is told in words instead."""
NOT_RUN_HERE = {"benchmarks"}
"""Folders of tests/ that other commands run (`make bench`)."""


class Check(NamedTuple):
    """A command that passes by exit code alone."""

    name: str
    budget_s: int
    commands: tuple[tuple[str, ...], ...]


class Suite(NamedTuple):
    """A folder of tests, and how long it and each of its tests may take."""

    name: str
    budget_s: int
    test_timeout_s: int = 60
    workers: int = 0
    """Processes side by side. None where tests start processes or measure time themselves."""


PLAN: tuple[Check | Suite, ...] = (
    Check("lint", 60, (("ruff", "check", "--quiet"), ("ruff", "format", "--check", "--quiet"))),
    Check("types", 180, (("mypy", "--no-error-summary"),)),
    Check("imports", 60, (("lint-imports", "--no-logo"),)),
    Check("schemas", 60, (("hub", "schemas", "check"),)),
    Suite("house", 60),
    Suite("unit", 120, workers=2),
    Suite("property", 300, test_timeout_s=180, workers=2),
    Suite("contract", 180),
    Suite("integration", 300),
    Suite("acceptance", 300, test_timeout_s=180),
    Suite("chaos", 900, test_timeout_s=300),
)
"""Every suite in the order of its run, quick ones first, with its budget in seconds.

A suite is ended at twice its budget. A folder of tests/ that is missing here fails the run, and so
does a suite without its folder.
"""


class Result(NamedTuple):
    """How a suite ended; `problems` is empty when all is well."""

    name: str
    seconds: float
    budget_s: int
    passed: int
    failed: int
    skipped: int
    problems: tuple[str, ...]


def main(names: Sequence[str]) -> int:
    """Run the named suites, or all, and return the exit code."""
    unknown = sorted(set(names) - {entry.name for entry in PLAN})
    if unknown:
        known = ", ".join(entry.name for entry in PLAN)
        print(f"No suite is called {', '.join(unknown)}. There are: {known}.")
        return 2
    results = [run(entry) for entry in PLAN if not names or entry.name in names]
    problems = [] if names else stray_folders()
    print_table(results)
    problems += [f"{result.name}: {text}" for result in results for text in result.problems]
    for problem in problems:
        print(f"FAILED {problem}")
    passed, failed, skipped = (
        sum(getattr(result, field) for result in results)
        for field in ("passed", "failed", "skipped")
    )
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if problems else 0


def run(entry: Check | Suite) -> Result:
    """Run one entry of the plan."""
    print(f"\n--- {entry.name} (budget {entry.budget_s} s)", flush=True)
    start = time.monotonic()
    if isinstance(entry, Check):
        problems = run_check(entry)
        counts = (0, 0, 0)
    else:
        problems, counts = run_tests(entry)
    seconds = time.monotonic() - start
    if seconds > entry.budget_s:
        problems.append(f"took {seconds:.0f} s, its budget is {entry.budget_s} s")
    return Result(entry.name, seconds, entry.budget_s, *counts, tuple(problems))


def run_check(check: Check) -> list[str]:
    """Run the check's commands, all of them, and tell which failed."""
    problems = []
    for program, *arguments in check.commands:
        code = call([str(BIN / program), *arguments], limit_s=2 * check.budget_s)
        if code != 0:
            problems.append(f"`{' '.join([program, *arguments])}` {ending(code)}")
    return problems


def run_tests(suite: Suite) -> tuple[list[str], tuple[int, int, int]]:
    """Run a folder of tests; tell what is wrong, and how many passed, failed and were skipped."""
    if not (TESTS / suite.name).is_dir():
        return [f"tests/{suite.name} is missing: restore it or take it off the plan"], (0, 0, 0)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        arguments = [
            f"tests/{suite.name}",
            "--quiet",
            "--tb=short",
            "--durations=5",
            "--durations-min=1",
            f"--timeout={suite.test_timeout_s}",
            f"--junitxml={report}",
        ]
        if suite.workers:
            arguments += ["--numprocesses", str(suite.workers)]
        code = call([str(BIN / "python"), "-m", "pytest", *arguments], limit_s=2 * suite.budget_s)
        counts = read_counts(report)
    problems = [f"pytest {ending(code)}"] if code not in {0, EXIT_NO_TESTS} else []
    if counts[0] + counts[1] == 0:
        problems.append("no test ran")
    return problems, counts


def read_counts(report: Path) -> tuple[int, int, int]:
    """Read passed, failed and skipped from pytest's report; zeros when it was ended too early."""
    if not report.exists():
        return 0, 0, 0
    totals = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest wrote it just now
    if totals is None:
        return 0, 0, 0
    tests, skipped = int(totals.get("tests", 0)), int(totals.get("skipped", 0))
    failed = int(totals.get("failures", 0)) + int(totals.get("errors", 0))
    return tests - skipped - failed, failed, skipped


def call(command: list[str], limit_s: int) -> int | None:
    """Run a command and return its exit code, or None if it was ended at its limit."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        return process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End whatever the command left behind: nothing that a suite started outlives it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # the usual case: nothing was left
    process.wait()


def ending(code: int | None) -> str:
    """Say how a command ended."""
    return "was ended at twice the budget" if code is None else f"ended with exit code {code}"


def stray_folders() -> list[str]:
    """Find folders of tests that no suite would run."""
    planned = {entry.name for entry in PLAN} | NOT_RUN_HERE
    found = {path.parent.relative_to(TESTS).parts for path in TESTS.rglob("test_*.py")}
    stray = sorted({parts[0] if parts else "." for parts in found} - planned)
    return [f"tests/{name} holds tests that no suite runs: add it to the plan" for name in stray]


def print_table(results: Sequence[Result]) -> None:
    """Print one row per suite."""
    print(
        f"\n{'suite':<12} {'seconds':>8} {'budget':>7} {'passed':>7} {'failed':>7} {'skipped':>8}"
    )
    for result in results:
        mark = "FAILED" if result.problems else "ok"
        print(
            f"{result.name:<12} {result.seconds:>8.1f} {result.budget_s:>7} {result.passed:>7} "
            f"{result.failed:>7} {result.skipped:>8}  {mark}"
        )
    total = sum(result.seconds for result in results)
    print(f"{'all':<12} {total:>8.1f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
