"""The rules that the benchmarks decide by: the example policy and directory of the documents."""

from __future__ import annotations

from pathlib import Path

from hub.config.rules_files import read_directory, read_policy
from hub.domain.directory import Directory
from hub.domain.ids import Namespace, TenantId
from hub.domain.policy import Policy, Rules, make_rules

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
TENANT = TenantId("default")
REGISTER = Namespace("EXAMPLE")
"""A register of invented numbers, for which children are looked up."""


def policy() -> Policy:
    """Return the example policy."""
    return read_policy(EXAMPLES / "policy.example.toml")


def directory() -> Directory:
    """Return the example directory."""
    return read_directory(EXAMPLES / "directory.example.toml")


def rules() -> Rules:
    """Return the rules that both make."""
    return make_rules(policy(), directory(), (REGISTER,))
