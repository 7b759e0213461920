"""How results are shown: tables for people, JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

KEY = 64
SHOWN = 12

Row = Mapping[str, object]


def rows_of(values: Sequence[msgspec.Struct]) -> list[dict[str, Any]]:
    """Return views as plain rows."""
    return [msgspec.structs.asdict(value) for value in values]


def show_json(value: object) -> None:
    """Print one JSON document."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value, order="sorted")).decode())


def show(rows: Sequence[Row], columns: Sequence[str], *, json: bool, empty: str) -> None:
    """Print rows: all members as JSON, or `columns` as a table."""
    if json:
        show_json(list(rows))
        return
    if not rows:
        typer.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    Console().print(table)


def show_one(row: Row, *, json: bool) -> None:
    """Print one thing with all its members."""
    if json:
        show_json(dict(row))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in row.items():
        table.add_row(name.replace("_", " "), cell(value, short=False))
    Console().print(table)


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
