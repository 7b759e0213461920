"""Log lines as JSON objects on standard error; nothing but fields that were passed by name."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

Level = Literal["debug", "info", "warning", "error"]

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def configure(level: Level) -> None:
    """Send everything, also what libraries log, to standard error as JSON, one object a line.

    A traceback is reduced to the class and place of each error: the text of an exception that is
    not ours, and the values in its frames, may be personal (P6).
    """
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _reduce_errors,
            structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=_Stderr,
        cache_logger_on_first_use=True,
    )
    handler = _ToStructlog()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # A library's lines below warning say how it works inside, and may quote what it handles.
    root.setLevel(logging.WARNING)


class _Stderr:
    """Writes to what standard error is now; one call a line, so that threads never mix theirs."""

    def __init__(self, *_: object) -> None:
        """Take the logger's name, which is not shown."""

    def msg(self, message: str) -> None:
        """Write one line."""
        sys.stderr.write(message + "\n")
        sys.stderr.flush()

    log = debug = info = warning = error = critical = exception = msg


def _reduce_errors(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:  # noqa: ANN401 - structlog's signature
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"], event["place"] = type(error).__name__, place_of(error)
    return event


def place_of(error: BaseException) -> str:
    """Return file and line where an error was raised."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    if frames is None:
        return ""
    path = frames.tb_frame.f_code.co_filename.rpartition("hub/")
    return f"{path[1]}{path[2]}:{frames.tb_lineno}"


class _ToStructlog(logging.Handler):
    """Passes on that a library spoke, without its arguments: they may be anything."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the template of a library's message."""
        log = structlog.get_logger(record.name)
        log.log(
            record.levelno,
            "library",
            logger=record.name,
            template=str(record.msg)[:200] if record.args else "",
            place=f"{record.filename}:{record.lineno}",
            exc_info=record.exc_info[1] if record.exc_info else None,
        )
