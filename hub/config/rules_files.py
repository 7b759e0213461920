"""Policy and directory as TOML files: read, checked for every fault, returned as domain values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from hub.config.problems import Problem, unknown
from hub.domain.consent import Category
from hub.domain.directory import AREA_WIDTHS, Directory
from hub.domain.policy import Policy
from hub.domain.values import Value
from hub.errors import ConfigError

V = TypeVar("V", Policy, Directory)


def read_policy(file: Path) -> Policy:
    """Return the policy in `file`. Raises `ConfigError` with every fault found."""
    return _read(file, Policy)


def read_directory(file: Path) -> Directory:
    """Return the directory in `file`. Raises `ConfigError` with every fault found."""
    return _read(file, Directory)


def policy_problems(policy: Policy) -> list[Problem]:
    """Return what a policy says that can't be meant, though each value is well-formed."""
    found: list[Problem] = []
    for purpose, rule in policy.purposes.items():
        here = f"purposes.{purpose.value}"
        found += [
            Problem(
                f"{here}.{name}",
                f"category '{category.value}' has no rule, so it could never be carried",
                f"Write [categories.{category.value}] with `about`",
            )
            for name in ("required", "optional")
            for category in getattr(rule, name)
            if category not in policy.categories
        ]
        if Category.IMPRISONMENT not in rule.required:
            what = "'imprisonment' is not required, but every referral discloses it"
            found.append(Problem(f"{here}.required", what, "Add 'imprisonment'"))
    found += [
        Problem(
            f"categories.{category.value}.about", "nobody is named", "Name parent, child or carer"
        )
        for category, category_rule in policy.categories.items()
        if not category_rule.about
    ]
    found += [
        Problem(name, "a negative number makes no sense", "Write 0 or more")
        for name in policy.__struct_fields__
        if isinstance(getattr(policy, name), int) and getattr(policy, name) < 0
    ]
    return found


def directory_problems(
    directory: Directory, connectors: frozenset[str] | None = None
) -> list[Problem]:
    """Return what a directory says that can't be meant; `connectors` are the ways out there are."""
    found: list[Problem] = []
    for key, entry in directory.recipients.items():
        here = f"recipients.{key}"
        if entry.recipient != key:
            what = "differs from the name of its section"
            found.append(Problem(f"{here}.recipient", what, f"Write '{key}' or leave it out"))
        found += [
            Problem(
                f"{here}.areas",
                "an area is a municipality key (AGS) of 8 digits, or its first 5 or 2",
                "Check the digits",
            )
            for area in entry.areas
            if not (area.isascii() and area.isdigit() and len(area) in AREA_WIDTHS)
        ]
        if entry.valid_from and entry.valid_to and entry.valid_to < entry.valid_from:
            found.append(Problem(f"{here}.valid_to", "lies before valid_from", "Swap the dates"))
        if connectors is not None and entry.connector not in connectors:
            found.append(unknown(f"{here}.connector", entry.connector, connectors))
    return found


def _read(file: Path, kind: type[V]) -> V:
    raw = _toml(file)
    if kind is Directory:
        _name_recipients(raw)
    problems = list(_unknown_keys(kind, raw, ""))
    if not problems:
        try:
            value = msgspec.convert(raw, kind)
        except msgspec.ValidationError as error:
            what, _, place = str(error).partition(" - at `$")
            path = place.removesuffix("`").lstrip(".") or "(file)"
            problems = [Problem(path, what[:1].lower() + what[1:], "See the example files")]
        else:
            problems = _meaning(value)
            if not problems:
                return value
    raise ConfigError(tuple(f"{file.name}: {problem}" for problem in problems))


def _meaning(value: Policy | Directory) -> list[Problem]:
    return policy_problems(value) if isinstance(value, Policy) else directory_problems(value)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError((f"{file}: it can't be read ({error.strerror}).",)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError((f"{file}: not valid TOML: {error}.",)) from error


def _name_recipients(raw: dict[str, Any]) -> None:
    """Let the name of `[recipients.x]` be the recipient's id, so that it isn't written twice."""
    recipients = raw.get("recipients")
    if isinstance(recipients, dict):
        for name, entry in recipients.items():
            if isinstance(entry, dict):
                entry.setdefault("recipient", name)


def _unknown_keys(kind: type[Value], raw: Mapping[str, Any], path: str) -> Iterator[Problem]:
    hints = get_type_hints(kind)
    for name, value in raw.items():
        here = f"{path}.{name}" if path else name
        if name not in kind.__struct_fields__:
            yield unknown(here, name, kind.__struct_fields__)
            continue
        yield from _in_value(hints[name], value, here)


def _in_value(hint: Any, value: object, here: str) -> Iterator[Problem]:  # noqa: ANN401 - a type hint
    if get_origin(hint) in (Union, UnionType):
        for arm in get_args(hint):
            yield from _in_value(arm, value, here)
    elif get_origin(hint) is dict and isinstance(value, Mapping):
        key_hint, value_hint = get_args(hint)
        for key, inner in value.items():
            yield from _enum_problem(key_hint, key, f"{here}.{key}")
            yield from _in_value(value_hint, inner, f"{here}.{key}")
    elif get_origin(hint) is tuple and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _in_value(get_args(hint)[0], inner, f"{here}[{index}]")
    elif isinstance(hint, type) and issubclass(hint, Value) and isinstance(value, Mapping):
        yield from _unknown_keys(hint, value, here)
    else:
        yield from _enum_problem(hint, value, here)


def _enum_problem(hint: Any, value: object, here: str) -> Iterator[Problem]:  # noqa: ANN401 - a type hint
    """Refuse names outside an enum, and its `unknown`, which stands for what was not understood."""
    if isinstance(hint, type) and issubclass(hint, StrEnum) and isinstance(value, str):
        known = [member.value for member in hint if member.value != "unknown"]
        if value not in known:
            yield unknown(here, value, known)
