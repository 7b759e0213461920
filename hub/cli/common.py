"""What commands share: opening the hub, naming a person, times, standard options."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.app.build import Hub
    from hub.domain.ids import PersonKey
    from hub.intake import IntakeContext
    from hub.store.acts import Operator

SOURCE = "cli"
"""The source of events that an operator enters."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="Most rows shown.")]
Reason = Annotated[
    str,
    typer.Option(
        help="Why, in 80 letters, digits, spaces, dots, commas or hyphens. It is kept in the audit "
        "log: name nobody."
    ),
]
Number = Annotated[
    str,
    typer.Argument(
        metavar="REGISTER:NUMBER",
        help="Register and number of the parent, for example NOMS:A0001AA. With - as the number "
        "it is asked for, and stays out of the shell's history.",
    ),
]


CONFIG_FILE: ContextVar[Path | None] = ContextVar("config_file", default=None)


def config_file() -> Path | None:
    """Return what `--config` named."""
    return CONFIG_FILE.get()


@contextmanager
def open_hub() -> Iterator[Hub]:
    """Open the configured hub for one command. Raises `ConfigError` with every fault."""
    from hub.app.build import Hub
    from hub.app.logs import configure
    from hub.config import load

    config = load(config_file())
    configure("error" if config.logging.level != "debug" else "debug")
    with Hub(config) as hub:
        yield hub


def operator(reason: str = "") -> Operator:
    """Return who runs this command, by the operating system's account, and why."""
    from hub.store.acts import Operator

    uid = os.getuid()
    try:
        account = pwd.getpwuid(uid).pw_name
    except KeyError:
        account = f"uid-{uid}"  # a container may run under a number without a name
    return Operator(account, reason)


def usage(message: str, option: str) -> typer.BadParameter:
    """Return the error of a wrong argument."""
    return typer.BadParameter(message, param_hint=option)


def split_number(hub: Hub, text: str) -> tuple[str, str]:
    """Return register and number. Raises a usage error for anything else."""
    register, _, number = text.partition(":")
    if not register or not number:
        raise usage("write REGISTER:NUMBER, for example NOMS:A0001AA", "REGISTER:NUMBER")
    require_register(hub, register, "REGISTER:NUMBER")
    if number == "-":
        number = typer.prompt("Number", hide_input=True, err=True)
    return register, number


def require_word(word: str | None, known: Iterable[str], option: str) -> None:
    """Raise a usage error, naming the nearest, for a filter by a word that does not exist.

    An empty list for a mistyped word would say that all is well.
    """
    from hub.config.problems import unknown

    names = [name for name in known if name != "unknown"]
    if word is not None and word not in names:
        problem = unknown(option, word, names)
        raise usage(f"{problem.what}. {problem.remedy}", option)


def require_register(hub: Hub, register: str, option: str) -> None:
    """Raise a usage error for a register that no configured source uses: nobody is known by it."""
    sources = hub.config.sources.values()
    known = {name for source in sources for name in (source.namespace, *source.links_with)}
    if register not in known:
        said = f"no configured source uses this register; known: {', '.join(sorted(known))}"
        raise usage(said if known else "no source is configured, so no register is known", option)


def person_of(hub: Hub, text: str) -> PersonKey:
    """Return the pseudonym of `REGISTER:NUMBER`."""
    from hub.domain.ids import Namespace

    register, number = split_number(hub, text)
    return hub.pseudonyms.person(hub.tenant, Namespace(register), number)


def intake(hub: Hub, register: str) -> IntakeContext:
    """Return what an operator may enter: everything a sender outside the hub may."""
    from hub.app.sources import ALL_CONTEXTS
    from hub.domain.ids import Namespace, SourceId
    from hub.intake import IntakeContext

    return IntakeContext(
        hub.tenant, SourceId(SOURCE), Namespace(register), ALL_CONTEXTS, hub.pseudonyms
    )


def instant(text: str | None, option: str) -> datetime | None:
    """Return an aware instant, or None for None. Raises a usage error without a zone."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise usage("write a time with its zone, for example 2026-03-02T08:55:00+01:00", option)
    return found.astimezone(UTC)
