"""Transactions: one that writes, one that only reads, with errors named by how to recover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.errors import Permanent, Retriable
from hub.store.dialect import READ_ONLY

T = TypeVar("T")

MOST_PARAMETERS = 1_000
"""Values per IN list: far below either database's limit of parameters."""


class Database:
    """The one place where transactions begin and end. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a transaction; it commits when left normally, else nothing happened.

        Raises `Retriable` on connection, lock, serialisation or disk errors, `Permanent` with code
        `data` when a row was refused.
        """
        with _named(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a consistent read; it waits for no writer. Raises `Retriable` like `write`."""
        with _named(), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; closing twice is harmless."""
        self.engine.dispose()


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except PoolTimeout:
        raise Retriable(
            "no connection to the store came free; the same call may succeed later",
            possibly_sent=False,
        ) from None
    except (Retriable, Permanent) as error:
        # The cause quotes the row that was refused; it must not reach a log with the traceback.
        raise error from None


def chunks(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """Yield lists of at most `size` values."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def run_many(
    connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Execute one statement for many rows in one call of the driver; nothing for none."""
    if rows:
        connection.execute(statement, rows)
