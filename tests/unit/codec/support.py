"""Copies of the schema directory to change, and events to encode."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from hub.codec import AvroEventCodec, SchemaSet, assign_ids, schema_root
from hub.codec.ids import read_ids
from hub.domain.events import Meta, MovementRecorded, PersonNumber
from hub.domain.ids import DataKeyId, Namespace, PersonKey, SourceId, TenantId
from hub.domain.movements import MovementKind

PERSON = PersonKey("a1" * 32)
NUMBER = PersonNumber(namespace=Namespace("NOMS"), number="X0001XX")
AT = datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)
MOVEMENT = MovementRecorded(kind=MovementKind.ADMISSION, person=NUMBER, location="XXI")
NEXT_ID = len(read_ids(schema_root())) + 1
"""The id that the next new schema gets: the list only ever grows."""


def meta(record: str = "movements.recorded") -> Meta:
    """Return an envelope of an invented person."""
    return Meta(
        event_id=UUID("00000000-0000-5000-8000-000000000001"),
        type=record,
        tenant=TenantId("default"),
        source=SourceId("test"),
        namespace=Namespace("NOMS"),
        occurred_at=AT,
        recorded_at=AT,
        person=PERSON,
        data_key=DataKeyId("k1"),
    )


def codec() -> AvroEventCodec:
    """Return a codec over the committed schemas."""
    return AvroEventCodec(SchemaSet.load())


def copied(folder: Path) -> Path:
    """Return a copy of the schema directory below `folder`."""
    return Path(shutil.copytree(schema_root(), folder / "schemas"))


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change one schema file in place; `name` is its path below `avro`, without suffix."""
    path = root / "avro" / f"{name}.avsc"
    schema = json.loads(path.read_text(encoding="utf-8"))
    change(schema)
    path.write_text(json.dumps(schema), encoding="utf-8")


def evolved(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> Path:
    """Return a copy in which one schema was changed and given a new id."""
    root = copied(folder)
    edit(root, name, change)
    assign_ids(root)
    return root
