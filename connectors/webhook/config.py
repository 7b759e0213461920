"""The webhook connector's settings: where each recipient listens, and how messages are signed."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Self

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix by which Standard Webhooks marks a secret
_LEAST_SECRET_BYTES = 24
_MOST_SECRET_BYTES = 64


class Endpoint(BaseModel):
    """One recipient's inbox. The directory names it as `endpoint` of the recipient."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: AnyHttpUrl = Field(
        description="Where messages are posted. `https`, without user name, query or fragment; "
        "`http` only together with `allow_private_addresses`.",
        examples=["https://inbox.jugendamt-musterstadt.example/referrals"],
    )
    secrets: tuple[SecretStr, ...] = Field(
        min_length=1,
        max_length=4,
        description="Signing secrets, each `whsec_` and 24 to 64 bytes in base64. Every message "
        "is signed with all of them: to rotate, add the new one, wait until the recipient has it, "
        "then remove the old one.",
        examples=['secrets_file = "/run/secrets/jugendamt-musterstadt-webhook"'],
    )
    allow_private_addresses: bool = Field(
        default=False,
        description="Allow loopback, private and link-local addresses. For an inbox inside the "
        "same network; otherwise a changed DNS entry could send referrals to internal systems.",
        examples=[False],
    )

    @field_validator("secrets")
    @classmethod
    def _secrets_are_strong(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for secret in secrets:
            secret_bytes(secret)
        return secrets

    @model_validator(mode="after")
    def _url_is_safe(self) -> Self:
        if self.url.username or self.url.password or self.url.query or self.url.fragment:
            message = "url must not carry a user name, password, query or fragment"
            raise ValueError(message)
        if self.url.scheme != "https" and not self.allow_private_addresses:
            message = "url must begin with https: a referral never travels in clear"
            raise ValueError(message)
        return self


class WebhookConfig(BaseModel):
    """Settings of one webhook connector."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    endpoints: dict[str, Endpoint] = Field(
        description="The recipients' inboxes by the name that the directory uses as `endpoint`.",
        examples=["[connectors.webhook.settings.endpoints.musterstadt]"],
    )
    source: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        "urn:justice-welfare-hub",
        description="The `source` of the CloudEvents: a URI that names this hub.",
        examples=["urn:justice-welfare-hub:musterland"],
    )
    connect_timeout_s: float = Field(
        5.0,
        gt=0,
        le=60,
        description="Seconds until a connection (with TLS) must stand.",
        examples=[5.0],
    )
    total_timeout_s: float = Field(
        20.0,
        gt=0,
        le=120,
        description="Seconds until the answer's status must be there; keep it below the hub's own "
        "limit for an attempt (30).",
        examples=[20.0],
    )
    max_bytes: int = Field(
        262_144,
        ge=4096,
        le=10_485_760,
        description="Largest body in bytes; a larger message is refused, not cut.",
        examples=[262_144],
    )


def secret_bytes(secret: SecretStr) -> bytes:
    """Return the key inside a `whsec_...` secret. Raises ValueError, without quoting it."""
    text = secret.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if (
        not text.startswith(SECRET_PREFIX)
        or not _LEAST_SECRET_BYTES <= len(key) <= _MOST_SECRET_BYTES
    ):
        message = "a secret must be 'whsec_' followed by 24 to 64 random bytes in base64"
        raise ValueError(message)
    return key
