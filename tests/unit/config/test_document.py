"""The page on the configuration is current, and every option is explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from hub.config import HubConfig, shape
from hub.config.document import page

PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def options(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield every option with its path."""
    for name, field in model.model_fields.items():
        inner = shape.entries(field) or shape.nested(field)
        if inner is not None and name != "settings":
            yield from options(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", field


def test_the_page_is_what_the_model_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m hub.config.document"


@pytest.mark.parametrize(("path", "field"), list(options(HubConfig)))
def test_every_option_has_a_meaning_and_an_example(path: str, field: FieldInfo) -> None:
    assert field.description, path
    assert field.examples, path
    assert f"`{path.rpartition('.')[2]}`" in page()
