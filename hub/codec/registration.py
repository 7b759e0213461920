"""Registers all schemas: first asks whether every one is compatible, then registers every one."""

from __future__ import annotations

from collections.abc import Mapping

from hub.codec.files import RecordSchema
from hub.codec.registry import SchemaRegistry
from hub.codec.subjects import subject_of
from hub.errors import Permanent


class Incompatible(Permanent):
    """Nothing was registered: `subjects` names those that the registry would refuse."""

    def __init__(self, subjects: tuple[str, ...]) -> None:
        super().__init__(
            "The registry holds versions that these schemas would break: " + ", ".join(subjects),
            code="incompatible-schema",
        )
        self.subjects = subjects


def register_all(
    registry: SchemaRegistry, schemas: Mapping[str, RecordSchema], topic_prefix: str = ""
) -> dict[str, int]:
    """Register every schema under FULL_TRANSITIVE and return the registry's ids by record type.

    Doing it again changes nothing. Raises `Incompatible` before anything was registered,
    `Retriable` when the registry can't be reached, `ConfigError` for wrong credentials.
    """
    subjects = {record: subject_of(schema, topic_prefix) for record, schema in schemas.items()}
    for subject in subjects.values():
        registry.require_full_transitive(subject)
    refused = tuple(
        subjects[record]
        for record, schema in sorted(schemas.items())
        if not registry.compatible(subjects[record], schema.schema)
    )
    if refused:
        raise Incompatible(refused)
    return {
        record: registry.register(subjects[record], schema.schema)
        for record, schema in sorted(schemas.items())
    }
