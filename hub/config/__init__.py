"""The configuration: one TOML file and the environment, read once, wrong in no silent way."""

from hub.config.load import Checked, check, load
from hub.config.model import HubConfig
from hub.config.problems import Problem

__all__ = ["Checked", "HubConfig", "Problem", "check", "load"]
