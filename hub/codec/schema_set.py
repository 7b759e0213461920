"""All schemas the hub knows: the present one of each record type, and every one ever written with.

Ids come from the committed list, or from a schema registry; a log is written with one or the other,
because the same number means different schemas in each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import fastavro

from hub.codec.files import (
    RecordSchema,
    canonical_form,
    fingerprint_of,
    full_name,
    plain_form,
    read_schemas,
    schema_root,
)
from hub.codec.ids import SchemaId, newest_ids, read_ids
from hub.codec.subjects import subject_of
from hub.errors import ConfigError, Poison


class Registry(Protocol):
    """What a schema set asks of a registry."""

    def lookup(self, subject: str, schema: Mapping[str, Any]) -> int | None:
        """Return the id of exactly this schema under `subject`, or None."""
        ...

    def schema(self, schema_id: int) -> dict[str, Any] | None:
        """Return the schema with this id, or None."""
        ...


class Writer(NamedTuple):
    """What a record with some id was written with: its record type, and the parsed schema."""

    record: str
    parsed: Any


class SchemaSet:
    """The schemas of one installation. Parsed once; safe to share between threads."""

    def __init__(self, current: Mapping[str, RecordSchema], known: tuple[SchemaId, ...]) -> None:
        """Take the schemas as read from the directory. Raises `ConfigError` if one has no id."""
        self.current = current
        self._by_print = {(entry.name, entry.fingerprint): entry for entry in known}
        self._parsed = {entry.fingerprint: parse(entry.schema) for entry in known}
        self._writers = {entry.id: self._writer(entry) for entry in known}
        self._ids = newest_ids(known, current)
        self._registry: Registry | None = None
        missing = sorted(set(current) - set(self._ids))
        if missing:
            raise ConfigError(
                tuple(
                    f"the schema of {record} changed without a new id: run `hub schemas assign`"
                    for record in missing
                )
            )

    @classmethod
    def load(cls, root: Path | None = None) -> SchemaSet:
        """Return the schemas in `root`, or those that came with the hub. Raises `ConfigError`."""
        root = root or schema_root()
        return cls(read_schemas(root), read_ids(root))

    def with_registry(self, registry: Registry, topic_prefix: str = "") -> SchemaSet:
        """Return the same schemas under the registry's ids.

        Raises `ConfigError` naming every schema that the registry does not hold: the hub never
        registers one by itself. Raises `Retriable` when the registry can't be reached.
        """
        other = SchemaSet(self.current, tuple(self._by_print.values()))
        found = {
            record: registry.lookup(subject_of(schema, topic_prefix), schema.schema)
            for record, schema in self.current.items()
        }
        missing = sorted(record for record, number in found.items() if number is None)
        if missing:
            raise ConfigError(
                tuple(
                    f"the schema of {record} is not registered: run `hub schemas register`"
                    for record in missing
                )
            )
        other._ids = {record: number for record, number in found.items() if number is not None}
        other._writers = {
            number: Writer(record, self._parsed[self.current[record].fingerprint])
            for record, number in other._ids.items()
        }
        other._registry = registry
        return other

    def id_of(self, record: str) -> int:
        """Return the id with which records of this type are written."""
        return self._ids[record]

    def parsed(self, record: str) -> Any:  # noqa: ANN401 - fastavro's parsed schema
        """Return the present schema of a record type, parsed."""
        return self._parsed[self.current[record].fingerprint]

    def writer(self, schema_id: int) -> Writer:
        """Return what a record with this id was written with.

        Raises `Poison`: `newer-schema` if the registry knows the id as a version that this hub does
        not, `unknown-schema-id` if nobody does. Raises `Retriable` when the registry is needed and
        can't be reached.
        """
        return self._writers.get(schema_id) or self._asked(schema_id)

    def _asked(self, schema_id: int) -> Writer:
        schema = self._registry.schema(schema_id) if self._registry else None
        if schema is None:
            raise Poison("unknown-schema-id", remedy="find out who writes with this schema id")
        canonical = canonical_form(schema)
        name = full_name(schema)
        entry = self._by_print.get((name, fingerprint_of(canonical)))
        if entry is None and name in self._names:
            raise Poison("newer-schema", remedy="bring the hub up to date, then replay the record")
        if entry is None:
            raise Poison("unknown-schema-id", remedy="the id belongs to a schema of somebody else")
        self._writers[schema_id] = self._writer(entry)
        return self._writers[schema_id]

    def _writer(self, entry: SchemaId) -> Writer:
        return Writer(entry.record, self._parsed[entry.fingerprint])

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(schema.name for schema in self.current.values())


def parse(schema: dict[str, Any]) -> Any:  # noqa: ANN401 - fastavro's parsed schema
    """Return a schema parsed for reading and writing, without logical types."""
    return fastavro.parse_schema(plain_form(schema))
