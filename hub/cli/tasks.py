"""`hub tasks`: what a person must decide."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.common import SOURCE, Json, Limit, open_hub, require_word, usage
from hub.cli.entering import enter
from hub.cli.ids import whole_uuid
from hub.cli.output import NONE_MATCHES, rows_of, show

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Show and close what waits for a person.

    Example: hub tasks list
    """


@group.command("list")
def list_tasks(
    kind: Annotated[str | None, typer.Option(help="Only tasks of this kind.")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List open tasks with what to do, critical ones first.

    Example: hub tasks list --kind child-alone
    """
    from hub.domain.tasks import ADVICE, TaskKind

    require_word(kind, TaskKind, "--kind")
    with open_hub() as hub:
        found = hub.store.views.tasks(tenant=hub.tenant, kind=kind, closed=closed, limit=limit)
    known = {each.value for each in TaskKind}
    rows = rows_of(found)
    for row in rows:
        row["advice"] = ADVICE.get(TaskKind(row["kind"]), "") if row["kind"] in known else ""
    show(
        rows,
        ("task_id", "severity", "kind", "person", "since", "advice"),
        json=json,
        empty="No task is open." if kind is None else NONE_MATCHES,
    )


@group.command()
def resolve(
    task_id: Annotated[str, typer.Argument(help="Id of the task.")],
    resolution: Annotated[
        str, typer.Option(help="What was done, as a code: small letters, digits, hyphens.")
    ],
    by: Annotated[str, typer.Option(help="Role of who did it.")],
    json: Json = False,
) -> None:
    """Close a task that was done.

    Example: hub tasks resolve 0d6b0f0e-6f57-5a39-8a4e-2f7f0a0f6c11 --resolution called --by duty
    """
    import re

    from hub.domain.events import Draft, TaskResolved
    from hub.domain.ids import Namespace, PersonKey, SourceId, mint
    from hub.store.prefixes import Named

    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,59}", resolution):
        raise usage("a code is needed: small letters, digits, hyphens", "--resolution")
    with open_hub() as hub:
        wanted = whole_uuid(hub.store.views, task_id, Named.TASK, "TASK_ID")
        task = hub.store.views.task(wanted)
        if task is None or task.tenant != hub.tenant:
            raise usage("no task has this id; see hub tasks list", "TASK_ID")
        draft = Draft(
            event_id=mint(wanted, "resolved", resolution),
            tenant=hub.tenant,
            source=SourceId(SOURCE),
            namespace=Namespace("hub"),
            person=PersonKey(task.person),
            occurred_at=hub.clock.now(),
            payload=TaskResolved(task_id=wanted, resolution=resolution, resolved_by=by),
        )
        enter(hub, draft, json=json)


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="tasks")
