"""What a model's fields are, as far as reading a file must know: nested, secret, path or plain."""

from __future__ import annotations

from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo


def parts(annotation: object) -> list[object]:
    """Return the alternatives of a type, with `Annotated` and `None` taken off."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return parts(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [part for arm in get_args(annotation) for part in parts(arm)]
    return [] if annotation is type(None) else [annotation]


def nested(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model that a field holds, if it holds one."""
    return next(
        (p for p in parts(field.annotation) if isinstance(p, type) and issubclass(p, BaseModel)),
        None,
    )


def entries(field: FieldInfo) -> type[BaseModel] | None:
    """Return the model of each value of a field that maps names to sections, if it does."""
    for part in parts(field.annotation):
        if get_origin(part) is dict:
            value = get_args(part)[1]
            if isinstance(value, type) and issubclass(value, BaseModel):
                return value
    return None


def is_path(field: FieldInfo) -> bool:
    """True if the field holds a path."""
    return any(part is Path for part in parts(field.annotation))


def is_secret(field: FieldInfo) -> bool:
    """True if the field holds one secret."""
    return any(part is SecretStr for part in parts(field.annotation))


def is_secret_list(field: FieldInfo) -> bool:
    """True if the field holds several secrets."""
    return any(
        get_origin(part) in (tuple, list) and _holds_secret(part)
        for part in parts(field.annotation)
    )


def _holds_secret(part: Any) -> bool:  # noqa: ANN401 - a type's argument is whatever was written
    return any(inner is SecretStr for arg in get_args(part) for inner in parts(arg))


def secret_files(model: type[BaseModel]) -> dict[str, str]:
    """Return `<name>_file` -> `<name>` for every secret of a model.

    A model that has a field of that name itself keeps it.
    """
    return {
        f"{name}_file": name
        for name, field in model.model_fields.items()
        if (is_secret(field) or is_secret_list(field)) and f"{name}_file" not in model.model_fields
    }
