"""The webhook's settings refuse what would be unsafe, and never show a secret."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors import webhook
from connectors.webhook import CONNECTOR, WebhookConfig
from hub.config import load
from tests.unit.webhook.support import SECRET

GOOD: dict[str, Any] = {"url": "https://inbox.example/referrals", "secrets": [SECRET]}


def make(**endpoint: object) -> WebhookConfig:
    return WebhookConfig.model_validate({"endpoints": {"musterstadt": GOOD | endpoint}})


def test_the_entry_point_names_type_and_settings() -> None:
    assert CONNECTOR.name == "webhook"
    assert CONNECTOR.config is WebhookConfig


def test_good_settings_pass_and_hide_their_secrets() -> None:
    made = make()

    assert SECRET not in repr(made)
    assert SECRET not in made.model_dump_json()


@pytest.mark.promise("P6")
@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ({"url": "http://inbox.example/"}, "https"),
        ({"url": "https://user:word@inbox.example/"}, "user name"),
        ({"url": "https://inbox.example/?token=1"}, "query"),
        ({"url": "ftp://inbox.example/"}, "URL scheme"),
        ({"secrets": []}, "at least 1"),
        ({"secrets": ["password-in-clear"]}, "whsec_"),
        ({"secrets": ["whsec_" + base64.b64encode(b"short").decode()]}, "24 to 64"),
        ({"secrets": ["whsec_%%%"]}, "base64"),
        ({"retries": 3}, "Extra inputs"),
    ],
)
def test_unsafe_or_unknown_settings_are_refused(endpoint: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        make(**endpoint)

    assert "password-in-clear" not in str(caught.value)


def test_plain_http_is_for_private_addresses_only() -> None:
    made = make(url="http://127.0.0.1:8090/referrals", allow_private_addresses=True)

    assert made.endpoints["musterstadt"].allow_private_addresses


def test_every_option_is_described_and_has_an_example() -> None:
    for model in (WebhookConfig, type(make().endpoints["musterstadt"])):
        for name, field in model.model_fields.items():
            assert field.description, name
            assert field.examples, name


def test_the_example_in_the_repository_is_a_valid_configuration(tmp_path: Path) -> None:
    example = Path(webhook.__file__).parent / "example.toml"
    (tmp_path / "musterstadt.secrets").write_text(f"{SECRET}\n", encoding="ascii")
    file = tmp_path / "hub.toml"
    file.write_bytes(example.read_bytes())

    settings = load(file, {}).connectors["webhook"].settings

    assert isinstance(settings, WebhookConfig)
    assert len(settings.endpoints["musterstadt"].secrets) == 1
