"""Event-log backends behind one port; one contract suite runs against each."""

from hub.log.embedded import EmbeddedLog

__all__ = ["EmbeddedLog"]
