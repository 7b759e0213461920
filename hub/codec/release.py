"""Schema releases: frozen once made, and what every later schema must stay compatible with.

A release is one file `schemas/released/NNNN.json`. FULL_TRANSITIVE is asked for: what any release
wrote is read by the present schemas, and what they write is read by any release.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from hub.codec.compatibility import obstacles
from hub.codec.files import RecordSchema, fingerprint_of, read_schemas
from hub.codec.ids import newest_ids, read_ids
from hub.errors import ConfigError


class ReleasedSchema(msgspec.Struct, frozen=True, kw_only=True):
    """One record type as it was released."""

    id: int
    record: str
    fingerprint: str
    schema: dict[str, Any]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """All schemas of one release; `number` counts from 1."""

    number: int
    schemas: tuple[ReleasedSchema, ...]


class Problem(NamedTuple):
    """What a check found. A `breaking` one forbids the change; others only tell."""

    record: str
    message: str
    breaking: bool


def read_releases(root: Path) -> tuple[Release, ...]:
    """Return all releases, oldest first. Raises `ConfigError` for one that is not legible."""
    releases = []
    for path in sorted(root.glob("released/*.json")):
        try:
            releases.append(msgspec.json.decode(path.read_bytes(), type=Release))
        except msgspec.DecodeError as error:
            raise ConfigError(
                (f"schemas/released/{path.name} can't be read: restore it from its commit.",)
            ) from error
    return tuple(releases)


def check_directory(root: Path) -> list[Problem]:
    """Return all that is wrong in a schema directory: ids, and compatibility with each release.

    Raises `ConfigError` when files are not legible.
    """
    current = read_schemas(root)
    ids = read_ids(root)
    having = newest_ids(ids, current)
    found = [
        Problem(record, "changed without a new id: run `hub schemas assign`", breaking=True)
        for record in sorted(set(current) - set(having))
    ]
    prints = {entry.id: entry.fingerprint for entry in ids}
    releases = read_releases(root)
    for release in releases:
        found += [
            Problem(
                old.record, f"id {old.id} of release {release.number} was changed", breaking=True
            )
            for old in release.schemas
            if prints.get(old.id) != old.fingerprint
        ]
    return found + check_release(current, releases)


def check_release(
    current: Mapping[str, RecordSchema], released: Sequence[Release]
) -> list[Problem]:
    """Return how the present schemas differ from every release, and what of it is not allowed.

    Before the first release nothing is breaking: each schema is reported as unreleased.
    """
    found: dict[Problem, None] = {}
    for release in released:
        for old in release.schemas:
            found |= dict.fromkeys(_against(current.get(old.record), old, release.number))
    last = {old.record: old.fingerprint for old in released[-1].schemas} if released else {}
    for record, schema in sorted(current.items()):
        if record not in last:
            found[Problem(record, "not released yet", breaking=False)] = None
        elif last[record] != schema.fingerprint:
            found[Problem(record, "changed since the last release", breaking=False)] = None
    return list(found)


def write_release(root: Path) -> Path:
    """Freeze the present schemas as the next release and return its file.

    Raises `ConfigError` naming every problem that forbids it.
    """
    if breaking := [f"{p.record}: {p.message}" for p in check_directory(root) if p.breaking]:
        raise ConfigError(tuple(breaking))
    current = read_schemas(root)
    having = newest_ids(read_ids(root), current)
    release = Release(
        number=len(read_releases(root)) + 1,
        schemas=tuple(
            ReleasedSchema(
                id=having[record],
                record=record,
                fingerprint=schema.fingerprint,
                schema=schema.canonical,
            )
            for record, schema in sorted(current.items())
        ),
    )
    path = root / "released" / f"{release.number:04}.json"
    with path.open("x", encoding="utf-8") as file:
        file.write(json.dumps(msgspec.to_builtins(release), indent=1) + "\n")
    return path


def _against(present: RecordSchema | None, old: ReleasedSchema, number: int) -> Iterator[Problem]:
    if present is None:
        yield Problem(
            old.record,
            f"released in {number}, and gone: records of it may still be read; keep the schema "
            "and add an upcaster",
            breaking=True,
        )
        return
    if fingerprint_of(old.schema) != old.fingerprint:
        yield Problem(old.record, f"release {number} was edited: restore its file", breaking=True)
    for text in obstacles(present.canonical, old.schema):
        yield Problem(old.record, f"can't read release {number}: {text}", breaking=True)
    for text in obstacles(old.schema, present.canonical):
        yield Problem(old.record, f"unreadable for release {number}: {text}", breaking=True)
