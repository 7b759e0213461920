"""The schema directory: complete schemas, fingerprints without wording, errors naming files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.codec import read_schemas, schema_root
from hub.codec.files import full_name
from hub.errors import ConfigError
from tests.unit.codec.support import copied, edit


def test_each_schema_is_complete_and_defines_a_shared_type_once() -> None:
    schema = read_schemas(schema_root())["identity.merged"].schema
    by_name = {field["name"]: field["type"] for field in schema["fields"]}
    assert full_name(by_name["survivor"]) == "hub.identity.PersonNumber"
    assert by_name["removed_number"] == "hub.identity.PersonNumber"


def test_new_wording_keeps_the_fingerprint_and_a_new_default_does_not(tmp_path: Path) -> None:
    root = copied(tmp_path)
    before = read_schemas(root)["movements.recorded"].fingerprint
    edit(root, "movements/recorded", lambda schema: schema.update(doc="Other words."))
    reworded = read_schemas(root)["movements.recorded"].fingerprint
    edit(root, "movements/recorded", lambda schema: schema["fields"][4].update(default=7))
    assert reworded == before
    assert read_schemas(root)["movements.recorded"].fingerprint != before


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "avro/timers/due.avsc").write_text("{", encoding="utf-8")
    (root / "avro/tasks/resolved.avsc").write_text("[]", encoding="utf-8")
    edit(root, "lookups/failed", lambda schema: schema["fields"][1].update(default=7))
    edit(root, "movements/recorded", lambda schema: schema["fields"][0].update(type="hub.no.Such"))
    with pytest.raises(ConfigError) as caught:
        read_schemas(root)
    text = str(caught.value)
    assert "due.avsc" in text
    assert "resolved.avsc" in text
    assert "failed.avsc: Default value <7> must match" in text
    assert "recorded.avsc: no file holds the type hub.no.Such" in text


def test_without_any_schema_directory_the_hub_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.codec.files.__file__", str(tmp_path / "hub/codec/files.py"))
    with pytest.raises(ConfigError, match="install the package again"):
        schema_root()


def test_an_installed_wheel_brings_its_own_schemas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hub/_schemas/avro").mkdir(parents=True)
    monkeypatch.setattr("hub.codec.files.__file__", str(tmp_path / "hub/codec/files.py"))
    assert schema_root() == tmp_path / "hub/_schemas"
