"""Bulk statements in the hot path: compiled once, executed for many rows in one driver call.

SQLAlchemy prepares every row's parameters anew, which costs more than SQLite's own work. Where a
dialect takes parameters by position the compiled text is kept and rows become plain tuples; the
types' own conversions are used, so both ways write the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect

from hub.store.dialect import Upsert

Row = Mapping[str, Any]
ToTuple = Callable[[Row], tuple[Any, ...]]


def insert_many(connection: Connection, statement: Upsert, rows: Sequence[Row]) -> None:
    """Insert all rows with a statement of `dialect.insert_new` or `dialect.upsert`.

    All rows must have the columns of the first. Nothing happens for no rows.
    """
    if not rows:
        return
    if not connection.dialect.positional:
        connection.execute(statement, rows)
        return
    text, to_tuple = _prepared(statement, connection.dialect, tuple(rows[0]))
    connection.exec_driver_sql(text, [to_tuple(row) for row in rows])


@cache
def _prepared(statement: Upsert, dialect: Dialect, columns: tuple[str, ...]) -> tuple[str, ToTuple]:
    compiled = statement.compile(dialect=dialect, column_keys=columns)
    if compiled.positiontup is None:
        raise TypeError("only a positional statement can be prepared")
    constants = compiled.params
    parts = [
        (name, _conversion(statement, name, dialect) if name in columns else None, constants[name])
        for name in compiled.positiontup
    ]

    def to_tuple(row: Row) -> tuple[Any, ...]:
        return tuple(
            [
                row.get(name, constant) if convert is None else convert(row[name])
                for name, convert, constant in parts
            ]
        )

    return compiled.string, to_tuple


def _conversion(statement: Upsert, column: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return statement.table.c[column].type.dialect_impl(dialect).bind_processor(dialect)
