"""`hub publish FILE`: hand in many events at once, and hear of every bad one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hub.cli import exits
from hub.cli.common import Json, open_hub, usage
from hub.cli.output import show_json

if TYPE_CHECKING:
    from rich.progress import Progress

    from hub.api.events import Sender
    from hub.app.build import Hub
    from hub.domain.events import Draft

CHUNK = 256
LINES_TOLD = 10
"""Line numbers shown of each kind of fault; `--json` has all."""


class CsvKindName(StrEnum):
    """Which CSV file it is."""

    CONSENTS = "consents"
    SAFETY = "safety"
    CHILDREN = "children"


class Refused(NamedTuple):
    """One fault: where in the file, reason, field, remedy. Never the value."""

    line: int
    reason: str
    field: str
    remedy: str


class Item(NamedTuple):
    """One message of a file: its line (of an array: its number), its bytes."""

    line: int
    body: bytes


def publish(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="File to hand in.")],
    source: Annotated[
        str | None,
        typer.Option(help="The configured source it comes from; the only one without it."),
    ] = None,
    kind: Annotated[
        CsvKindName | None, typer.Option(help="The file is CSV, and this is what its rows are.")
    ] = None,
    json: Json = False,
) -> None:
    """Hand in a file: messages or CloudEvents as JSON lines or a JSON array, or CSV with --kind.

    Good lines are taken and durable; the bad ones are told by reason and field, with the first
    ten lines of each (--json: all of them), and the command ends with 3. Handing the same file in
    again changes nothing.

    Example: hub publish events.ndjson --source hmpps
    """
    from hub.app.sources import sender

    refused: list[Refused] = []
    with open_hub() as hub:
        name = _source(hub, source)
        reader = sender(name, hub.config.sources[name], hub.tenant, hub.pseudonyms)
        with _progress() as bar:
            if kind is not None:
                taken, ignored = _csv(hub, reader, kind, file, refused), 0
            else:
                taken, ignored = _messages(hub, reader, file, refused, bar)
    _report(taken, ignored, sorted(refused, key=lambda fault: fault.line), json=json)


def _source(hub: Hub, wanted: str | None) -> str:
    names = sorted(hub.config.sources)
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None or wanted not in names:
        raise usage(f"configured sources: {', '.join(names) or 'none'}", "--source")
    return wanted


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(file=sys.stderr), disable=not sys.stderr.isatty())


def _messages(
    hub: Hub, reader: Sender, file: Path, refused: list[Refused], bar: Progress
) -> tuple[int, int]:
    from hub.api.events import faults
    from hub.errors import Poison

    items = list(_items(file, refused))
    step = bar.add_task(file.name, total=len(items))
    waiting: list[tuple[int, Draft]] = []
    taken = ignored = 0
    for item in items:
        try:
            drafts = _read(hub, reader, item.body)
        except Poison as error:
            refused += [
                Refused(item.line, fault["reason"], fault["field"], fault["remedy"])
                for fault in faults(error)
            ]
        else:
            ignored += not drafts
            waiting += [(item.line, draft) for draft in drafts]
        if len(waiting) >= CHUNK:
            taken += _append(hub, waiting, refused)
            waiting = []
        bar.advance(step)
    return taken + _append(hub, waiting, refused), ignored


def _append(hub: Hub, waiting: list[tuple[int, Draft]], refused: list[Refused]) -> int:
    """Append drafts with their lines and return how many; what is refused costs no neighbour."""
    from hub.ingress import append_each

    outcomes = append_each(hub.appender.append, [draft for _, draft in waiting])
    for (line, _), poison in zip(waiting, outcomes, strict=True):
        if poison is not None:
            refused.append(Refused(line, poison.reason, poison.field_path, poison.remedy))
    return outcomes.count(None)


def _read(hub: Hub, reader: Sender, body: bytes) -> tuple[Draft, ...]:
    import msgspec

    from hub.api.events import own, read_event
    from hub.errors import Poison

    try:
        value = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        raise Poison("invalid-json", "", "write one JSON object a line") from None
    is_event = isinstance(value, dict) and "specversion" in value
    found = read_event(reader, value, body) if is_event else own(reader, body)
    for draft in found.drafts:
        # Before anything is appended: of one message, all events are taken or none.
        poison = hub.appender.fault(draft)
        if poison is not None:
            raise poison
    return found.drafts


def _items(file: Path, refused: list[Refused]) -> Iterator[Item]:
    """Yield the messages of a JSON array, of one object, or of lines."""
    import msgspec

    content = file.read_bytes()
    try:
        whole: object = msgspec.json.decode(content)
    except msgspec.MsgspecError:
        whole = None
    if isinstance(whole, list):
        parts = msgspec.json.decode(content, type=list[msgspec.Raw])
        yield from (Item(number, bytes(part)) for number, part in enumerate(parts, start=1))
    elif whole is not None:
        yield Item(1, content)
    else:
        lines = content.splitlines()
        yield from (Item(n, line) for n, line in enumerate(lines, start=1) if line.strip())
        if not lines:
            refused.append(Refused(1, "empty-file", "", "write one message a line"))


def _csv(hub: Hub, reader: Sender, kind: CsvKindName, file: Path, refused: list[Refused]) -> int:
    from hub.intake import CsvKind, read_csv

    with file.open("rb") as stream:
        report = read_csv(CsvKind(kind.value), stream, reader.intake, now=hub.clock.now())
    refused += [Refused(p.line, p.code, p.column, p.remedy) for p in report.problems]
    good = list(zip(report.lines, report.drafts, strict=True))
    return sum(
        _append(hub, good[start : start + CHUNK], refused) for start in range(0, len(good), CHUNK)
    )


def _report(taken: int, ignored: int, refused: list[Refused], *, json: bool) -> None:
    if json:
        show_json(
            {"taken": taken, "ignored": ignored, "refused": [fault._asdict() for fault in refused]}
        )
    else:
        for line in _grouped(refused):
            typer.echo(line, err=True)
        bad = len({fault.line for fault in refused})
        typer.echo(f"{taken} events taken, {ignored} messages ignored, {bad} refused.")
    if refused:
        raise typer.Exit(exits.PARTLY)


def _grouped(refused: list[Refused]) -> Iterator[str]:
    """Yield one line for each reason and field, so that one mistake of a sender is one line."""
    groups: dict[tuple[str, str], list[Refused]] = {}
    for fault in refused:
        groups.setdefault((fault.reason, fault.field), []).append(fault)
    for (reason, field), faults in groups.items():
        where = f" at {field}" if field else ""
        lines = sorted({fault.line for fault in faults})
        shown = ", ".join(str(line) for line in lines[:LINES_TOLD])
        more = ", ..." if len(lines) > LINES_TOLD else ""
        word = "line" if len(lines) == 1 else "lines"
        remedies = "; ".join(dict.fromkeys(fault.remedy for fault in faults))
        yield f"{len(faults)} x {reason}{where}: {remedies} ({word} {shown}{more})"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(publish)
