"""Which test files prove which promise, read from the markers; as a program it writes the page."""

import ast
from collections import defaultdict

from tests.conftest import PROMISES
from tests.house.files import ROOT, modules, parsed

HEAD = """# Every test file behind each promise

[README](../README.md#what-the-hub-promises) has the promises and their main proofs. This list is
made from the tests' markers by `make promises`; a test checks that it is current.
"""


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


def page() -> str:
    """Return the page: one section a promise, one line a file."""
    files = files_by_promise()
    parts = [HEAD]
    for promise in PROMISES:
        lines = [f"- [{path}](../{path})" for path in sorted(files.get(promise, ()))]
        parts.append(f"\n## {promise}\n\n" + "\n".join(lines or ["No test yet."]) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    (ROOT / "docs" / "promises.md").write_text(page(), encoding="utf-8")
