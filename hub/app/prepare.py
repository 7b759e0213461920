"""Preparing a hub for its first and every later start, in an order that is safe to interrupt."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import structlog

from hub.app.build import Hub
from hub.config.rules_files import directory_problems, read_directory, read_policy
from hub.domain.ids import RecipientId
from hub.domain.values import EPOCH
from hub.errors import ConfigError
from hub.ports import Topic
from hub.store import upgrade_store
from hub.store.acts import FIRST_START
from hub.store.rules import RuleVersion

log = structlog.get_logger(__name__)

LATER = timedelta(seconds=90)
"""How far ahead a later version becomes active: the 60 s that every process needs, and some."""


class Put(NamedTuple):
    """A version as stored: from when it is active, and whether it was new.

    `left_behind`: recipients that a directory no longer has, with the referrals they possibly hold.
    """

    version: str
    active_from: datetime
    new: bool
    left_behind: dict[RecipientId, int]


def prepare(hub: Hub) -> None:
    """Make or upgrade the store, set first positions, store the first policy and directory.

    Every step is harmless when it was done before, so that a start that was cut off is repeated.
    Positions are set only if store and log are both new: an empty store beside a log with records
    means that one of the two was lost, and a person decides (rule 3).
    """
    upgrade_store(hub.store_url)
    _first_positions(hub)
    if hub.config.policy_file is not None and not hub.store.versions.policies(hub.tenant):
        put_policy(hub, hub.config.policy_file, None)
    if hub.config.directory_file is not None and not hub.store.versions.directories(hub.tenant):
        put_directory(hub, hub.config.directory_file, None)


def require_rules(hub: Hub) -> None:
    """Raise `ConfigError` if there is no policy or directory to decide by."""
    try:
        hub.store.cases.rules(hub.tenant, hub.clock.now())
    except ConfigError as error:
        remedy = (
            "remedy: set policy_file and directory_file in the configuration, or run "
            "`hub policy apply FILE` and `hub directory apply FILE`"
        )
        raise ConfigError((*error.problems, remedy)) from None


def never_run(hub: Hub) -> bool:
    """True while store and log are both new: no position is known and nothing was written."""
    bounds = hub.log.bounds(Topic.CASES)
    return not hub.store.positions.all() and all(end == 0 for _, end in bounds.values())


def _first_positions(hub: Hub) -> None:
    if not never_run(hub):
        return
    positions = hub.store.positions
    bounds = hub.log.bounds(Topic.CASES)
    try:
        positions.init(hub.log.identity(), dict.fromkeys(bounds, 0), FIRST_START)
    except ConfigError:
        # Refused because a process that started at the same time was first: then all is well.
        if not positions.all():
            raise
    else:
        log.info("positions-initialised", partitions=len(bounds))


def put_policy(hub: Hub, file: Path, active_from: datetime | None) -> Put:
    """Store a policy version. Raises `ConfigError` with every fault of the file."""
    policy = read_policy(file)
    now = hub.clock.now()
    start = active_from or _start(hub.store.versions.policies(hub.tenant), now)
    new = hub.store.versions.put_policy(hub.tenant, policy, active_from=start, now=now)
    # Read after the write: a process that started at the same time may have been first.
    return _told("policy", policy.version, hub.store.versions.policies(hub.tenant), new=new)


def put_directory(hub: Hub, file: Path, active_from: datetime | None) -> Put:
    """Store a version of the directory, like `put_policy`; its ways out must be configured."""
    directory = read_directory(file)
    problems = directory_problems(directory, frozenset(hub.config.connectors))
    if problems:
        raise ConfigError(tuple(f"{file.name}: {problem}" for problem in problems))
    now = hub.clock.now()
    start = active_from or _start(hub.store.versions.directories(hub.tenant), now)
    new = hub.store.versions.put_directory(hub.tenant, directory, active_from=start, now=now)
    # Read after the write: a process that started at the same time may have been first.
    told = _told(
        "directory", directory.version, hub.store.versions.directories(hub.tenant), new=new
    )
    holding = hub.store.views.disclosed(hub.tenant)
    gone = {who: count for who, count in holding.items() if who not in directory.recipients}
    return told._replace(left_behind=gone)


def _start(stored: list[RuleVersion], now: datetime) -> datetime:
    # The first version holds for everything that the log may ever be found to hold.
    return now + LATER if stored else EPOCH


def _told(what: str, version: str, stored: list[RuleVersion], *, new: bool) -> Put:
    if new:
        log.info("rules-stored", what=what, version=version)
    active_from = next(entry.active_from for entry in stored if entry.version == version)
    return Put(version, active_from, new=new, left_behind={})
