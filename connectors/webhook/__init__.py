"""Webhook connector: signed HTTP messages to a recipient's inbox, after Standard Webhooks."""

from connectors.webhook.config import WebhookConfig
from hub.ports import Connector, ConnectorType


def build(config: WebhookConfig) -> Connector:
    """Return the connector of a configuration."""
    # Every process and command reads the settings; only one role sends and needs an HTTP client.
    from connectors.webhook.connector import WebhookConnector  # noqa: PLC0415 - as said above

    return WebhookConnector(config)


CONNECTOR = ConnectorType(name="webhook", config=WebhookConfig, build=build)

__all__ = ["CONNECTOR", "WebhookConfig", "build"]
