"""Database errors, named by how to recover from them (rule 4 of the spine)."""

from __future__ import annotations

from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from hub.errors import HubError, Permanent, Retriable

# Values the driver itself can't carry: a number beyond 64 bits, half a surrogate pair.
_REFUSED_BY_DRIVER = (OverflowError, UnicodeEncodeError)


def recoverable(context: ExceptionContext) -> HubError | None:
    """Return the error to raise instead of the database's own, or None to leave it as it is.

    `Permanent(code="data")` when the row was refused (SQLSTATE class 22 or 23), `Retriable` for
    connections, locks, serialisation and disks. A faulty statement stays what it is: a defect.
    Messages hold the kind of fault only, never a value: the database quotes rows in its own.
    """
    wrapped = context.sqlalchemy_exception
    if isinstance(context.original_exception, _REFUSED_BY_DRIVER) or isinstance(
        wrapped, exc.DataError | exc.IntegrityError
    ):
        return Permanent(
            f"the store refused a row ({_kind(context.original_exception)})", code="data"
        )
    if isinstance(wrapped, exc.ProgrammingError | exc.NotSupportedError):
        return None
    if isinstance(wrapped, exc.DBAPIError):
        return Retriable(
            f"the store did not answer ({_kind(context.original_exception)}); the same call may "
            "succeed later",
            possibly_sent=False,
        )
    return None


def _kind(error: BaseException) -> str:
    """Return the machine-readable kind: an SQLSTATE, SQLite's error name, or the class."""
    for attribute in ("sqlstate", "sqlite_errorname"):
        found = getattr(error, attribute, None)
        if isinstance(found, str):
            return found
    return type(error).__name__
