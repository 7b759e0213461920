"""The sections of the configuration: every option with its meaning, default and an example.

`docs/configuration.md` is made from this file; a test keeps it current.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, SerializeAsAny

CANONICAL = "canonical"
"""The source type of senders that speak the hub's own event forms, such as a consent desk."""

Port = Annotated[int, Field(ge=0, le=65535)]
Context = Literal["movements", "identity", "children", "consent", "safety", "tasks"]
"""A context of canonical events that a sender outside the hub may be allowed to write."""
RecordType = Literal[
    "movements.recorded",
    "identity.linked",
    "children.recorded",
    "children.changed",
    "children.removed",
    "children.counted",
    "consent.granted",
    "consent.withdrawn",
    "consent.superseded",
    "consent.asked",
    "safety.answered",
    "safety.freeze-set",
    "safety.freeze-lifted",
    "tasks.resolved",
]
"""One record type of such a context. A test holds this list against the forms of the intake."""
Role = Annotated[str, Field(min_length=1, max_length=240)]
Register = Annotated[str, Field(min_length=1, max_length=64)]


class Section(BaseModel):
    """Base of all sections: immutable, and nothing unknown is accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoSettings(Section):
    """The settings of a source or connector type that has none."""


class LogConfig(Section):
    """The event log."""

    backend: Literal["embedded"] = Field(
        "embedded",
        description="Where events are kept. `embedded`: a SQLite file in `data_dir`, one host.",
        examples=["embedded"],
    )
    partitions: int = Field(
        8,
        ge=1,
        le=1024,
        description="Number of partitions; fixed when the log is first made.",
        examples=[8],
    )


class StoreConfig(Section):
    """The case store."""

    url: SecretStr | None = Field(
        None,
        description="SQLAlchemy URL of the database. Without it: `store.db` in `data_dir`. "
        "It may hold a password and is treated as a secret.",
        examples=["sqlite:////var/lib/hub/store.db"],
    )


class IngressConfig(Section):
    """The port at which events and acknowledgements come in."""

    host: str = Field("127.0.0.1", description="Address to listen at.", examples=["0.0.0.0"])  # noqa: S104 - an example of a wide bind, the default is loopback
    port: Port = Field(8080, description="Port to listen at; 0 takes a free one.", examples=[8080])
    max_body_bytes: int = Field(
        1_048_576,
        ge=1024,
        description="Largest body accepted, in bytes; more is answered with 413 while it arrives.",
        examples=[1_048_576],
    )


class ManagementConfig(Section):
    """The port of liveness, readiness and metrics; keep it inside the operator's network."""

    host: str = Field("127.0.0.1", description="Address to listen at.", examples=["127.0.0.1"])
    port: Port = Field(8081, description="Port to listen at; 0 takes a free one.", examples=[8081])


class SourceConfig(Section):
    """One authenticated sender of events; its name in the file is the source id."""

    type: str = Field(
        description="Kind of source: `canonical` for senders that speak the hub's own event forms, "
        "or the name of an installed source type.",
        examples=["hmpps"],
    )
    namespace: Register = Field(
        description="Register that issued the person numbers of this sender. Sources that share a "
        "register share its name.",
        examples=["NOMS"],
    )
    credential: SecretStr | None = Field(
        None,
        min_length=16,
        description="Bearer token this sender presents, 16 characters or more. Without it the "
        "sender can't write over HTTP.",
        examples=['credential_file = "/run/secrets/hmpps"'],
    )
    canonical: tuple[Literal[Context, RecordType], ...] = Field(
        (),
        description="Canonical events the sender may write: whole contexts, or single record types "
        "such as `safety.freeze-set`. A prison feed that may write `consent` could forge consent, "
        "so nothing is allowed unless named.",
        examples=[["consent", "safety.freeze-set", "children"]],
    )
    roles: tuple[Role, ...] | None = Field(
        None,
        min_length=1,
        description="Roles in whose name the sender may answer the safety question; any without "
        "it.",
        examples=[["social-service"]],
    )
    links_with: tuple[Register, ...] = Field(
        (),
        description="Registers of which the sender may say that a number there and one of its own "
        "are one person (`identity.linked`). Such a word unites two cases, so none is allowed "
        "unless named.",
        examples=[["NOMS"]],
    )
    settings: SerializeAsAny[BaseModel] = Field(
        default_factory=NoSettings,
        description="Settings of the source type, look-up included; see the README of the type.",
        examples=["[sources.hmpps.settings]"],
    )


class ConnectorConfig(Section):
    """One way out; the directory names it as `connector` of a recipient."""

    type: str = Field(description="Name of an installed connector type.", examples=["webhook"])
    settings: SerializeAsAny[BaseModel] = Field(
        default_factory=NoSettings,
        description="Settings of the connector type; see the README of the type.",
        examples=["[connectors.webhook.settings]"],
    )


class RecipientConfig(Section):
    """What the hub must know of a recipient beside the directory; its name is the recipient id."""

    credential: SecretStr = Field(
        min_length=16,
        description="Bearer token with which this recipient posts acknowledgements, 16 characters "
        "or more. It opens the recipient's own referrals only.",
        examples=['credential_file = "/run/secrets/jugendamt-musterstadt"'],
    )


class DeliveryConfig(Section):
    """The dispatcher."""

    intent_lifetime_s: float = Field(
        5.0,
        gt=0,
        le=60,
        description="Seconds after the disclosure intent within which the first byte must leave.",
        examples=[5.0],
    )
    max_consent_staleness_s: float = Field(
        300.0,
        gt=0,
        description="Seconds the decided view of a partition may be old before referrals wait.",
        examples=[300.0],
    )
    concurrency: int = Field(
        8, ge=1, le=256, description="Deliveries at the same time.", examples=[8]
    )


class PipelineConfig(Section):
    """The processor's batches, and the limiter that stops a bad deploy (P9)."""

    batch_size: int = Field(
        500, ge=1, le=10_000, description="Most records in one transaction.", examples=[500]
    )
    linger_ms: int = Field(
        5,
        ge=0,
        le=10_000,
        description="Milliseconds to wait for more records before a batch is begun.",
        examples=[5],
    )
    halt_window: int = Field(
        500,
        ge=1,
        description="Records of a partition that the limiter looks back at.",
        examples=[500],
    )
    halt_min_records: int = Field(
        100,
        ge=1,
        description="Records that must be seen before the limiter may halt.",
        examples=[100],
    )
    halt_share: float = Field(
        0.10,
        gt=0,
        le=1,
        description="Share of dead-lettered records above which the processor halts.",
        examples=[0.10],
    )
    halt_min_keys: int = Field(
        10,
        ge=1,
        description="Distinct keys the dead letters must come from, so that one person's bad data "
        "never halts the hub.",
        examples=[10],
    )


class ClockConfig(Section):
    """Business time."""

    offset_file: Path | None = Field(
        None,
        description="File with an offset in seconds that all processes add to the time. For demos "
        "and tests only.",
        examples=["clock-offset"],
    )


class LoggingConfig(Section):
    """The log lines on standard error: one JSON object each."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is written.", examples=["info"]
    )
