"""Writes `docs/configuration.md` from the settings model: `python -m hub.config.document`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config import shape
from hub.config.model import HubConfig
from hub.config.reading import variable

HEAD = """\
# Configuration

This page is made from the settings model (`python -m hub.config.document`); a test keeps it
current.

One TOML file and the environment. The file is named by `--config`, else by the variable
`HUB_CONFIG`, else it is `hub.toml` in the working folder, if that is there. A variable wins over
the file: `HUB_INGRESS__PORT=8080` sets `ingress.port`; lists are written as JSON. A hyphen in a
name is an underscore in its variable.

- Relative paths start from the folder of the file; those from the environment from the working
  folder.
- Secrets never stand in the file. Every secret `x` can be given as `x_file`, the name of a file
  that holds it (several secrets: one a line), or as an environment variable. `hub config show`
  masks them.
- An unknown name is refused, naming the nearest known one. `hub config check` shows every fault at
  once: path, what is wrong, what to do. It also reads the policy and the directory.

Examples: [policy](examples/policy.example.toml), [directory](examples/directory.example.toml).
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *_section("", HubConfig)])


def _section(name: str, model: type[BaseModel]) -> Iterator[str]:
    plain: list[tuple[str, FieldInfo]] = []
    inner: list[tuple[str, type[BaseModel]]] = []
    for key, field in model.model_fields.items():
        entry, nested = shape.entries(field), shape.nested(field)
        if entry is not None:
            inner.append((f"{name}{key}.<name>", entry))
        elif nested is not None and key != "settings":
            inner.append((f"{name}{key}", nested))
        else:
            plain.append((key, field))
    title = f"`[{name.removesuffix('.')}]`" if name else "Top level"
    yield f"## {title}\n"
    if name:
        yield f"{(model.__doc__ or '').strip()}\n"
    yield "| option | meaning | default | example | variable |"
    yield "|---|---|---|---|---|"
    for key, field in plain:
        yield _row(name, key, field)
    yield ""
    for path, nested_model in inner:
        yield from _section(f"{path}.", nested_model)


def _row(section: str, key: str, field: FieldInfo) -> str:
    secret = shape.is_secret(field) or shape.is_secret_list(field)
    option = f"`{key}`, `{key}_file`" if secret else f"`{key}`"
    example = f"`{_shown(field.examples[0])}`" if field.examples else ""
    meaning = f"{option} | {field.description} | {_default(field)} | {example}"
    return f"| {meaning} | `{variable(section + key)}` |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or isinstance(value, BaseModel):
        return "none"
    return f"`{value}`" if isinstance(value, Path) else f"`{_shown(value)}`"


def _shown(value: object) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, default=str)


if __name__ == "__main__":
    sys.stdout.write(page())
