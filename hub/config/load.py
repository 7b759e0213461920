"""Loads the configuration from one TOML file and the environment; reports every fault at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from hub.config import plugins, shape
from hub.config.cross import RulesFiles, cross_problems, misfits
from hub.config.environment import CONFIG_VARIABLE, overlay
from hub.config.model import HubConfig
from hub.config.problems import Problem, unknown
from hub.config.reading import Reader
from hub.config.sections import CANONICAL, NoSettings
from hub.errors import ConfigError

DEFAULT_FILE = "hub.toml"
_GROUPS = {"sources": plugins.SOURCES, "connectors": plugins.CONNECTORS}


class Checked(NamedTuple):
    """The outcome of reading: the configuration (None if it is wrong), every fault, the file.

    `misfits` are faults that stop no start; they are looked for once there are no others.
    """

    config: HubConfig | None
    problems: tuple[Problem, ...]
    file: Path | None
    misfits: tuple[Problem, ...] = ()


def load(file: Path | None = None, environ: Mapping[str, str] | None = None) -> HubConfig:
    """Return the configuration. Raises `ConfigError` that holds every fault found."""
    checked = check(file, environ)
    if checked.config is None or checked.problems:
        raise ConfigError(tuple(str(problem) for problem in checked.problems))
    return checked.config


def check(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Checked:
    """Read everything and return all faults; nothing is raised and nothing is opened for work.

    `file` wins over the variable `HUB_CONFIG`, which wins over `hub.toml` in the working folder.
    """
    environ = os.environ if environ is None else environ
    place = _file(file, environ)
    raw, problems = _toml(place) if place else ({}, [])
    from_env, env_problems = overlay(environ, raw)
    merged = _merge(raw, from_env)
    models, type_problems = _settings_models(merged)

    def settings(section: str, entry: str) -> type[BaseModel] | None:
        return models.get((section, entry))

    base = place.parent.resolve() if place else Path.cwd()
    in_file = Reader(base=base, secrets_by_value=False, settings=settings)
    in_env = Reader(base=Path.cwd(), secrets_by_value=True, settings=settings)
    values = _merge(in_file.section(HubConfig, raw), in_env.section(HubConfig, from_env))
    problems += env_problems + in_file.problems + in_env.problems
    problems += type_problems
    problems += _validate_settings(values, models)
    config = None
    try:
        config = HubConfig(**values)
        problems += cross_problems(config)
    except ValidationError as error:
        problems += _problems(error, "", HubConfig)
    problems += RulesFiles.of(values).problems()
    if config is None or problems:
        return Checked(None, tuple(problems), place)
    return Checked(config, (), place, tuple(misfits(config)))


def _file(file: Path | None, environ: Mapping[str, str]) -> Path | None:
    if file is None and environ.get(CONFIG_VARIABLE):
        file = Path(environ[CONFIG_VARIABLE])
    if file is not None:
        return file
    return Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None


def _toml(file: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")), []
    except OSError as error:
        what = f"the file can't be read ({error.strerror})"
        return {}, [Problem(str(file), what, "Name another with --config or HUB_CONFIG")]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return {}, [Problem(str(file), f"not valid TOML: {error}", "Mend the place named")]


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            merged[key] = _merge(old, value)
        else:
            merged[key] = value
    return merged


def _entries(values: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    return [
        (section, name, entry)
        for section in _GROUPS
        if isinstance(values.get(section), Mapping)
        for name, entry in values[section].items()
        if isinstance(entry, Mapping)
    ]


def _settings_models(
    merged: Mapping[str, Any],
) -> tuple[dict[tuple[str, str], type[BaseModel]], list[Problem]]:
    """Return the model of each entry's `settings`, and the types that don't exist or don't load."""
    models: dict[tuple[str, str], type[BaseModel]] = {}
    problems: list[Problem] = []
    for section, name, entry in _entries(merged):
        kind, here = entry.get("type"), f"{section}.{name}.type"
        if not isinstance(kind, str):
            continue
        try:
            model = _settings_model(section, kind)
        except ConfigError as error:
            problems.append(Problem(here, error.problems[0], "See the installed package"))
            continue
        if model is None:
            known = plugins.names(_GROUPS[section]) + [CANONICAL] * (section == "sources")
            problems.append(unknown(here, kind, known))
        else:
            models[section, name] = model
    return models, problems


def _settings_model(section: str, kind: str) -> type[BaseModel] | None:
    if section == "sources" and kind == CANONICAL:
        return NoSettings
    found = plugins.source_type(kind) if section == "sources" else plugins.connector_type(kind)
    return found.config if found else None


def _validate_settings(
    values: dict[str, Any], models: Mapping[tuple[str, str], type[BaseModel]]
) -> list[Problem]:
    """Replace raw `settings` by validated ones, in place; return what is wrong with them."""
    problems: list[Problem] = []
    for section, name, _ in _entries(values):
        model = models.get((section, name), NoSettings)
        entry = values[section][name]
        try:
            known = (section, name) in models
            entry["settings"] = model(**(entry.get("settings") or {})) if known else NoSettings()
        except ValidationError as error:
            problems += _problems(error, f"{section}.{name}.settings", model)
            entry["settings"] = NoSettings()
    return problems


def _problems(error: ValidationError, prefix: str, model: type[BaseModel]) -> list[Problem]:
    found: list[Problem] = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        steps = [str(step) for step in detail["loc"] if step != "[key]"]
        path = ".".join(([prefix] if prefix else []) + steps) or "(file)"
        if detail["type"] == "missing":
            found.append(Problem(path, "is missing", _remedy(model, steps)))
        else:
            what = detail["msg"][:1].lower() + detail["msg"][1:]
            found.append(Problem(path, what, _remedy(model, steps)))
    return found


def _remedy(model: type[BaseModel], steps: list[str]) -> str:
    """Return what the option is for, with its example, found by walking the path into the model."""
    field = None
    current: type[BaseModel] | None = model
    for step in steps:
        if current is None:
            break
        if step in current.model_fields:
            field = current.model_fields[step]
            inner = shape.entries(field)
            current = inner if inner is not None else shape.nested(field)
    if field is None or not field.description:
        return "See docs/configuration.md"
    example = f" Example: {field.examples[0]}" if field.examples else ""
    return f"{field.description}{example}"
