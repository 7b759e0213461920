"""The source's configuration refuses what would send prisoner numbers in clear or to strangers."""

import tomllib
from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.hmpps import SOURCE, HmppsConfig, build_lookup
from connectors.hmpps.config import LookupConfig
from hub.errors import ConfigError


def config(**changes: object) -> LookupConfig:
    """Return a look-up configuration with options changed."""
    whole: dict[str, object] = {
        "contacts_url": "https://contacts.example",
        "token_url": "https://sign-in.example/oauth/token",
        "client_id": "hub",
        "client_secret": "an-example-secret",
    }
    return LookupConfig.model_validate(whole | changes)


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    "url",
    [
        "http://contacts.example",
        "contacts.example",
        "ftp://contacts.example",
        "https://user:password@contacts.example",
        "https://contacts.example/?a=b",
    ],
)
def test_an_unsafe_address_is_refused_and_no_secret_in_it_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(contacts_url=url)

    assert "password" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8091", "http://localhost:1", "http://[::1]:1/"])
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    assert config(contacts_url=url).contacts_url == url.rstrip("/")


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(ValidationError):
        config(contact_url="https://contacts.example")


def test_the_secret_is_masked() -> None:
    assert "an-example-secret" not in repr(config())


def test_a_source_without_look_up_says_what_is_missing() -> None:
    with pytest.raises(ConfigError) as caught:
        build_lookup(HmppsConfig())

    assert "lookup" in caught.value.problems[0]


def test_the_entry_point_names_this_source() -> None:
    assert SOURCE.name == "hmpps"
    assert SOURCE.config is HmppsConfig
    assert SOURCE.build_lookup is build_lookup


def test_the_example_is_a_configuration() -> None:
    example = Path(__file__).parents[3] / "connectors" / "hmpps" / "example.toml"
    section = tomllib.loads(example.read_text(encoding="utf-8"))["sources"]["hmpps"]
    settings = section["settings"]
    del settings["lookup"]["client_secret_file"]
    settings["lookup"]["client_secret"] = "an-example-secret"

    assert section["type"] == SOURCE.name
    assert HmppsConfig.model_validate(settings).prison_offender_events_held_s == 2700
