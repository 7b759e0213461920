"""Reads the schema directory: one self-contained Avro schema per record type.

A file may name a type that stands in another file (`hub.children.Child`). It is put in place where
it is first used, so that each schema is complete by itself, for a registry as for a reader.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import fastavro
from fastavro.schema import SchemaParseException

from hub.errors import ConfigError

Schema: TypeAlias = dict[str, Any] | list[Any] | str
"""An Avro schema as JSON: a named or complex type, a union, or the name of a type."""

PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = ("record", "enum")
"""The kinds of named types that the schemas use."""
MEANING = (
    *("name", "type", "fields", "symbols", "items", "values", "size"),
    *("default", "logicalType", "aliases"),
)
"""The attributes that decide how bytes are read. Documentation is not among them."""


class RecordSchema(NamedTuple):
    """The schema of one record type, named `<context>.<file>` as on the wire.

    `schema` is what a registry is given, documentation included. `canonical` is the same without
    documentation, and `fingerprint` its SHA-256 in hex: a change of wording needs no new id.
    """

    record: str
    name: str
    schema: dict[str, Any]
    canonical: dict[str, Any]
    fingerprint: str


def schema_root() -> Path:
    """Return the directory `schemas`: inside an installed wheel, or else of the repository.

    Raises `ConfigError` where neither is found.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package / "_schemas", package.parent / "schemas"):
        if (root / "avro").is_dir():
            return root
    raise ConfigError(
        ("The schema directory was not found beside the hub's code: install the package again.",)
    )


def read_schemas(root: Path) -> dict[str, RecordSchema]:
    """Return every record type's schema, by name on the wire.

    Raises `ConfigError` naming each file that is no schema, or names a type that no file holds.
    """
    types: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for path in sorted(root.glob("avro/*/types/*.avsc")):
        schema = _load(path, problems)
        types[full_name(schema)] = schema
    found: dict[str, RecordSchema] = {}
    for path in sorted(root.glob("avro/*/*.avsc")):
        record = f"{path.parent.name}.{path.stem}"
        try:
            found[record] = record_schema(record, _load(path, problems), types)
            fastavro.parse_schema(found[record].canonical)
        except SchemaParseException as error:
            problems.append(f"{path.name}: {error}")
        except KeyError as missing:
            problems.append(f"{path.name}: no file holds the type {missing.args[0]}")
    if problems:
        raise ConfigError(tuple(problems))
    return found


def record_schema(
    record: str, schema: dict[str, Any], types: Mapping[str, dict[str, Any]]
) -> RecordSchema:
    """Return the complete schema of one record type. Raises `KeyError` for a type unknown."""
    whole = _complete(schema, types, set())
    canonical = rebuilt(whole, _canonical_node)
    return RecordSchema(record, full_name(whole), whole, canonical, fingerprint_of(canonical))


def fingerprint_of(canonical: Schema) -> str:
    """Return the SHA-256 (hex) of a schema's canonical form."""
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_form(schema: Schema) -> Schema:
    """Return the schema with nothing but what decides how bytes are read."""
    changed: Schema = rebuilt(schema, _canonical_node)
    return changed


def plain_form(schema: Schema) -> Schema:
    """Return the schema without logical types.

    The converters read those themselves, so that a value out of range gets a reason and a path.
    """
    changed: Schema = rebuilt(
        schema,
        lambda node: {key: value for key, value in node.items() if key != "logicalType"},
    )
    return changed


def full_name(schema: Mapping[str, Any]) -> str:
    """Return the full name of a named type."""
    name: str = schema["name"]
    return name if "." in name or "namespace" not in schema else f"{schema['namespace']}.{name}"


def rebuilt(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:  # noqa: ANN401 - any JSON
    """Return the schema with `change` applied to every type and field, defaults left alone."""
    if isinstance(schema, list):
        return [rebuilt(part, change) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {
        key: value if key in {"default", "doc"} else rebuilt(value, change)
        for key, value in schema.items()
    }
    return change(inner)


def _canonical_node(node: dict[str, Any]) -> dict[str, Any]:
    named = node | {"name": full_name(node)} if node.get("type") in NAMED else node
    return {key: named[key] for key in MEANING if key in named}


def _complete(schema: Any, types: Mapping[str, dict[str, Any]], seen: set[str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(schema, list):
        return [_complete(part, types, seen) for part in schema]
    if isinstance(schema, dict):
        if schema.get("type") in NAMED:
            seen.add(full_name(schema))
        parts = {
            key: _complete(value, types, seen)
            for key, value in schema.items()
            if key in {"type", "items", "values"}
        }
        if "fields" in schema:
            parts["fields"] = [_complete(field, types, seen) for field in schema["fields"]]
        return schema | parts
    if schema in PRIMITIVES or schema in {*NAMED, "array", "map"} or schema in seen:
        return schema
    return _complete(types[schema], types, seen)


def _load(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        problems.append(f"{path.name}: this file is no JSON")
        return {"type": "record", "name": path.stem, "fields": []}
    if not isinstance(schema, dict) or "name" not in schema:
        problems.append(f"{path.name}: a record or enum with a name is needed")
        return {"type": "record", "name": path.stem, "fields": []}
    return schema
