"""What is wrong with a configuration only when its parts are looked at together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hub.config.model import HubConfig
from hub.config.problems import Problem
from hub.config.rules_files import directory_problems, read_directory, read_policy
from hub.config.sections import CANONICAL
from hub.domain.directory import Directory
from hub.errors import ConfigError


def cross_problems(config: HubConfig) -> list[Problem]:
    """Return every fault between the parts, and in the files they name."""
    return [
        *_credentials(config),
        *_sources(config),
        *_files(config),
    ]


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


def _files(config: HubConfig) -> Iterator[Problem]:
    if config.policy_file is not None:
        try:
            read_policy(config.policy_file)
        except ConfigError as error:
            yield from _of_file("policy_file", error)
    if config.directory_file is not None:
        try:
            directory = read_directory(config.directory_file)
        except ConfigError as error:
            yield from _of_file("directory_file", error)
        else:
            yield from _directory(config, directory)


def _of_file(option: str, error: ConfigError) -> Iterator[Problem]:
    for text in error.problems:
        yield Problem(option, text.rstrip("."), "Mend the file named")


def _directory(config: HubConfig, directory: Directory) -> Iterator[Problem]:
    for problem in directory_problems(directory, frozenset(config.connectors)):
        yield problem._replace(path=f"directory_file: {problem.path}")
