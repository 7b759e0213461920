"""The repository's own files, as the house rules look at them."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def all_files() -> tuple[Path, ...]:
    """List every file that is or could be committed, relative to the root."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - git is where the developer has it
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = sorted(set(listing.stdout.split("\0")) - {""})
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def modules(*folders: str) -> list[Path]:
    """List the Python modules in these top-level folders, or in all."""
    return [
        path
        for path in all_files()
        if path.suffix == ".py" and (not folders or path.parts[0] in folders)
    ]


@cache
def parsed(path: Path) -> ast.Module:
    """Parse a module; `path` is relative to the root."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def called_name(call: ast.Call) -> str:
    """Give the last part of the name that is called: `raises` for `pytest.raises(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
