"""Domain values to and from Avro's dictionaries: one pair of converters per class, built once.

The pair is built from the class's type hints *and* the schema together. Where the two disagree,
building fails, so the hub does not start with a schema that has drifted from its class.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sized
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hub.codec import limits
from hub.codec.files import full_name
from hub.domain.ids import ChildKey, PersonKey
from hub.domain.values import Value
from hub.errors import Poison

NEWER = "UNKNOWN"
"""The symbol that every enum resolves to when the writer's symbol is not known here."""
NOT_STATED = "NOT_STATED"
"""The symbol of a domain value `unknown` that really means: nobody said so."""

_SCALARS: dict[object, tuple[str, Converters]]


class Converters(NamedTuple):
    """How a value becomes Avro's and comes back. Both raise `Poison` with the path below it."""

    to_avro: Callable[[Any], Any]
    from_avro: Callable[[Any], Any]


class Drift(TypeError):
    """Class and schema disagree: a mistake in the code, found when the hub starts."""


def converters(schema: Any, hint: Any) -> Converters:  # noqa: ANN401 - any JSON, any annotation
    """Return the converters of one type. Raises `Drift` where schema and annotation disagree."""
    return _Builder().build(schema, hint)


def symbol_of(member: StrEnum) -> str:
    """Return the Avro symbol of an enum's member: its value in capitals, with underscores."""
    return member.value.upper().replace("-", "_")


class _Builder:
    """Walks schema and annotation side by side, remembering the named types it has met."""

    def __init__(self) -> None:
        self._named: dict[str, Any] = {}

    def build(self, schema: Any, hint: Any) -> Converters:  # noqa: ANN401 - any JSON, any annotation
        """Return the converters of `hint` under `schema`."""
        schema = self._named.get(schema, schema) if isinstance(schema, str) else schema
        if get_origin(hint) in {Union, types.UnionType}:
            return self._nullable(schema, hint)
        if get_origin(hint) is tuple:
            return _array(self.build(_part(schema, "array", "items"), get_args(hint)[0]))
        if get_origin(hint) is dict:
            return _map(self.build(_part(schema, "map", "values"), get_args(hint)[1]))
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return _enumeration(self._remember(schema, "enum"), hint)
        if isinstance(hint, type) and issubclass(hint, Value):
            return self._record(self._remember(schema, "record"), hint)
        return _scalar(schema, hint)

    def _remember(self, schema: Any, kind: str) -> Any:  # noqa: ANN401 - any JSON
        if not isinstance(schema, dict) or schema.get("type") != kind:
            raise Drift(f"the schema has no {kind} here")
        self._named[full_name(schema)] = schema
        return schema

    def _nullable(self, schema: Any, hint: Any) -> Converters:  # noqa: ANN401 - any JSON, any annotation
        inner = [part for part in get_args(hint) if part is not type(None)]
        if not isinstance(schema, list) or schema[:1] != ["null"] or len(schema) != len(inner) + 1:
            raise Drift("an optional value needs the union of null and one type")
        to_avro, from_avro = self.build(schema[1], inner[0])
        chosen = self._named.get(schema[1]) if isinstance(schema[1], str) else schema[1]
        # Naming the branch spares the writer from validating the whole record against each.
        branch = full_name(chosen) if chosen and _is_record(chosen) else None
        if branch is None:
            return Converters(
                lambda value: None if value is None else to_avro(value),
                lambda value: None if value is None else from_avro(value),
            )
        return Converters(
            lambda value: None if value is None else (branch, to_avro(value)),
            lambda value: None if value is None else from_avro(value),
        )

    def _record(self, schema: Mapping[str, Any], cls: type[Value]) -> Converters:
        hints = get_type_hints(cls)
        fields = {field["name"]: field["type"] for field in schema["fields"]}
        names = cls.__struct_fields__
        if tuple(fields) != names:
            raise Drift(f"{cls.__name__}: the schema's fields are not those of the class")
        parts = []
        for name in names:
            try:
                parts.append((name, self.build(fields[name], hints[name])))
            except Drift as drift:
                raise Drift(f"{cls.__name__}.{name}: {drift}") from None
        return _record(cls, tuple(parts))


def _record(cls: type[Value], parts: tuple[tuple[str, Converters], ...]) -> Converters:
    writers = tuple((name, pair.to_avro) for name, pair in parts)
    readers = tuple((name, pair.from_avro) for name, pair in parts)

    def to_avro(value: object) -> dict[str, Any]:
        if type(value) is not cls:
            raise Poison("wrong-type", remedy=f"a {cls.__name__} is needed")
        datum: dict[str, Any] = {}
        name = ""
        try:
            for name, write in writers:
                datum[name] = write(getattr(value, name))
        except Poison as fault:
            raise below(name, fault) from None
        return datum

    def from_avro(datum: Mapping[str, Any]) -> Value:
        values: dict[str, Any] = {}
        name = ""
        try:
            for name, read in readers:
                values[name] = read(datum[name])
        except Poison as fault:
            raise below(name, fault) from None
        return cls(**values)

    return Converters(to_avro, from_avro)


def below(name: str | int, fault: Poison) -> Poison:
    """Return the fault as seen from one level further up."""
    path = f"{name}.{fault.field_path}" if fault.field_path else str(name)
    return Poison(fault.reason, path, fault.remedy)


def _array(item: Converters) -> Converters:
    def each(convert: Callable[[Any], Any], values: Any) -> list[Any]:  # noqa: ANN401 - any items
        if not isinstance(values, tuple | list):
            raise Poison("wrong-type", remedy="a list is needed")
        _few(values)
        done: list[Any] = []
        try:
            for value in values:
                done.append(convert(value))  # noqa: PERF401 - its length names the entry at fault
        except Poison as fault:
            raise below(len(done), fault) from None
        return done

    to_avro, from_avro = item
    return Converters(
        lambda values: each(to_avro, values), lambda values: tuple(each(from_avro, values))
    )


def _map(item: Converters) -> Converters:
    def each(convert: Callable[[Any], Any], values: Any) -> dict[str, Any]:  # noqa: ANN401 - any items
        if not isinstance(values, dict):
            raise Poison("wrong-type", remedy="a map is needed")
        _few(values)
        done: dict[str, Any] = {}
        for key, value in values.items():
            limits.identifier(key)
            try:
                done[key] = convert(value)
            except Poison as fault:
                raise below(key, fault) from None
        return done

    to_avro, from_avro = item
    return Converters(lambda values: each(to_avro, values), lambda values: each(from_avro, values))


def _few(values: Sized) -> None:
    if len(values) > limits.MAX_ITEMS:
        raise Poison("value-too-long", remedy=f"at most {limits.MAX_ITEMS} entries are allowed")


def _enumeration(schema: Mapping[str, Any], cls: type[StrEnum]) -> Converters:
    symbols = schema["symbols"]
    members = {symbol_of(member): member for member in cls}
    unknown = members.pop(NEWER, None)
    if unknown is not None and NOT_STATED in symbols:
        members[NOT_STATED] = unknown
    if schema.get("default") != NEWER or {NEWER, *members} != set(symbols):
        raise Drift(f"the symbols of {full_name(schema)} are not those of {cls.__name__}")
    written = {member: symbol for symbol, member in members.items()}

    def to_avro(value: object) -> str:
        if not isinstance(value, cls) or value not in written:
            raise Poison("wrong-type", remedy=f"a stated {cls.__name__} is needed")
        return written[value]

    def from_avro(symbol: str) -> StrEnum:
        if symbol not in members:
            raise Poison("newer-schema", remedy="bring the hub up to date, then replay the record")
        return members[symbol]

    return Converters(to_avro, from_avro)


def _scalar(schema: Any, hint: Any) -> Converters:  # noqa: ANN401 - any JSON, any annotation
    base = hint if hint in _SCALARS else str if _is_text(hint) else None
    if base is None:
        raise Drift("no converter exists for this annotation")
    type_name, pair = _SCALARS[base]
    written = schema
    if isinstance(schema, dict):
        written = schema.get("logicalType", schema.get("type"))
    if written != type_name:
        raise Drift(f"the schema's type should be {type_name}")
    if hint is str:
        return Converters(limits.text, limits.text)
    return pair


def _uuid_text(value: object) -> str:
    if not isinstance(value, UUID):
        raise Poison("wrong-type", remedy="a UUID is needed")
    return str(value)


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise Poison("wrong-type", remedy="a UUID is needed") from None


def _part(schema: Any, kind: str, key: str) -> Any:  # noqa: ANN401 - any JSON
    if not isinstance(schema, dict) or schema.get("type") != kind:
        raise Drift(f"the schema has no {kind} here")
    return schema[key]


def _is_record(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "record"


def _is_text(hint: object) -> bool:
    return isinstance(hint, NewType) and hint.__supertype__ is str


_PSEUDONYM = Converters(limits.pseudonym, limits.pseudonym)
_SCALARS = {
    str: ("string", Converters(limits.identifier, limits.identifier)),
    PersonKey: ("string", _PSEUDONYM),
    ChildKey: ("string", _PSEUDONYM),
    bool: ("boolean", Converters(limits.truth, limits.truth)),
    int: ("int", Converters(limits.whole_number, limits.whole_number)),
    datetime: ("timestamp-micros", Converters(limits.to_micros, limits.from_micros)),
    date: ("date", Converters(limits.to_days, limits.from_days)),
    UUID: ("uuid", Converters(_uuid_text, _uuid)),
}
