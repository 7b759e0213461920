"""What can go wrong with the demo itself, beside a claim that does not hold."""

from __future__ import annotations

from hub.errors import HubError


class DemoFailed(HubError):
    """The story could not be played to its end; the text says what to look at."""
