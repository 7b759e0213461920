"""Policy and directory files are read, and every fault in them is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.config.rules_files import directory_problems, read_directory, read_policy
from hub.domain.consent import Category, Purpose
from hub.errors import ConfigError

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"


def written(folder: Path, name: str, old: str, new: str) -> Path:
    """Copy an example with one change."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert old in text
    file = folder / name
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_the_example_policy_permits_both_purposes_and_rules_every_category() -> None:
    policy = read_policy(EXAMPLES / "policy.example.toml")

    assert set(policy.purposes) == {Purpose.FAMILY_SUPPORT, Purpose.RELEASE_NOTICE}
    assert set(policy.categories) == set(Category) - {Category.UNKNOWN}
    assert all(rule.consent_norm and rule.transmission_norm for rule in policy.purposes.values())


def test_the_example_directory_names_only_ways_out_it_can_use() -> None:
    directory = read_directory(EXAMPLES / "directory.example.toml")

    assert directory_problems(directory, frozenset({"webhook"})) == []
    assert [p.path for p in directory_problems(directory, frozenset({"post"}))] == [
        f"recipients.{name}.connector" for name in directory.recipients
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("settle_minutes = 45", "settle_minuts = 45", "Did you mean 'settle_minutes'?"),
        ("settle_minutes = 45", 'settle_minutes = "45"', "settle_minutes: expected `int`"),
        ("settle_minutes = 45", "settle_minutes = -1", "settle_minutes: a negative number"),
        ("purposes.release-notice", "purposes.release-note", "Did you mean 'release-notice'?"),
        ("purposes.release-notice", "purposes.unknown", "'unknown' is not known"),
        ('about = ["parent"]', 'about = ["parents"]', "categories.imprisonment.about[0]"),
        ('about = ["parent"]', "about = []", "categories.imprisonment.about: nobody is named"),
        ("[categories.release]", "[categories.carer2]", "categories.carer2"),
        ('required = ["imprisonment", ', "required = [", "purposes.family-support.required"),
        ('version = "example-1"', "", "version"),
        ('version = "example-1"', 'version = "', "not valid TOML"),
    ],
)
def test_a_fault_in_a_policy_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = written(tmp_path, "policy.example.toml", old, new)

    with pytest.raises(ConfigError) as raised:
        read_policy(file)

    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('areas = ["99001"]', 'areas = ["9900"]', "recipients.jugendamt-musterstadt.areas"),
        ('kind = "youth-office"', 'kind = "youth-offise"', "Did you mean 'youth-office'?"),
        ("valid_from = 2026-01-01", "valid_form = 2026-01-01", "Did you mean 'valid_from'?"),
        (
            "valid_from = 2026-01-01",
            "valid_from = 2026-01-01\nvalid_to = 2025-01-01",
            "recipients.jugendamt-beispielkreis.valid_to: lies before",
        ),
        (
            'name = "Jugendamt Musterstadt"',
            'name = "Jugendamt Musterstadt"\nrecipient = "another"',
            "recipients.jugendamt-musterstadt.recipient",
        ),
    ],
)
def test_a_fault_in_a_directory_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    file = written(tmp_path, "directory.example.toml", old, new)

    with pytest.raises(ConfigError) as raised:
        read_directory(file)

    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_policy(tmp_path / "none.toml")
