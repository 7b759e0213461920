"""`hub demo`: play the story over real processes and show what became of it."""

from __future__ import annotations

from typing import Annotated

import typer


def demo(
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running and print the addresses.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the scenes as JSON instead of the story.")
    ] = False,
) -> None:
    """Play a story of a few dozen prison events on this machine, and check every claim it makes.

    Ends with code 1 when a claim does not hold or the story could not be played.

    Example: hub demo --keep
    """
    from hub.demo.run import run

    raise typer.Exit(run(keep=keep, as_json=as_json))
