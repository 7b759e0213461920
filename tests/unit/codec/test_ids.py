"""Schema ids: append-only, checked, and none for a wording."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.codec import SchemaSet, assign_ids
from hub.codec.ids import read_ids
from hub.errors import ConfigError
from tests.unit.codec.support import NEXT_ID, copied, edit, evolved


def add_field(schema: dict[str, list[object]]) -> None:
    schema["fields"].append({"name": "extra", "type": ["null", "string"], "default": None})


def test_a_changed_schema_gets_the_next_id_and_the_old_ids_stay(tmp_path: Path) -> None:
    root = copied(tmp_path)
    before = read_ids(root)
    edit(root, "timers/due", add_field)
    added = assign_ids(root)
    assert [(entry.id, entry.record) for entry in added] == [(len(before) + 1, "timers.due")]
    assert read_ids(root) == before + added
    assert assign_ids(root) == ()


def test_a_directory_without_ids_gets_its_first_ones(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "ids.json").unlink()
    assert [entry.id for entry in assign_ids(root)] == list(range(1, 27))


def test_the_hub_does_not_start_with_a_changed_schema_that_has_no_id(tmp_path: Path) -> None:
    root = copied(tmp_path)
    edit(root, "timers/due", add_field)
    with pytest.raises(ConfigError, match=r"timers\.due changed without a new id"):
        SchemaSet.load(root)


def test_an_id_whose_schema_was_edited_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    entries = json.loads((root / "ids.json").read_text(encoding="utf-8"))
    entries[3]["schema"]["fields"][0]["name"] = "renamed"
    (root / "ids.json").write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(ConfigError, match="the schema of id 4 was changed"):
        read_ids(root)


def test_ids_out_of_order_are_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    entries = json.loads((root / "ids.json").read_text(encoding="utf-8"))
    del entries[3]
    (root / "ids.json").write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(ConfigError, match="entry 4 has id 5"):
        read_ids(root)


def test_a_list_that_is_not_legible_is_refused(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "ids.json").write_text("[", encoding="utf-8")
    with pytest.raises(ConfigError, match="restore it from the last commit"):
        read_ids(root)


def test_the_present_schema_is_written_with_its_newest_id(tmp_path: Path) -> None:
    root = evolved(tmp_path, "timers/due", add_field)
    assert SchemaSet.load(root).id_of("timers.due") == NEXT_ID
