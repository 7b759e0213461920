"""Reads raw values against a model: unknown names, secrets from files, paths made absolute.

Faults are collected, never raised, so that one run shows them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config import shape
from hub.config.problems import Problem, unknown

Raw = Mapping[str, Any]
SettingsModel = Callable[[str, str], type[BaseModel] | None]
"""(section, entry name) -> the model of the entry's `settings`, None if its type is unknown."""


class Reader:
    """Reads one origin of values: the file, or the environment.

    `base` is the folder that relative paths start from. `secrets_by_value` is false for the file:
    a secret in it would be copied with it.
    """

    def __init__(self, *, base: Path, secrets_by_value: bool, settings: SettingsModel) -> None:
        self.problems: list[Problem] = []
        self._base = base
        self._secrets_by_value = secrets_by_value
        self._settings = settings

    def section(self, model: type[BaseModel], raw: object, path: str = "") -> dict[str, Any]:
        """Return the values of one section, as the model wants them."""
        if not isinstance(raw, Mapping):
            self._fault(path, "a section is needed here", f"Write it as [{path}]")
            return {}
        values: dict[str, Any] = {}
        files = shape.secret_files(model)
        for name, value in raw.items():
            here = f"{path}.{name}" if path else str(name)
            if name in files:
                field = model.model_fields[files[name]]
                secret = self._secret_file(field, value, here)
                if secret is not None:
                    values[files[name]] = secret
            elif name in model.model_fields:
                values[name] = self._value(model, str(name), value, here)
            else:
                self.problems.append(unknown(here, str(name), [*model.model_fields, *files]))
        return values

    def _value(self, model: type[BaseModel], name: str, value: object, here: str) -> object:
        field = model.model_fields[name]
        if name == "settings":
            section, _, entry = here.removesuffix(".settings").partition(".")
            settings = self._settings(section, entry)
            return value if settings is None else self.section(settings, value, here)
        if (entry_model := shape.entries(field)) is not None and isinstance(value, Mapping):
            return {
                key: self.section(entry_model, inner, f"{here}.{key}")
                for key, inner in value.items()
            }
        if (inner_model := shape.nested(field)) is not None:
            return self.section(inner_model, value, here)
        if shape.is_path(field) and isinstance(value, str):
            return str(self._base / Path(value).expanduser())
        if not self._secrets_by_value and (shape.is_secret(field) or shape.is_secret_list(field)):
            self._fault(
                here,
                "a secret must not stand in the configuration file",
                f"Put it in a file and name that as {name}_file, or set {variable(here)}",
            )
        return value

    def _secret_file(self, field: FieldInfo, value: object, here: str) -> str | list[str] | None:
        if not isinstance(value, str):
            self._fault(here, "the name of a file is needed", f'Write {here} = "/path/to/file"')
            return None
        try:
            text = (self._base / Path(value).expanduser()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self._fault(
                here, f"the file can't be read ({reason})", "Check its path and permissions"
            )
            return None
        if not text:
            self._fault(here, "the file is empty", "Write the secret into it")
            return None
        if shape.is_secret_list(field):
            return [line.strip() for line in text.splitlines() if line.strip()]
        return text

    def _fault(self, path: str, what: str, remedy: str) -> None:
        self.problems.append(Problem(path or "(file)", what, remedy))


def variable(path: str) -> str:
    """Return the environment variable that sets the option at a dotted path."""
    return "HUB_" + path.replace(".", "__").replace("-", "_").upper()
