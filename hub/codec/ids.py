"""The committed list of schema ids: append-only, so that no record ever loses its writer's schema.

`schemas/ids.json` holds one line per id: the record type, the schema's full name, the fingerprint
and the canonical form itself. Ids begin at 1 and are never given twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hub.codec.files import RecordSchema, fingerprint_of, read_schemas
from hub.errors import ConfigError


class SchemaId(msgspec.Struct, frozen=True, kw_only=True):
    """One id: which version of which record type it stands for, with the writer's schema."""

    id: int
    record: str
    name: str
    fingerprint: str
    schema: dict[str, Any]


def read_ids(root: Path) -> tuple[SchemaId, ...]:
    """Return all ids in the order in which they were given.

    Raises `ConfigError` when the file is not legible or an entry was tampered with.
    """
    path = root / "ids.json"
    try:
        ids = msgspec.json.decode(path.read_bytes(), type=tuple[SchemaId, ...])
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(
            ("schemas/ids.json can't be read: restore it from the last commit.",)
        ) from error
    if problems := broken_entries(ids):
        raise ConfigError(problems)
    return ids


def broken_entries(ids: Sequence[SchemaId]) -> tuple[str, ...]:
    """Return what is wrong in a list of ids: numbers out of order, or schemas that were changed."""
    problems = [
        f"schemas/ids.json: entry {at} has id {entry.id}; restore the file from the last commit"
        for at, entry in enumerate(ids, 1)
        if entry.id != at
    ]
    problems += [
        f"schemas/ids.json: the schema of id {entry.id} was changed; restore it and add a new id"
        for entry in ids
        if fingerprint_of(entry.schema) != entry.fingerprint
    ]
    return tuple(problems)


def newest_ids(ids: Sequence[SchemaId], current: Mapping[str, RecordSchema]) -> dict[str, int]:
    """Return the id of each record type's present schema; types without one are left out."""
    known = {(entry.record, entry.fingerprint): entry.id for entry in ids}
    return {
        record: known[record, schema.fingerprint]
        for record, schema in current.items()
        if (record, schema.fingerprint) in known
    }


def assign_ids(root: Path) -> tuple[SchemaId, ...]:
    """Append an id for every schema that has none, write the file and return what was added."""
    ids = read_ids(root) if (root / "ids.json").exists() else ()
    current = read_schemas(root)
    having = newest_ids(ids, current)
    added = tuple(
        SchemaId(
            id=number,
            record=schema.record,
            name=schema.name,
            fingerprint=schema.fingerprint,
            schema=schema.canonical,
        )
        for number, schema in enumerate(
            (schema for record, schema in sorted(current.items()) if record not in having),
            len(ids) + 1,
        )
    )
    if added:
        lines = (
            json.dumps(msgspec.to_builtins(entry), separators=(",", ":")) for entry in ids + added
        )
        (root / "ids.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return added
