"""Webhook connector: signed HTTP messages to a recipient's inbox, after Standard Webhooks."""

from connectors.webhook.config import WebhookConfig
from connectors.webhook.connector import WebhookConnector
from hub.ports import ConnectorType

CONNECTOR = ConnectorType(name="webhook", config=WebhookConfig, build=WebhookConnector)

__all__ = ["CONNECTOR", "WebhookConfig", "WebhookConnector"]
