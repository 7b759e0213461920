"""Releases: before the first nothing is forbidden, afterwards FULL_TRANSITIVE holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub.codec import Problem, assign_ids, check_directory, read_releases, write_release
from hub.errors import ConfigError
from tests.unit.codec.support import copied, edit


def breaking(root: Path) -> list[str]:
    return [f"{p.record}: {p.message}" for p in check_directory(root) if p.breaking]


def changes(root: Path) -> list[Problem]:
    return [problem for problem in check_directory(root) if not problem.breaking]


@pytest.fixture
def released(tmp_path: Path) -> Path:
    root = copied(tmp_path)
    write_release(root)
    return root


def change(root: Path, name: str, how: Any) -> None:  # noqa: ANN401 - any change
    edit(root, name, how)
    assign_ids(root)


def test_before_the_first_release_the_check_only_reports(tmp_path: Path) -> None:
    root = copied(tmp_path)
    change(root, "timers/due", lambda schema: schema["fields"].pop())
    found = check_directory(root)
    assert len(found) == 26
    assert {(problem.message, problem.breaking) for problem in found} == {
        ("not released yet", False)
    }


def test_what_was_just_released_has_no_problem(released: Path) -> None:
    assert check_directory(released) == []
    assert [release.number for release in read_releases(released)] == [1]


def test_an_optional_field_is_reported_and_allowed(released: Path) -> None:
    extra = {"name": "extra", "type": ["null", "string"], "default": None}
    change(released, "timers/due", lambda schema: schema["fields"].append(extra))
    assert check_directory(released) == [
        Problem("timers.due", "changed since the last release", breaking=False)
    ]


def test_a_new_symbol_is_allowed_in_both_directions(released: Path) -> None:
    change(released, "movements/types/movement-kind", lambda s: s["symbols"].append("NEW"))
    assert breaking(released) == []
    assert [problem.record for problem in changes(released)] == ["movements.recorded"]


def test_a_mandatory_field_breaks_reading_old_records(released: Path) -> None:
    extra = {"name": "extra", "type": "string"}
    change(released, "timers/due", lambda schema: schema["fields"].append(extra))
    assert breaking(released) == [
        "timers.due: can't read release 1: extra: not in the other version, and without default"
    ]


def test_a_dropped_mandatory_field_breaks_older_hubs(released: Path) -> None:
    change(released, "timers/due", lambda schema: schema["fields"].pop())
    (text,) = breaking(released)
    assert text.startswith("timers.due: unreadable for release 1: generation: not in the other")


def test_compatibility_holds_with_every_release_not_only_the_last(released: Path) -> None:
    with_extra = {"name": "extra", "type": ["null", "string"], "default": None}
    change(released, "timers/due", lambda schema: schema["fields"].append(with_extra))
    write_release(released)
    change(released, "timers/due", lambda schema: schema["fields"].pop())
    assert breaking(released) == []
    number = {"name": "extra", "type": ["null", "int"], "default": None}
    change(released, "timers/due", lambda schema: schema["fields"].append(number))
    assert any("unreadable for release 2: extra" in text for text in breaking(released))


def test_a_released_record_type_never_goes(released: Path) -> None:
    (released / "avro/timers/due.avsc").unlink()
    assert len(breaking(released)) == 1
    assert "keep the schema and add an upcaster" in breaking(released)[0]


def test_a_released_id_never_changes(released: Path) -> None:
    (released / "ids.json").unlink()
    (released / "avro/cases/aaa.avsc").write_text(
        json.dumps({"type": "record", "name": "hub.cases.Aaa", "fields": []}), encoding="utf-8"
    )
    assign_ids(released)
    assert "of release 1 was changed" in "".join(breaking(released))


def test_an_edited_release_is_found(released: Path) -> None:
    path = released / "released/0001.json"
    text = path.read_text(encoding="utf-8").replace('"generation"', '"edition"', 1)
    path.write_text(text, encoding="utf-8")
    assert any("release 1 was edited" in text for text in breaking(released))


def test_a_release_that_is_not_legible_is_named(released: Path) -> None:
    (released / "released/0001.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"0001\.json"):
        check_directory(released)


def test_a_schema_without_id_is_a_problem_and_stops_the_release(released: Path) -> None:
    edit(released, "timers/due", lambda schema: schema["fields"].pop())
    assert "timers.due: changed without a new id: run `hub schemas assign`" in breaking(released)
    with pytest.raises(ConfigError, match="without a new id"):
        write_release(released)
    assert len(read_releases(released)) == 1
