"""Avro schemas and the wire format of records.

`SchemaSet.load()` reads the schemas, `AvroEventCodec` turns events into bytes and back,
`check_directory`, `assign_ids` and `write_release` keep the schemas honest over time, and
`SchemaRegistry` with `register_all` speaks to a registry.
"""

from __future__ import annotations

from hub.codec.events import AvroEventCodec
from hub.codec.files import read_schemas, schema_root
from hub.codec.ids import assign_ids
from hub.codec.registration import Incompatible, register_all
from hub.codec.registry import RegistryTls, SchemaRegistry
from hub.codec.release import Problem, check_directory, check_release, read_releases, write_release
from hub.codec.schema_set import SchemaSet

__all__ = [
    "AvroEventCodec",
    "Incompatible",
    "Problem",
    "RegistryTls",
    "SchemaRegistry",
    "SchemaSet",
    "assign_ids",
    "check_directory",
    "check_release",
    "read_releases",
    "read_schemas",
    "register_all",
    "schema_root",
    "write_release",
]
