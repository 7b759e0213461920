"""Configuration of the HMPPS source: what the publisher delays, and where look-ups go."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors.hmpps.tables import RELEASE_CODES

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def _base_url(url: str) -> str:
    """Return the URL without a trailing slash; plain HTTP only to this machine."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        message = "must be a full URL such as https://contacts.example"
        raise ValueError(message)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        message = "must be https: prisoner numbers travel in its paths (http only to loopback)"
        raise ValueError(message)
    if parts.username or parts.password or parts.query or parts.fragment:
        message = "must hold neither credentials nor a query"
        raise ValueError(message)
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


class LookupConfig(BaseModel):
    """Where the contacts API and its neighbours are, and how patient the hub is with them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    contacts_url: BaseUrl = Field(
        description="Base URL of the personal-relationships (contacts) API.",
        examples=["https://contacts.example"],
    )
    prisoner_search_url: BaseUrl | None = Field(
        default=None,
        description="Base URL of prisoner search; without it booking and custody stay unknown.",
        examples=["https://prisoner-search.example"],
    )
    token_url: BaseUrl = Field(
        description="OAuth token endpoint (client credentials, HTTP Basic).",
        examples=["https://sign-in.example/auth/oauth/token"],
    )
    client_id: str = Field(min_length=1, description="OAuth client id.", examples=["hub"])
    client_secret: SecretStr = Field(
        description="OAuth client secret; give it by environment, not in the file.",
        examples=["(from the environment)"],
    )
    timeout_s: float = Field(
        default=10.0,
        gt=0,
        le=60,
        description="Seconds until one request is given up.",
        examples=[10],
    )
    page_size: int = Field(
        default=100, ge=1, le=500, description="Contacts asked for at once.", examples=[100]
    )
    max_pages: int = Field(
        default=20, ge=1, le=200, description="Pages after which a list is too long.", examples=[20]
    )
    max_bytes: int = Field(
        default=2_000_000,
        ge=1_000,
        le=20_000_000,
        description="Largest answer read, in bytes.",
        examples=[2_000_000],
    )


class HmppsConfig(BaseModel):
    """The source itself. Every value has a default but the look-up, which is optional."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    prison_offender_events_held_s: int = Field(
        default=0,
        ge=0,
        le=86_400,
        description="Seconds for which the publisher holds prison-offender-events before it "
        "publishes them (2700 in HMPPS production, 0 elsewhere). The settle window is "
        "shortened by it, so a value too high lets referrals leave too early.",
        examples=[2700],
    )
    prisoner_offender_search_held_s: int = Field(
        default=0,
        ge=0,
        le=86_400,
        description="The same for prisoner-offender-search (about 5 in production).",
        examples=[5],
    )
    release_codes: frozenset[str] = Field(
        default=RELEASE_CODES,
        description="NOMIS movement reason codes that mean an ordinary release. A code in no table "
        "becomes a task, so add what your establishment's reference data lists.",
        examples=[["CR", "AR", "NCS"]],
    )
    lookup: LookupConfig | None = Field(
        default=None,
        description="Where children are looked up; without it they come from other sources only.",
    )
