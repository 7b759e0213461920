"""Finds source and connector types through their entry points; nothing here imports one by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar, cast

from hub.errors import ConfigError
from hub.ports import ConnectorType, SourceType

T = TypeVar("T")

SOURCES = "hub.sources"
CONNECTORS = "hub.connectors"


@cache
def _installed(group: str) -> Mapping[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


def _load(group: str, name: str, what: Callable[[object], T]) -> T | None:
    point = _installed(group).get(name)
    if point is None:
        return None
    try:
        return what(point.load())
    except Exception as error:
        message = (
            f"{group}: the installed type '{name}' can't be loaded ({type(error).__name__}: "
            f"{error}). Reinstall its package"
        )
        raise ConfigError((message,)) from error


def source_type(name: str) -> SourceType | None:
    """Return the installed source type, or None. Raises `ConfigError` if it can't be loaded."""
    return _load(SOURCES, name, lambda loaded: cast("SourceType", loaded))


def connector_type(name: str) -> ConnectorType | None:
    """Return the installed connector type, or None. Raises `ConfigError` if it can't be loaded."""
    return _load(CONNECTORS, name, lambda loaded: cast("ConnectorType", loaded))


def names(group: str) -> list[str]:
    """Return the names of the types installed in an entry-point group, sorted."""
    return sorted(_installed(group))
