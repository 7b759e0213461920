"""The demo on a terminal: the story as it goes on, the scenes with their evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from hub.demo.scene import Finding, Page, Scene, Table
from hub.demo.story import Beat
from hub.demo.workplace import Workplace

WIDEST: Final = 100
INDENT: Final = (0, 0, 0, 4)


class Screen:
    """Writes to a console of at most 100 columns; colours only where there is a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._out = console or Console(highlight=False)
        self._out.width = min(self._out.width, WIDEST)

    def begin(self) -> None:
        """Say what is about to happen."""
        self._out.rule("[bold]From a prison event to an offer of help[/]")
        self._out.print(
            "Real processes (ingest, processor, delivery) on SQLite, real HTTP on this machine, "
            "invented people.\nThe clock below is the story's: it is moved on only when nothing "
            "is undecided, due or sendable.\n"
        )

    def beat(self, beat: Beat) -> None:
        """Show one beat of the story and the clock it was played at."""
        self._out.print(f"[bold cyan]{beat.at:%a %d %b %H:%M}[/]  {escape(beat.title)}")

    def scenes(self, scenes: Sequence[Scene]) -> None:
        """Show every scene: its claim, what was found, what there is to look at."""
        for number, scene in enumerate(scenes, 1):
            mark = "[green]holds[/]" if scene.passed else "[bold red]DOES NOT HOLD[/]"
            self._out.print(f"\n[bold]{number}. {escape(scene.title)}[/]  ({mark})")
            self._out.print(Padding(Text(scene.claim, style="italic"), INDENT))
            for finding in scene.findings:
                self._finding(finding)
            for exhibit in scene.exhibits:
                self._out.print(Padding(_shown(exhibit), INDENT))

    def end(self, scenes: Sequence[Scene], seconds: float) -> None:
        """Sum up."""
        failed = [number for number, scene in enumerate(scenes, 1) if not scene.passed]
        self._out.rule()
        if failed:
            names = ", ".join(str(number) for number in failed)
            self._out.print(f"[bold red]Claims that do not hold: {names}.[/]", end=" ")
        else:
            self._out.print(f"[bold green]All {len(scenes)} claims hold.[/]", end=" ")
        self._out.print(f"{seconds:.1f} seconds, two weeks of the story.")

    def gone(self) -> None:
        """Say how to look further when everything was ended and removed."""
        self._out.print(
            "Everything was ended and removed. To look further: [bold]make demo ARGS=--keep[/] "
            "leaves it running and prints the commands ([bold]hub explain[/], "
            "[bold]hub withheld list[/], [bold]hub dead-letters list[/] ...)."
        )

    def kept(self, place: Workplace, examples: Sequence[str], pids: Sequence[int]) -> None:
        """Say what is still running, how to look into it, and how to end it."""
        ports = place.ports
        self._out.print("\nEverything is still running:")
        for line in (
            f"ingress      http://127.0.0.1:{ports.ingress}/events",
            f"inbox        http://127.0.0.1:{ports.inbox}/referrals",
            f"contacts     http://127.0.0.1:{ports.contacts}",
            *(f"management   http://127.0.0.1:{port}/metrics" for port in ports.management),
            f"data         {place.data_dir}",
        ):
            self._out.print(f"  {line}", soft_wrap=True)
        self._out.print("\nLook further:")
        for example in examples:
            self._out.print(f"  {example}", soft_wrap=True)
        numbers = " ".join(str(pid) for pid in pids)
        self._out.print("\nEnd it all:")
        self._out.print(f"  kill {numbers}; rm -r {place.root}", soft_wrap=True)

    def failed(self, message: str) -> None:
        """Say why the story could not be played to its end."""
        self._out.print(f"\n[bold red]The demo failed.[/] {escape(message)}", soft_wrap=True)

    def _finding(self, finding: Finding) -> None:
        mark, style = ("+", "green") if finding.holds else ("!", "bold red")
        line = RichTable.grid(padding=(0, 1))
        line.add_row(Text(mark, style=style), Text(finding.text))
        self._out.print(Padding(line, INDENT))


def _shown(exhibit: Table | Page) -> RichTable | Panel:
    if isinstance(exhibit, Page):
        return Panel(Text(exhibit.text), title=exhibit.title, title_align="left", expand=False)
    table = RichTable(show_edge=False, pad_edge=False, header_style="dim")
    for heading in exhibit.headings:
        table.add_column(heading)
    for row in exhibit.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
