"""`hub config`: what is configured, and everything that is wrong with it."""

from __future__ import annotations

import typer

from hub.cli import exits
from hub.cli.common import Json, config_file
from hub.cli.output import show_json

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Check and show the configuration.

    Example: hub config check
    """


@group.command()
def check(json: Json = False) -> None:
    """Find every fault at once: path, what is wrong, what to do.

    Reads the files it names too, policy and directory among them. Opens no database.

    Example: hub config check
    """
    from hub.config import check as check_config

    checked = check_config(config_file())
    problems = (*checked.problems, *checked.misfits)
    if json:
        show_json({"file": str(checked.file or ""), "problems": [p._asdict() for p in problems]})
    else:
        for problem in problems:
            typer.echo(f"{problem.path}\n  {problem.what}\n  -> {problem.remedy}")
        where = f" ({checked.file})" if checked.file else " (no file, defaults and environment)"
        count = len(problems)
        typer.echo({0: "No fault", 1: "1 fault"}.get(count, f"{count} faults") + where)
    if problems:
        raise typer.Exit(exits.ERROR)


@group.command()
def show(json: Json = False) -> None:
    """Show what is in force, from file, environment and defaults; secrets are masked.

    Example: hub config show --json
    """
    from hub.config import load

    values = load(config_file()).model_dump(mode="json")
    if json:
        show_json(values)
        return
    for path, value in _flat(values, ""):
        typer.echo(f"{path} = {value}")


def _flat(values: dict[str, object], prefix: str) -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in values.items():
        if isinstance(value, dict) and value:
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="config")
