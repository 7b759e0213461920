"""How results are shown: tables for people, JSON for machines."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import msgspec

KEY = 64
SHOWN = 12
PIPE_WIDTH = 240
NARROW = 110
"""Terminals of fewer columns get blocks instead of a table."""

UNBOUND = 10_000
"""A width at which nothing is folded, to measure a table."""

WHOLE = frozenset({"at", "since", "person", "child", "subject", "kind", "type", "state"})
"""Columns that are never folded: whoever reads them copies or compares them."""

NONE_MATCHES = "None matches the filter."

Row = Mapping[str, object]


def rows_of(values: Sequence[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return views as plain rows."""
    import msgspec

    return [msgspec.structs.asdict(value) for value in values]


def show_json(value: object) -> None:
    """Print one JSON document."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value, order="sorted")).decode())


def show(rows: Sequence[Row], columns: Sequence[str], *, json: bool, empty: str) -> None:
    """Print rows: all members as JSON, or `columns` as a table."""
    if json:
        show_json(list(rows))
        return
    if not rows:
        typer.echo(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        whole = column in WHOLE or column.endswith(("_id", "_at"))
        table.add_column(column.replace("_", " "), overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    width = _width()
    # Narrower than its longest words side by side, a table would break them into letters.
    least = max(NARROW, Console(width=UNBOUND).measure(table).minimum)
    if sys.stdout.isatty() and width < least:
        _show_blocks(rows, columns)
    else:
        Console(width=width).print(table)


def _show_blocks(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print one block per row, a line per column; the terminal folds what is too long for it."""
    for number, row in enumerate(rows):
        if number:
            typer.echo("")
        for column in columns:
            typer.echo(f"{column.replace('_', ' ')}: {cell(row.get(column))}")


def _width() -> int:
    """Return the terminal's width, or enough for a pipe, where nobody wants folded ids."""
    return get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH


def show_one(row: Row, *, json: bool) -> None:
    """Print one thing with all its members."""
    if json:
        show_json(dict(row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in row.items():
        table.add_row(name.replace("_", " "), cell(value, short=False))
    Console(width=_width()).print(table)


def tell(message: str, *, json: bool, **members: object) -> None:
    """Print what a command did: a sentence, or its members as JSON."""
    if json:
        show_json(members)
    else:
        typer.echo(message)


def cell(value: object, *, short: bool = True) -> str:
    """Return a value as text; pseudonyms are cut to their beginning in lists."""
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case str() if short and len(value) == KEY:
            return value[:SHOWN]
        case tuple() | list():
            return ", ".join(cell(item, short=short) for item in value) or "-"
        case _:
            return str(value)
