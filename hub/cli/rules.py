"""`hub policy` and `hub directory`: immutable versions of the rules."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.common import Json, instant, open_hub
from hub.cli.output import show, show_json

if TYPE_CHECKING:
    from hub.app.prepare import Put

policy = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
directory = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="TOML file; see docs/examples.")
]
ActiveFrom = Annotated[
    str | None,
    typer.Option(help="From when it is active: 60 s ahead at least, 90 s ahead without it."),
]


@policy.callback()
def _policy() -> None:
    """Store and list versions of the policy.

    Example: hub policy apply policy.toml
    """


@directory.callback()
def _directory() -> None:
    """Store and list versions of the directory of recipients.

    Example: hub directory apply directory.toml
    """


@policy.command("apply")
def apply_policy(file: File, active_from: ActiveFrom = None, json: Json = False) -> None:
    """Store a version of the policy. The first is active at once; none is ever changed.

    Example: hub policy apply policy.toml --active-from 2026-03-01T00:00:00+01:00
    """
    from hub.app.prepare import put_policy

    start = instant(active_from, "--active-from")
    with open_hub() as hub:
        _told("policy", put_policy(hub, file, start), hub.clock.now(), json=json)


@directory.command("apply")
def apply_directory(file: File, active_from: ActiveFrom = None, json: Json = False) -> None:
    """Store a version of the directory. The first is active at once; none is ever changed.

    Example: hub directory apply directory.toml
    """
    from hub.app.prepare import put_directory

    start = instant(active_from, "--active-from")
    with open_hub() as hub:
        _told("directory", put_directory(hub, file, start), hub.clock.now(), json=json)


@policy.command("list")
def list_policies(json: Json = False) -> None:
    """List the versions of the policy.

    Example: hub policy list
    """
    with open_hub() as hub:
        rows = [version._asdict() for version in hub.store.versions.policies(hub.tenant)]
    show(rows, ("version", "active_from"), json=json, empty="There is no policy yet.")


@directory.command("list")
def list_directories(json: Json = False) -> None:
    """List the versions of the directory.

    Example: hub directory list
    """
    with open_hub() as hub:
        rows = [version._asdict() for version in hub.store.versions.directories(hub.tenant)]
    show(rows, ("version", "active_from"), json=json, empty="There is no directory yet.")


def _told(what: str, put: Put, now: datetime, *, json: bool) -> None:
    if json:
        show_json(put._asdict())
        return
    for recipient, count in sorted(put.left_behind.items()):
        typer.echo(
            f"warning: {recipient} is no longer in the directory and may hold {count} referrals. "
            "They get no update; recalls still go to the address known last.",
            err=True,
        )
    if not put.new:
        typer.echo(f"The {what} {put.version} was stored before; nothing changed.")
        return
    when = "at once" if put.active_from <= now else f"from {put.active_from.isoformat()}"
    typer.echo(f"The {what} {put.version} is active {when}.")
    if put.active_from > now:
        typer.echo("Then have the cases looked at again: hub cases reassess --reason ... --go")


def register(app: typer.Typer) -> None:
    """Add both groups."""
    app.add_typer(policy, name="policy")
    app.add_typer(directory, name="directory")
