"""The source HMPPS: prison events of England and Wales, and look-ups of a prisoner's children."""

from connectors.hmpps.config import HmppsConfig
from connectors.hmpps.lookup import build_lookup
from connectors.hmpps.translate import HmppsSource
from hub.ports import SourceType

SOURCE = SourceType(name="hmpps", config=HmppsConfig, build=HmppsSource, build_lookup=build_lookup)
"""What the entry point `hmpps` of the group `hub.sources` names."""

__all__ = ["SOURCE", "HmppsConfig", "HmppsSource", "build_lookup"]
