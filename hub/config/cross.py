"""What is wrong with a configuration only when its parts are looked at together."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Self

from hub.config.model import HubConfig
from hub.config.problems import Problem, unknown
from hub.config.rules_files import directory_problems, read_directory, read_policy
from hub.config.sections import CANONICAL
from hub.domain.directory import Directory
from hub.errors import ConfigError


def cross_problems(config: HubConfig) -> list[Problem]:
    """Return every fault between the parts."""
    return [*_credentials(config), *_sources(config)]


class RulesFiles(NamedTuple):
    """The files of policy and directory, and the ways out there are (None: not known)."""

    policy: Path | None
    directory: Path | None
    connectors: frozenset[str] | None

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """Take them from values that may be wrong elsewhere: their faults are told all the same."""
        policy, directory = (
            Path(name) if isinstance(name := values.get(option), str) else None
            for option in ("policy_file", "directory_file")
        )
        connectors = values.get("connectors", {})
        known = frozenset(connectors) if isinstance(connectors, Mapping) else None
        return cls(policy, directory, known)

    def problems(self) -> Iterator[Problem]:
        """Yield every fault in the files."""
        if self.policy is not None:
            try:
                read_policy(self.policy)
            except ConfigError as error:
                yield from _of_file("policy_file", error)
        if self.directory is not None:
            try:
                directory = read_directory(self.directory)
            except ConfigError as error:
                yield from _of_file("directory_file", error)
            else:
                for problem in directory_problems(directory, self.connectors):
                    yield problem._replace(path=f"directory_file: {problem.path}")


def misfits(config: HubConfig) -> list[Problem]:
    """Return what does not fit the directory's file or the disk, of a sound configuration.

    None of it stops a start: the store may hold a later directory than the file, and who only
    reads the configuration need not be the hub's user.
    """
    found = list(_data_dir(config.data_dir.absolute()))
    if config.directory_file is not None:
        directory = read_directory(config.directory_file)
        found += _recipients(config, directory)
        found += _endpoints(config, directory)
    return found


def _data_dir(path: Path) -> Iterator[Problem]:
    there = next(place for place in (path, *path.parents) if os.access(place, os.F_OK))
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        what = f"{there} is no folder that this user may write"
        yield Problem("data_dir", what, "Name another folder, or give it to the hub's user")


def _recipients(config: HubConfig, directory: Directory) -> Iterator[Problem]:
    for name in config.recipients:
        if name not in directory.recipients:
            fault = unknown(f"recipients.{name}", name, directory.recipients)
            yield fault._replace(what=f"{fault.what} to the directory")


def _endpoints(config: HubConfig, directory: Directory) -> Iterator[Problem]:
    for name, entry in directory.recipients.items():
        connector = config.connectors.get(entry.connector)
        # Endpoints belong to the connector's type; one whose settings name none is not judged.
        known = getattr(connector and connector.settings, "endpoints", None)
        if isinstance(known, Mapping) and entry.endpoint not in known:
            here = f"directory_file: recipients.{name}.endpoint"
            fault = unknown(here, entry.endpoint, known)
            yield fault._replace(what=f"{fault.what} to the connector '{entry.connector}'")


def _credentials(config: HubConfig) -> Iterator[Problem]:
    """One token for two holders would open one's data to the other."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for name, source in config.sources.items():
        if source.credential is not None:
            holders[source.credential.get_secret_value()].append(f"sources.{name}.credential")
    for name, recipient in config.recipients.items():
        holders[recipient.credential.get_secret_value()].append(f"recipients.{name}.credential")
    for paths in holders.values():
        for path in paths[1:]:
            yield Problem(path, f"is the same as {paths[0]}", "Give each its own token")


def _sources(config: HubConfig) -> Iterator[Problem]:
    for name, source in config.sources.items():
        if source.type == CANONICAL and not source.canonical:
            yield Problem(
                f"sources.{name}.canonical",
                "a sender of canonical events that may write nothing",
                'Name what it may write, for example ["consent", "safety"]',
            )


def _of_file(option: str, error: ConfigError) -> Iterator[Problem]:
    for text in error.problems:
        yield Problem(option, text.rstrip("."), "Mend the file named")
