"""The source HMPPS: prison events of England and Wales, and look-ups of a prisoner's children."""

from connectors.hmpps.config import HmppsConfig
from connectors.hmpps.translate import HmppsSource
from hub.ports import ChildrenLookup, SourceType


def build_lookup(config: HmppsConfig) -> ChildrenLookup:
    """Return the look-up of a configured source. Raises `ConfigError` if none is configured."""
    # Every process and command reads the settings; only one role asks and needs an HTTP client.
    from connectors.hmpps.lookup import build_lookup as build  # noqa: PLC0415 - as said above

    return build(config)


SOURCE = SourceType(name="hmpps", config=HmppsConfig, build=HmppsSource, build_lookup=build_lookup)
"""What the entry point `hmpps` of the group `hub.sources` names."""

__all__ = ["SOURCE", "HmppsConfig", "HmppsSource", "build_lookup"]
