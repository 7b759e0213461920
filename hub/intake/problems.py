"""What is wrong with something handed in: every fault at once, by code and path, never by value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from hub.errors import Poison
from hub.intake.fields import FORMATS, Latest

M = TypeVar("M", bound=BaseModel)

_CODES: Final = {
    "missing": ("missing-field", "give this field"),
    "extra_forbidden": ("unknown-field", ""),
    "string_too_long": ("value-too-long", ""),
    "too_long": ("value-too-long", ""),
    "string_too_short": ("value-empty", "give at least one"),
    "too_short": ("value-empty", "give at least one"),
    "enum": ("unknown-value", ""),
    "literal_error": ("unknown-value", ""),
    "string_pattern_mismatch": ("bad-format", ""),
    "greater_than_equal": ("out-of-range", ""),
    "less_than_equal": ("out-of-range", ""),
    "uuid_parsing": ("bad-format", "give a UUID"),
    "uuid_type": ("bad-format", "give a UUID"),
}


class Problem(NamedTuple):
    """One fault: its code, the dotted path of the field, and what to do."""

    code: str
    field_path: str
    remedy: str


class IntakeError(Poison):
    """Something handed in has faults. `problems` holds all; the first is `reason` and path."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(*problems[0])
        self.problems = tuple(problems)


def validated(
    model: type[M], data: object, path: str, *, event_at: datetime | None = None
) -> M | list[Problem]:
    """Return `data` as a form, or every fault in it with paths below `path`.

    `event_at` is when the event happened: nothing in it can have been said later.
    """
    try:
        return model.model_validate(data, context=Latest(event_at))
    except ValidationError as error:
        # Without input: what was given may be personal.
        found = error.errors(include_url=False, include_input=False)
        # A list with a bad item is called too short as well: that is no fault of its own.
        inner = {each["loc"][:-1] for each in found}
        kept = (each for each in found if each["type"] != "too_short" or each["loc"] not in inner)
        return [_problem(each, path) for each in kept]


def _problem(error: ErrorDetails, path: str) -> Problem:
    """Return a fault in the hub's words."""
    kind, where = error["type"], error["loc"]
    details = error.get("ctx") or {}
    if kind == "extra_forbidden":
        # The name of an unknown field is the sender's text: it may be personal.
        return Problem("unknown-field", _dotted(path, where[:-1]), "remove what the form lacks")
    code, remedy = _CODES.get(kind, (kind.replace("_", "-"), error["msg"]))
    if code == "value-too-long":
        remedy = f"give {details.get('max_length')} at most"
    elif kind in {"enum", "literal_error"}:
        remedy = f"give one of {details.get('expected')}"
    elif kind == "string_pattern_mismatch":
        remedy = FORMATS[details["pattern"]]
    elif kind == "greater_than_equal":
        remedy = f"give {details['ge']} or more"
    elif kind == "less_than_equal":
        remedy = f"give {details['le']} or less"
    elif kind.endswith("_type") and kind not in _CODES:
        code, remedy = "wrong-type", error["msg"]
    return Problem(code, _dotted(path, where), remedy)


def _dotted(path: str, where: Sequence[str | int]) -> str:
    """Return a path such as `data.record.purposes[0]`."""
    text = path
    for part in where:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
