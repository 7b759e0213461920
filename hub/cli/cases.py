"""`hub cases`: what is open about whom, by pseudonym. There is no search by name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.common import SOURCE, Json, Limit, Reason, open_hub, person_of, usage
from hub.cli.ids import whole
from hub.cli.output import rows_of, show, show_json, show_one, tell

if TYPE_CHECKING:
    from hub.app.build import Hub
    from hub.domain.events import Draft
    from hub.domain.ids import PersonKey
    from hub.store.store import Views

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@group.callback()
def _group() -> None:
    """Show cases, and have them looked at again.

    Example: hub cases list
    """


@group.command("list")
def list_cases(
    after: Annotated[
        str | None, typer.Option(help="Pseudonym after which the list goes on.")
    ] = None,
    limit: Limit = 200,
    json: Json = False,
) -> None:
    """List cases with what is open about each.

    Example: hub cases list --limit 20
    """
    from hub.domain.ids import PersonKey

    with open_hub() as hub:
        found = hub.store.views.cases(
            tenant=hub.tenant, after=PersonKey(after) if after else None, limit=limit
        )
    show(
        rows_of(found),
        ("person", "version", "held", "open_tasks", "unsent", "withheld", "alias_of"),
        json=json,
        empty="There is no case yet.",
    )


@group.command("show")
def show_case(
    person: Annotated[str, typer.Argument(help="Pseudonym, or REGISTER:NUMBER (see hub explain).")],
    json: Json = False,
) -> None:
    """Show one case: tasks, what is withheld, messages. Never its content.

    Example: hub cases show NOMS:A0001AA
    """
    with open_hub() as hub:
        views = hub.store.views
        key = views.survivor(person_of(hub, person) if ":" in person else _key(views, person))
        case = views.case(key)
        if case is None:
            raise usage("the hub knows no such person", "PERSON")
        tasks, withheld = views.tasks(person=key), views.withheld(person=key)
        sends, letters = views.sends(person=key), views.dead_letters(person=key)
        aliases = views.aliases(key)
    if json:
        show_json(
            {
                **rows_of([case])[0],
                "aliases": aliases,
                "tasks": rows_of(tasks),
                "withheld_now": rows_of(withheld),
                "messages": rows_of(sends),
                "dead_letters": rows_of(letters),
            }
        )
        return
    show_one({**rows_of([case])[0], "aliases": aliases}, json=False)
    show(rows_of(tasks), ("task_id", "severity", "kind", "since"), json=False, empty="No task.")
    show(
        rows_of(withheld),
        ("child", "purpose", "reasons", "since"),
        json=False,
        empty="Nothing is withheld.",
    )
    show(
        rows_of(sends),
        ("ready_at", "operation", "recipient", "state", "denied"),
        json=False,
        empty="No message.",
    )


@group.command()
def reassess(
    reason: Reason,
    recipient: Annotated[
        str | None, typer.Option(help="Only cases with a message to this recipient.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Cases per second.")] = 20.0,
    go: Annotated[
        bool, typer.Option("--go", help="Do it; without it only the count is shown.")
    ] = False,
    json: Json = False,
) -> None:
    """Have cases looked at again, after the policy or the directory changed.

    Example: hub cases reassess --reason policy-2026-02 --go
    """
    from hub.domain.ids import RecipientId

    with open_hub() as hub:
        persons = hub.store.views.persons(
            hub.tenant, recipient=RecipientId(recipient) if recipient else None
        )
        if not go:
            said = f"{len(persons)} cases would be looked at again. Add --go to do it."
            tell(said, json=json, cases=len(persons), done=False)
            return
        for person in persons:
            hub.appender.append([reassessment(hub, person, reason)])
            time.sleep(1 / rate)
    tell(f"{len(persons)} cases are looked at again.", json=json, cases=len(persons), done=True)


def reassessment(hub: Hub, person: PersonKey, cause: str) -> Draft:
    """Return the event after which a case is looked at again."""
    from uuid import uuid4

    from hub.domain.events import Draft, Reassessed
    from hub.domain.ids import Namespace, SourceId

    return Draft(
        event_id=uuid4(),
        tenant=hub.tenant,
        source=SourceId(SOURCE),
        namespace=Namespace("hub"),
        person=person,
        occurred_at=hub.clock.now(),
        payload=Reassessed(cause=cause),
    )


def _key(views: Views, text: str) -> PersonKey:
    from hub.domain.ids import PersonKey
    from hub.store.prefixes import Named

    return PersonKey(whole(views, text, (Named.PERSON,), "PERSON"))


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="cases")
