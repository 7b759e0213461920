"""The demo on a terminal: the story as it goes on, the scenes with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from hub.demo.scene import Finding, Page, Scene, Table
from hub.demo.story import Beat
from hub.demo.workplace import ROLES, Workplace

if TYPE_CHECKING:
    from hub.demo.driver import Standing

WIDEST: Final = 100
INDENT: Final = 4


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
            "is undecided, due or sendable.\n\nStarting the processes ...\n"
        )

    def beat(self, beat: Beat, standing: Standing) -> None:
        """Show one beat of the story, the clock it was played at, and where the hub stood then."""
        standing_line = (
            f"\n{standing.records} records decided, {standing.delivered} messages delivered, "
            f"{standing.withheld} referrals withheld"
        )
        line = RichTable.grid(padding=(0, 2))
        line.add_column(no_wrap=True)
        line.add_row(
            Text(f"{beat.at:%a %d %b %H:%M}", style="bold cyan"),
            Text.assemble(
                beat.title,
                (standing_line, "dim"),
            ),
        )
        self._out.print(line)

    def scenes(self, scenes: Sequence[Scene]) -> None:
        """Show every scene: its claim, what was found, what there is to look at."""
        for number, scene in enumerate(scenes, 1):
            self._out.print(f"\n[bold]{number}. {escape(scene.title)}[/]  ({_mark(scene)})")
            self._indented(Text(scene.claim, style="italic"))
            for finding in scene.findings:
                self._finding(finding)
            for exhibit in scene.exhibits:
                self._out.print()
                self._indented(_shown(exhibit))

    def end(self, scenes: Sequence[Scene], seconds: float) -> None:
        """Sum up."""
        failed = [number for number, scene in enumerate(scenes, 1) if not scene.passed]
        self._out.rule()
        overview = RichTable.grid(padding=(0, 2))
        for number, scene in enumerate(scenes, 1):
            overview.add_row(f"{number:2}", Text(scene.title), _mark(scene))
        self._out.print(overview)
        self._out.print()
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

    def kept(
        self,
        place: Workplace,
        people: Mapping[str, str],
        examples: Sequence[str],
        pids: Sequence[int],
    ) -> None:
        """Say what is still running, who is who, how to look into it, and how to end it.

        `people`: pseudonym by name.
        """
        ports = place.ports
        self._out.print("\nEverything is still running:")
        for line in (
            f"ingress      http://127.0.0.1:{ports.ingress}/events",
            f"inbox        http://127.0.0.1:{ports.inbox}/referrals",
            f"contacts     http://127.0.0.1:{ports.contacts}",
            *(
                f"{role:<11}  http://127.0.0.1:{port}/metrics"
                for role, port in zip(ROLES, ports.management, strict=True)
            ),
            f"data         {place.data_dir}",
        ):
            self._out.print(f"  {line}", soft_wrap=True)
        self._out.print("\nWho is who (the hub knows the pseudonyms only):")
        for name, pseudonym in people.items():
            self._out.print(f"  {name:<14} {pseudonym}", soft_wrap=True)
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
        mark, style = ("✓", "green") if finding.holds else ("✗", "bold red")
        line = RichTable.grid(padding=(0, 1))
        line.add_row(Text(mark, style=style), Text(finding.text))
        self._indented(line)

    def _indented(self, what: RenderableType) -> None:
        self._out.print(Padding(what, (0, 0, 0, INDENT), expand=False))


def _mark(scene: Scene) -> str:
    return "[green]holds[/]" if scene.passed else "[bold red]DOES NOT HOLD[/]"


def _shown(exhibit: Table | Page) -> RichTable | Panel:
    if isinstance(exhibit, Page):
        return Panel(Text(exhibit.text), title=exhibit.title, title_align="left", expand=False)
    table = RichTable(box=None, pad_edge=False, header_style="bold dim")
    *codes, words = exhibit.headings
    for heading in codes:
        # A code or an id broken in two can't be copied.
        table.add_column(heading, no_wrap=True)
    table.add_column(words, overflow="fold")
    for row in exhibit.rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
