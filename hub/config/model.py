"""The whole configuration as one immutable model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import override

from hub.config.sections import (
    ClockConfig,
    ConnectorConfig,
    DeliveryConfig,
    IngressConfig,
    LogConfig,
    LoggingConfig,
    ManagementConfig,
    PipelineConfig,
    RecipientConfig,
    SourceConfig,
    StoreConfig,
)

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
"""A name that an operator gives: it appears in logs and metrics, so it is plain."""


class HubConfig(BaseSettings):
    """Everything an operator can set. Made by `hub.config.load`, never directly."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    tenant: Name = Field(
        "default", description="The controller whose data this hub keeps.", examples=["default"]
    )
    data_dir: Path = Field(
        Path("hub-data"),
        description="Folder of the embedded log, store, key vault and master key. Only the hub's "
        "user may read it; no network file system.",
        examples=["/var/lib/hub"],
    )
    policy_file: Path | None = Field(
        None,
        description="Policy (TOML) that `hub run` applies when the store holds none. Later "
        "versions: `hub policy apply FILE`.",
        examples=["policy.toml"],
    )
    directory_file: Path | None = Field(
        None,
        description="Directory of recipients (TOML) that `hub run` applies when the store holds "
        "none. Later versions: `hub directory apply FILE`.",
        examples=["directory.toml"],
    )
    log: LogConfig = Field(default_factory=LogConfig)
    store: StoreConfig = Field(default_factory=StoreConfig)
    ingress: IngressConfig = Field(default_factory=IngressConfig)
    management: ManagementConfig = Field(default_factory=ManagementConfig)
    sources: dict[Name, SourceConfig] = Field(default_factory=dict)
    connectors: dict[Name, ConnectorConfig] = Field(default_factory=dict)
    recipients: dict[Name, RecipientConfig] = Field(default_factory=dict)
    delivery: DeliveryConfig = Field(default_factory=DeliveryConfig)
    pipeline: PipelineConfig = Field(default_factory=PipelineConfig)
    clock: ClockConfig = Field(default_factory=ClockConfig)
    logging: LoggingConfig = Field(default_factory=LoggingConfig)

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values from `load` only, which reads everything and shows all faults at once."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
