"""Records of other versions: old ones stay legible, newer symbols are never taken for a value."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.codec import AvroEventCodec, SchemaSet, assign_ids, schema_root
from hub.codec.upcasters import Upcaster
from hub.domain.consent import Category, ConsentRecord, Purpose
from hub.domain.events import ChildCountRecorded, ConsentGranted
from hub.errors import Poison
from tests.unit.codec.support import AT, MOVEMENT, NEXT_ID, codec, copied, evolved


def add_symbol(schema: dict[str, Any]) -> None:
    schema["symbols"].append("TELEPORT")


def before(root: Path) -> Path:
    """Return `root` with the schemas of this version beside the ids of the later one."""
    shutil.rmtree(root / "avro")
    shutil.copytree(schema_root() / "avro", root / "avro")
    return root


def drop_reason(schema: dict[str, Any]) -> None:
    schema["fields"] = [f for f in schema["fields"] if f["name"] != "reason_code"]


def test_a_record_of_an_older_schema_is_read_with_its_writers_schema(tmp_path: Path) -> None:
    root = evolved(tmp_path, "movements/recorded", drop_reason)
    older = SchemaSet.load(root)
    newer = SchemaSet.load(before(root))
    assert older.id_of("movements.recorded") == NEXT_ID
    data = b"\0" + NEXT_ID.to_bytes(4, "big") + _body_without_reason()
    assert AvroEventCodec(newer).decode_payload("movements.recorded", data) == MOVEMENT


def _body_without_reason() -> bytes:
    body = codec().encode_payload(MOVEMENT)[5:]
    null_reason, no_delay = b"\0", b"\0"
    assert body.endswith(null_reason + no_delay)
    return body[: -len(null_reason + no_delay)] + no_delay


@pytest.mark.promise("P3")
def test_a_symbol_of_a_newer_schema_anywhere_is_poison_with_its_path(tmp_path: Path) -> None:
    """A hub set back to its last version reads consents whose categories it does not know."""
    root = evolved(tmp_path, "consent/types/category", add_symbol)
    record = ConsentRecord(
        record_id="C-1",
        given_at=AT,
        purposes=(Purpose.FAMILY_SUPPORT,),
        categories=(Category.IMPRISONMENT, Category.RELEASE),
        grantors=(),
    )
    written = codec().encode_payload(ConsentGranted(record=record))
    release = 13 << 1
    assert written.count(bytes([release])) == 1
    newer = written.replace(bytes([release]), bytes([release + 2]))
    newer = newer[:1] + NEXT_ID.to_bytes(4, "big") + newer[5:]
    set_back = AvroEventCodec(SchemaSet.load(before(root)))
    with pytest.raises(Poison) as caught:
        set_back.decode_payload("consent.granted", newer)
    assert caught.value.reason == "newer-schema"
    assert caught.value.field_path == "payload.record.categories.1"


def test_a_class_and_a_schema_that_disagree_stop_the_start(tmp_path: Path) -> None:
    root = evolved(tmp_path, "consent/types/category", add_symbol)
    with pytest.raises(TypeError, match=r"hub\.consent\.Category are not those of Category"):
        AvroEventCodec(SchemaSet.load(root))


DRIFTS: dict[str, Any] = {
    "a field too few": drop_reason,
    "another type": lambda schema: schema["fields"][4].update(type="string", default=""),
    "an optional text made plain": lambda schema: schema["fields"][2].update(
        type="string", default=""
    ),
    "a list for a record": lambda schema: schema["fields"][1].update(
        type={"type": "array", "items": "hub.identity.PersonNumber"}
    ),
}


@pytest.mark.parametrize("drift", DRIFTS)
def test_each_kind_of_drift_is_found(drift: str, tmp_path: Path) -> None:
    root = evolved(tmp_path, "movements/recorded", DRIFTS[drift])
    with pytest.raises(TypeError, match="MovementRecorded"):
        AvroEventCodec(SchemaSet.load(root))


def test_a_record_type_without_schema_stops_the_start(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "avro/timers/due.avsc").unlink()
    with pytest.raises(TypeError, match=r"no schema exists for timers\.due"):
        AvroEventCodec(SchemaSet.load(root))


def test_a_retired_record_type_is_read_as_its_successor(tmp_path: Path) -> None:
    """An invented ancestor of `children.counted` that stated boys and girls apart."""
    root = copied(tmp_path)
    retired = {
        "type": "record",
        "name": "hub.children.BoysAndGirlsCounted",
        "fields": [{"name": "boys", "type": "int"}, {"name": "girls", "type": "int"}],
    }
    path = root / "avro/children/boys-and-girls-counted.avsc"
    path.write_text(json.dumps(retired), encoding="utf-8")
    assign_ids(root)
    upcaster = Upcaster(
        "children.counted",
        lambda datum: {"count": datum["boys"] + datum["girls"], "legible": True},
    )
    name = "children.boys-and-girls-counted"
    reader = AvroEventCodec(SchemaSet.load(root), {name: upcaster})
    two_boys_one_girl = b"\0" + NEXT_ID.to_bytes(4, "big") + b"\x04\x02"
    assert reader.decode_payload(name, two_boys_one_girl) == ChildCountRecorded(count=3)
    with pytest.raises(TypeError, match=name):
        AvroEventCodec(SchemaSet.load(), {name: upcaster})
