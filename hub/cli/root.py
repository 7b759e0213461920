"""The command tree. Nothing heavy is imported here, so that help is there at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli import (
    cases,
    config,
    consent,
    database,
    dead_letters,
    delivery,
    demo,
    doctor,
    explain,
    freeze,
    positions,
    publish,
    referrals,
    resume,
    rules,
    run,
    safety,
    schemas,
    tasks,
    withheld,
)
from hub.cli.common import CONFIG_FILE

app = typer.Typer(
    name="hub",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
    help="Turns prison events into consented offers of help for children.\n\n"
    "Exit codes: 0 done, 1 error, 2 wrong command line, 3 partly refused, 4 halted.\n\n"
    "Example: hub --config hub.toml run --role all",
)


@app.callback()
def root(
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="HUB_CONFIG",
            show_envvar=True,
            help="Configuration file; without it ./hub.toml, if there is one.",
        ),
    ] = None,
) -> None:
    """Take the options that stand before the command."""
    CONFIG_FILE.set(config)


app.command()(demo.demo)
for single in (run, publish, explain, resume, doctor):
    single.register(app)
for group in (
    consent,
    safety,
    freeze,
    referrals,
    withheld,
    cases,
    tasks,
    dead_letters,
    positions,
    delivery,
    rules,
    schemas,
    database,
    config,
):
    group.register(app)
