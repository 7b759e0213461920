"""Reading CSV files row by row: good rows become drafts, every bad one is reported.

A fault names line, column, code and remedy, never the cell. The same row in another file, or in the
same file again, has the same event id: loading a file twice changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, Final, NamedTuple, TextIO

import msgspec
from pydantic import TypeAdapter, ValidationError

from hub.domain.events import Draft
from hub.domain.ids import HUB_NAMESPACE, mint
from hub.intake.context import IntakeContext
from hub.intake.csv_layouts import (
    CHILD_NAMESPACE,
    LAYOUTS,
    OCCURRED_AT,
    Cell,
    Column,
    CsvKind,
    Layout,
)
from hub.intake.fields import Instant
from hub.intake.problems import IntakeError, Problem
from hub.intake.record_types import read_form, refuse, to_draft, type_problems

NOTHING: Final = "none"
"""The cell of a list of which it is known that it is empty."""

_FLAGS: Final = {"yes": True, "no": False}
_INSTANT: Final[TypeAdapter[Instant]] = TypeAdapter(Instant)


class RowProblem(NamedTuple):
    """One fault in a file: where, what, and what to do. Line 1 is the header."""

    line: int
    column: str
    code: str
    remedy: str


class CsvReport(NamedTuple):
    """What a file became: the drafts of its good rows, every fault of the others."""

    drafts: tuple[Draft, ...]
    lines: tuple[int, ...]
    """The line of each draft's row."""
    problems: tuple[RowProblem, ...]
    rows: int


def read_csv(kind: CsvKind, file: BinaryIO, context: IntakeContext, *, now: datetime) -> CsvReport:
    """Return the drafts and faults of a file in UTF-8, separated by commas or semicolons.

    `now` is the hub's own time (aware): no row can tell of something said later.
    Raises `IntakeError` only if the sender may not write this kind; a header that can't be used is
    a fault of line 1, and then no row is read.
    """
    layout = LAYOUTS[kind]
    refuse(type_problems(layout.record_type, context))
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        first = text.readline()
        delimiter = _delimiter(first)
        header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter), [])]
        faults = tuple(_header_faults(layout, header))
        if faults:
            return CsvReport((), (), faults, 0)
        return _read_rows(Sheet(layout, context, now), header, text, delimiter)
    finally:
        text.detach()


class Sheet(NamedTuple):
    """How the rows of one file are read: its layout, for whom, and the hub's time."""

    layout: Layout
    context: IntakeContext
    now: datetime


def _delimiter(header: str) -> str:
    """Return what separates the header: spreadsheets set to German write semicolons."""
    return ";" if header.count(";") > header.count(",") else ","


def _read_rows(sheet: Sheet, header: list[str], text: TextIO, delimiter: str) -> CsvReport:
    """Return the report of all rows below a header."""
    lines = csv.reader(text, delimiter=delimiter, strict=True)
    drafts: list[Draft] = []
    places: list[int] = []
    faults: list[RowProblem] = []
    rows = 0
    while True:
        # A quoted cell may hold line breaks: a row is named by its first line.
        line = lines.line_num + 2
        try:
            cells = next(lines)
        except StopIteration:
            break
        except csv.Error:
            faults.append(RowProblem(line, "", "bad-csv", "check quotes and separators"))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        rows += 1
        if len(cells) != len(header):
            faults.append(RowProblem(line, "", "bad-csv", "the row has not as many cells as names"))
            continue
        try:
            drafts.append(_draft(sheet, dict(zip(header, cells, strict=True))))
            places.append(line)
        except IntakeError as error:
            faults += [RowProblem(line, p.field_path, p.code, p.remedy) for p in error.problems]
    return CsvReport(tuple(drafts), tuple(places), tuple(faults), rows)


def _header_faults(layout: Layout, header: list[str]) -> Iterator[RowProblem]:
    """Yield what is wrong with a header. An unknown name may be a cell of a person: not told."""
    names = [column.name for column in layout.columns]
    for number, name in enumerate(header, start=1):
        if name not in names:
            known = ", ".join(names)
            yield RowProblem(1, f"(column {number})", "unknown-column", f"use one of {known}")
        elif name in header[: number - 1]:
            yield RowProblem(1, name, "duplicate-column", "give each column once")
    for column in layout.columns:
        if column.required and column.name not in header:
            yield RowProblem(1, column.name, "missing-column", "add this column")


def _draft(sheet: Sheet, row: Mapping[str, str]) -> Draft:
    """Return the draft of one row. Raises `IntakeError` whose paths are column names."""
    layout, context, now = sheet
    data, problems = _data(layout, row)
    occurred_at = None
    try:
        occurred_at = _INSTANT.validate_python(row[layout.occurred_at].strip())
    except ValidationError:
        # The form reports the column itself where it is one of its fields.
        if any(c.path == OCCURRED_AT for c in layout.columns):
            remedy = "give it like 2026-03-02T08:55:00+01:00"
            problems.append(Problem("bad-timestamp", layout.occurred_at, remedy))
    form = read_form(layout.record_type, data, "", context, at=now)
    if isinstance(form, list):
        problems += [p._replace(field_path=_column(layout, p.field_path)) for p in form]
    refuse(problems)
    if isinstance(form, list) or occurred_at is None:
        raise IntakeError([Problem("bad-timestamp", layout.occurred_at, "give a time with zone")])
    content = msgspec.json.encode([layout.record_type, dict(row)], order="deterministic")
    fingerprint = context.pseudonyms.fingerprint(context.tenant, content)
    event_id = mint(HUB_NAMESPACE, context.source, "csv", fingerprint)
    return to_draft(
        layout.record_type, form, event_id=event_id, occurred_at=occurred_at, context=context
    )


def _data(layout: Layout, row: Mapping[str, str]) -> tuple[dict[str, object], list[Problem]]:
    """Return the nested data that a form reads, and the cells that can't be read at all."""
    data: dict[str, object] = {}
    problems: list[Problem] = []
    register = row.get(CHILD_NAMESPACE, "").strip() or row["person_namespace"].strip()
    for column in layout.columns:
        cell = row.get(column.name, "").strip()
        if not cell or column.path in {CHILD_NAMESPACE, OCCURRED_AT}:
            continue
        try:
            cell.encode()
        except UnicodeEncodeError:
            problems.append(Problem("not-utf8", column.name, "save the file as UTF-8"))
            continue
        if column.cell is Cell.FLAG and cell.lower() not in _FLAGS:
            problems.append(Problem("unknown-value", column.name, "give yes or no"))
            continue
        _put(data, column.path, _value(column, cell, register, row))
    if "child" in data:
        _put(data, "child.namespace", register)
    return data, problems


def _value(column: Column, cell: str, register: str, row: Mapping[str, str]) -> object:
    """Return the value that a cell stands for."""
    items = [item.strip() for item in cell.split("|") if item.strip()]
    match column.cell:
        case Cell.TEXT:
            return cell
        case Cell.FLAG:
            return _FLAGS[cell.lower()]
        case Cell.LIST:
            return items
        case Cell.LIST_OR_NONE:
            return [] if cell.lower() == NOTHING else items
        case Cell.CHILDREN:
            return [{"namespace": register, "contact_id": item} for item in items]
        case Cell.GRANTORS:
            parts = [item.partition("@") for item in items]
            given_at = row.get("given_at", "").strip()
            return [{"capacity": who, "given_at": when or given_at} for who, _, when in parts]


def _put(data: dict[str, object], path: str, value: object) -> None:
    """Store a value at a dotted path."""
    *outer, last = path.split(".")
    here = data
    for name in outer:
        inner = here.setdefault(name, {})
        assert isinstance(inner, dict)  # noqa: S101 - layouts give no field both a value and fields
        here = inner
    here[last] = value


def _column(layout: Layout, path: str) -> str:
    """Return the column that fills the field at `path`, or one that fills part of it."""
    plain = path.partition("[")[0]
    for column in layout.columns:
        if plain == column.path or column.path.startswith(f"{plain}."):
            return column.name
        if plain.startswith(f"{column.path}."):
            return column.name
    return plain
