"""The Confluent wire format: a zero byte, the schema id in four bytes, the Avro body, no more."""

from __future__ import annotations

import io
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException

from hub.codec.diagnosis import diagnose
from hub.codec.schema_set import SchemaSet
from hub.errors import Poison

HEADER = 5
"""Bytes before the body."""
_MAGIC = 0
_UNREADABLE = (
    EOFError,
    LookupError,
    MemoryError,
    OverflowError,
    SchemaParseException,
    TypeError,
    ValueError,
    fastavro.read.SchemaResolutionError,
)
"""What fastavro raises on bytes that are no record of the schema; its texts may hold values."""


class RecordFormat:
    """Writes and reads the records of one type."""

    def __init__(self, schemas: SchemaSet, record: str) -> None:
        """Take the present schema of `record`; older ones are found by the id in the bytes."""
        self._schemas = schemas
        self._record = record
        self._present = schemas.parsed(record)
        self._prefix = bytes([_MAGIC]) + schemas.id_of(record).to_bytes(4, "big")

    def write(self, datum: dict[str, Any]) -> bytes:
        """Return a datum, already checked by the converters, in wire format."""
        out = io.BytesIO(self._prefix)
        out.seek(HEADER)
        fastavro.schemaless_writer(out, self._present, datum)
        return out.getvalue()

    def read(self, data: bytes) -> dict[str, Any]:
        """Return the datum, resolved to the present schema.

        Raises `Poison`: `not-wire-format`, `unknown-schema-id`, `newer-schema`, `wrong-schema`,
        `truncated`, `trailing-bytes`, `not-utf8` or `wrong-type`, with the path of the field.
        """
        if not data or data[0] != _MAGIC:
            raise Poison("not-wire-format", remedy="a record begins with a zero byte and an id")
        if len(data) < HEADER:
            raise Poison("truncated", remedy="not even the schema id is whole")
        writer = self._schemas.writer(int.from_bytes(data[1:HEADER], "big"))
        if writer.record != self._record:
            raise Poison("wrong-schema", remedy="the schema id belongs to another record type")
        source = io.BytesIO(data)
        source.seek(HEADER)
        reader = None if writer.parsed is self._present else self._present
        try:
            datum = fastavro.schemaless_reader(source, writer.parsed, reader)
        except _UNREADABLE:
            raise diagnose(writer.parsed, data[HEADER:]) from None
        if source.tell() != len(data):
            raise Poison("trailing-bytes", remedy="bytes follow after the end of the record")
        return datum  # type: ignore[return-value] # the schema is a record, so a dict is read
