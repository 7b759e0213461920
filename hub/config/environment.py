"""The environment as configuration: `HUB_INGRESS__PORT=8080` sets `ingress.port`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hub.config.problems import Problem

PREFIX = "HUB_"
DELIMITER = "__"
CONFIG_VARIABLE = "HUB_CONFIG"
OTHERS = frozenset({CONFIG_VARIABLE, "HUB_CRASH_AT"})
"""Variables with our prefix that are no options."""

_SERVICE_LINK = re.compile(r"HUB(_[A-Z0-9_]+)?_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_.+)?)")
"""What Kubernetes sets in every pod beside a service named `hub`: not ours, and no mistake.

Such a name never holds two underscores in a row, an option in a section always does."""


def overlay(
    environ: Mapping[str, str], known: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values that the environment sets, nested, and what is wrong with them.

    `known` are the file's values: a variable can't hold a hyphen, so `CONSENT_DESK` means the
    entry `consent-desk` where the file has one. A value that begins with [ or { is read as JSON.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in OTHERS or _service_link(name):
            continue
        try:
            value = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text
        except json.JSONDecodeError as error:
            what = f"not valid JSON (character {error.pos + 1})"
            problems.append(Problem(name, what, 'Lists are written as ["a", "b"]'))
            continue
        if not _place(values, name.removeprefix(PREFIX).lower().split(DELIMITER), value, known):
            what = "sets a section as a whole and one of its options at the same time"
            problems.append(Problem(name, what, "Remove one of the two variables"))
    return values, problems


def _service_link(name: str) -> bool:
    return DELIMITER not in name and _SERVICE_LINK.fullmatch(name) is not None


def _place(values: dict[str, Any], steps: list[str], value: object, known: object) -> bool:
    target: Any = values
    for step in steps[:-1]:
        key = _spelled(step, known)
        known = known.get(key) if isinstance(known, Mapping) else None
        target = target.setdefault(key, {})
        if not isinstance(target, dict):
            return False
    key = _spelled(steps[-1], known)
    if key in target:
        return False
    target[key] = value
    return True


def _spelled(step: str, known: object) -> str:
    if isinstance(known, Mapping):
        return next((key for key in known if key.replace("-", "_") == step), step)
    return step
