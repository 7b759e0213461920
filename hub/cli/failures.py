"""How an error is told: one line on what happened, one on what to do; never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

from hub.cli import exits
from hub.errors import ConfigError, Fenced, Halted, HubError, Permanent, Poison, Retriable


def code_of(error: HubError) -> int:
    """Return the exit code of an error."""
    return exits.HALTED if isinstance(error, Halted) else exits.ERROR


def lines_of(error: HubError) -> list[str]:
    """Return what an operator reads."""
    match error:
        case ConfigError():
            found = [f"error: {problem}" for problem in error.problems]
        case Halted():
            text = str(error).removesuffix(f" Remedy: {error.remedy}")
            found = [f"halted: {text}", f"remedy: {error.remedy}"]
        case Poison():
            found = [line for fault in _faults(error) for line in _refusal(fault)]
        case Retriable():
            found = [f"not now: {error}", "remedy: try again; `hub doctor` says what is missing"]
        case Fenced():
            found = [f"error: {error}", "remedy: end the other hub on this data, or this one"]
        case Permanent():
            found = [f"error: {error} ({error.code})"]
        case _:
            found = [f"error: {error}"]
    return found


def _faults(error: Poison) -> list[tuple[str, str, str]]:
    """Return reason, field and remedy of every fault: what an operator mends is mended at once."""
    # Loaded here: most errors are not about what somebody handed in.
    from hub.intake import IntakeError

    if isinstance(error, IntakeError):
        return [(p.code, p.field_path, p.remedy) for p in error.problems]
    return [(error.reason, error.field_path, error.remedy)]


def _refusal(fault: tuple[str, str, str]) -> list[str]:
    reason, field, remedy = fault
    where = f" at {field}" if field else ""
    return [f"refused: {reason}{where}", f"remedy: {remedy}"]


def place_of(error: BaseException) -> str:
    """Return file and line where an error was raised."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return "an unknown place"
    return f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}"


def tell_unforeseen(error: Exception) -> None:
    """Write that the hub itself is at fault: class and place; the text could quote data."""
    sys.stderr.write(
        f"fault of the hub: {type(error).__name__} at {place_of(error)}\n"
        "remedy: report this line to the hub's maintainers\n"
    )


def tell(error: HubError) -> None:
    """Write an error to standard error."""
    sys.stderr.write("\n".join(lines_of(error)) + "\n")
