"""The kinds of field that forms consist of: bounded texts, instants with zone, known words."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hub.domain.ids import Namespace
from hub.ports.codec import FIRST_INSTANT, LAST_INSTANT

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_YEARS: Final = f"only years {FIRST_INSTANT.year} to {LAST_INSTANT.year - 1} are allowed"
_NUMBER_SHAPES: Final = {
    "NOMS": (re.compile(r"[A-Za-z]\d{4}[A-Za-z]{2}", re.ASCII), "A1234BC"),
}
"""Registers whose numbers have a known shape: a slip of the pen there would name another person."""
SLACK: Final = timedelta(minutes=5)
"""How much later than its event a statement may be dated: the clocks of two machines differ."""


class Latest(NamedTuple):
    """When the event happened that a form is part of; None if that is not known."""

    event: datetime | None


class Form(BaseModel):
    """Base of all forms: nothing unknown is accepted, nothing given is repeated in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _clean(value: str) -> str:
    """Refuse NUL, which no database and no recipient takes."""
    if "\x00" in value:
        raise PydanticCustomError("nul_in_text", "remove the NUL character")
    return value


def _instant(value: object) -> datetime:
    """Return an instant as UTC; a time without zone is no instant."""
    instant = None
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(found, datetime) and found.tzinfo is not None:
            instant = found.astimezone(UTC)
    except ValueError:
        instant = None
    except OverflowError:
        raise PydanticCustomError("bad_timestamp", _YEARS) from None
    if instant is None:
        raise PydanticCustomError("bad_timestamp", "give it like 2026-03-02T08:55:00+01:00")
    if not FIRST_INSTANT <= instant < LAST_INSTANT:
        raise PydanticCustomError("bad_timestamp", _YEARS)
    return instant


def _day(value: object) -> date:
    """Return a calendar day."""
    found = value if isinstance(value, date) and not isinstance(value, datetime) else None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            found = date.fromisoformat(value)
    except ValueError:
        found = None
    if found is None:
        raise PydanticCustomError("bad_date", "give it like 2019-05-31")
    if not FIRST_INSTANT.date() <= found < LAST_INSTANT.date():
        raise PydanticCustomError("bad_date", _YEARS)
    return found


def _stated(instant: datetime, info: ValidationInfo) -> datetime:
    """Refuse the date of something said that lies after the event that tells of it."""
    latest = info.context.event if isinstance(info.context, Latest) else None
    if latest is not None and instant > latest + SLACK:
        raise PydanticCustomError("future_statement", "check the date")
    return instant


class Known:
    """Added to an enum: its word `unknown`, a newer schema's inside the hub, can't be given."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[StrEnum], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the check of an enum's words; its remedy offers those that can be given."""
        del handler
        words = {word.value: word for word in source if word.value != "unknown"}
        remedy = f"give one of {', '.join(words)}"

        def known(value: object) -> StrEnum:
            found = words.get(value) if isinstance(value, str) else None
            if found is None:
                raise PydanticCustomError("unknown_value", "{remedy}", {"remedy": remedy})
            return found

        return core_schema.no_info_plain_validator_function(known)


Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=240),
    AfterValidator(_clean),
]
LongText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_clean),
]
_CODE: Final = r"^[a-z0-9][a-z0-9-]{0,59}$"
_IDENTIFIER: Final = r"^[\w./:+ -]{1,120}$"
_REGISTER: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_AREA: Final = r"^\d{2}(\d{3}(\d{3})?)?$"
_LANGUAGE: Final = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
_HASH: Final = r"^[A-Za-z0-9+/=:_-]{16,256}$"
FORMATS: Final = {
    _CODE: "give up to 60 lower-case letters, digits and hyphens, like parenting-advice",
    _IDENTIFIER: "give 1 to 120 letters, digits, spaces and . / : + _ -, like F-2026-17",
    _REGISTER: "give up to 64 letters, digits and . _ -, like NOMS",
    _AREA: "give a municipality key (AGS) of 8 digits, or its first 5 or 2, like 05315000",
    _LANGUAGE: "give a language tag, like de or pt-BR",
    _HASH: "give 16 to 256 characters of a hash, in hex or base64",
}
"""The remedy for each pattern: what is asked for, and an example."""

Code = Annotated[str, StringConstraints(pattern=_CODE)]
Identifier = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_IDENTIFIER)]
Register = Annotated[str, StringConstraints(pattern=_REGISTER)]
Area = Annotated[str, StringConstraints(pattern=_AREA)]
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE)]
Hash = Annotated[str, StringConstraints(pattern=_HASH)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Stated = Annotated[Instant, AfterValidator(_stated)]
"""When something was said or done: an instant not after the event that tells of it."""
Day = Annotated[date, BeforeValidator(_day)]


class PersonRef(Form):
    """The imprisoned parent: the register that issued the number, and the number."""

    namespace: Register
    number: Identifier

    @model_validator(mode="after")
    def _shape(self) -> PersonRef:
        """Refuse a number that its register could not have issued."""
        shape, example = _NUMBER_SHAPES.get(self.namespace, (None, ""))
        if shape is not None and not shape.fullmatch(self.number):
            raise PydanticCustomError("bad_person_number", f"a number looks like {example}")
        return self

    @property
    def register(self) -> Namespace:
        """The namespace as the domain types it."""
        return Namespace(self.namespace)


class ChildRef(Form):
    """A child: the register that issued the contact's own id, and the id."""

    namespace: Register
    contact_id: Identifier


class AboutPerson(Form):
    """What every event's data begin with: whom it is about."""

    person: PersonRef


Flag = Annotated[bool, Field(strict=True)]
"""True or false; no other word and no number."""
