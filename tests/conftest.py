"""Pytest set-up for all suites: promise markers are checked and listed, Hypothesis is tuned."""

import os
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import settings

PROMISES = tuple(f"P{number}" for number in range(1, 13))
"""The ids of the promises in the README's table."""

# A shared machine is slow at times, so no example has a deadline of its own; the suite has a
# budget. In CI the examples are the same in every run: a red run must mean a changed program.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--promises-report`."""
    parser.addoption(
        "--promises-report",
        action="store_true",
        help="list which test files prove which promise, and run nothing",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the report collect only."""
    if config.getoption("--promises-report"):
        config.option.collectonly = True
        config.option.verbose = -2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a promise marker whose id is not in the table.

    Raises:
        pytest.UsageError: a marker carries no id or an unknown one.
    """
    for item in items:
        for marker in item.iter_markers("promise"):
            unknown = [value for value in marker.args if value not in PROMISES]
            if unknown or not marker.args or marker.kwargs:
                message = (
                    f"{item.nodeid}: the promise marker takes ids from {PROMISES[0]} to "
                    f"{PROMISES[-1]}, not {unknown or 'nothing'}"
                )
                raise pytest.UsageError(message)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the report as rows of a Markdown table."""
    if config.getoption("--promises-report"):
        session = terminalreporter._session  # noqa: SLF001 - pytest gives no public way to the items
        for line in report_lines(session.items if session else []):
            terminalreporter.write_line(line)


def report_lines(items: list[pytest.Item]) -> Iterator[str]:
    """Yield one row per promise: its id and the files whose tests carry it."""
    files: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        for marker in item.iter_markers("promise"):
            for promise in marker.args:
                files[promise].add(item.nodeid.partition("::")[0])
    for promise in PROMISES:
        named = ", ".join(f"[{path}]({path})" for path in sorted(files[promise]))
        yield f"| {promise} | {named or '-'} |"
