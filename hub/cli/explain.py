"""`hub explain ID`: why was this sent, or withheld? Events, consents, rules, permit, what next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.common import Json, open_hub, person_of, usage
from hub.cli.explain_permits import permits
from hub.cli.ids import whole
from hub.cli.output import rows_of, show, show_json

if TYPE_CHECKING:
    from hub.cli.subjects import Subject
    from hub.ports import FactRow, Outcome
    from hub.store.store import Views

Rows = list[dict[str, Any]]


def explain(
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="Id of an event, referral, message (send or idempotency id), task or dead letter, "
            "or the pseudonym of a parent or child; its first 8 digits or more will do.",
        ),
    ] = None,
    number: Annotated[
        str | None,
        typer.Option(
            metavar="REGISTER:NUMBER", help="The parent's number instead; - asks for the number."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say why something was sent or withheld, and what would change it.

    Example: hub explain --number NOMS:A0001AA
    """
    from hub.cli import subjects
    from hub.store.prefixes import Named

    if (subject is None) == (number is None):
        raise usage("give an id or --number", "ID")
    with open_hub() as hub:
        views = hub.store.views
        found = (
            subjects.of_person(views, person_of(hub, number))
            if number is not None
            else subjects.find(views, whole(views, subject or "", tuple(Named), "ID"))
        )
        if found is None:
            raise usage("the hub knows nothing of it", "ID")
        account = _account(views, found)
    if json:
        show_json(account)
    else:
        _print(account)


def _account(views: Views, subject: Subject) -> dict[str, Any]:
    """Return everything that explains a subject, as plain rows."""
    facts = _facts(views, subject)
    sends = [send for person in subject.persons for send in views.sends(person=person)]
    if subject.send_id is not None:
        sends = [send for send in sends if send.send_id == subject.send_id]
    elif subject.referral_id is not None:
        sends = [send for send in sends if send.referral_id == subject.referral_id]
    elif subject.child is not None:
        sends = [send for send in sends if send.child == subject.child]
    withheld = [
        row
        for person in subject.persons
        for row in views.withheld(person=person)
        if subject.child is None or row.child == subject.child
    ]
    letters = [letter for person in subject.persons for letter in views.dead_letters(person=person)]
    intents = [intent for send in sends for intent in views.intents(send.send_id)]
    lines = [line for person in subject.persons for line in views.by_person(person)]
    account: dict[str, Any] = {
        "kind": subject.kind,
        "persons": list(subject.persons),
        "held": bool(letters),
        "events": _events(views, subject, facts),
        "decisions": [_fact_row(fact) for fact in facts],
        "permits": permits(sends, intents, withheld, lines),
        "messages": rows_of(sends),
        "intents": rows_of(intents),
        "withheld": rows_of(withheld),
        "dead_letters": rows_of(letters),
        "tasks": rows_of([t for person in subject.persons for t in views.tasks(person=person)]),
    }
    account["reasons"] = _reasons(account)
    return account


def _facts(views: Views, subject: Subject) -> list[FactRow]:
    if subject.kind == "event" and subject.event_id is not None:
        return views.by_event(subject.event_id)
    if subject.referral_id is not None:
        return views.by_referral(subject.send_id or subject.referral_id)
    if subject.child is not None:
        return views.by_child(subject.child)
    return [fact for person in subject.persons for fact in views.by_person(person)]


def _events(views: Views, subject: Subject, facts: list[FactRow]) -> Rows:
    """Return what became of the case's events in time order; `own` are those it comes from.

    An event is explained by itself: what came before and after belongs to its person.
    """
    ids = dict.fromkeys(fact.event_id for fact in facts if fact.event_id is not None)
    if subject.event_id is not None:
        ids[subject.event_id] = None
    found = {outcome: True for event_id in ids for outcome in views.outcomes(event_id)}
    if subject.kind != "event":
        for person in subject.persons:
            for outcome in views.outcomes_of(person):
                found.setdefault(outcome, False)
    ordered = sorted(found, key=lambda outcome: (outcome.at, outcome.partition, outcome.offset))
    return [_outcome_row(outcome, own=found[outcome]) for outcome in ordered]


def _outcome_row(outcome: Outcome, *, own: bool) -> dict[str, Any]:
    return {
        "at": outcome.at,
        "event_id": outcome.event_id,
        "type": outcome.type,
        "outcome": outcome.outcome.value,
        "reason": outcome.reason,
        "own": own,
    }


def _fact_row(row: FactRow) -> dict[str, Any]:
    return {
        "at": row.at,
        "kind": row.fact.kind.value,
        "subject": row.fact.subject,
        "reasons": row.fact.reasons,
        "refs": row.fact.refs,
        "policy": row.policy,
        "event_id": row.event_id,
    }


def _reasons(account: dict[str, Any]) -> Rows:
    """Return every reason that holds now, with its meaning and what would change it."""
    from hub.cli.explain_texts import text_of

    now: dict[str, None] = {}
    for row in account["withheld"]:
        now |= dict.fromkeys(row["reasons"])
    for row in account["messages"]:
        if row["state"] == "ready":
            now |= dict.fromkeys(row["denied"] or ())
    if account["held"]:
        now["unresolved-input"] = None
    if account["kind"] == "event":
        now |= {row["reason"]: None for row in account["events"] if row["reason"]}
    return [
        {"reason": reason, "meaning": text_of(reason).meaning, "change": text_of(reason).change}
        for reason in now
    ]


def _print(account: dict[str, Any]) -> None:
    persons = ", ".join(person[:12] for person in account["persons"]) or "nobody legible"
    article = "an" if account["kind"] == "event" else "a"
    typer.echo(f"This is {article} {account['kind']} about {persons}.\n")
    for title, key, columns in (
        ("Events", "events", ("at", "type", "outcome", "reason", "own", "event_id")),
        ("Decisions", "decisions", ("at", "kind", "subject", "reasons", "policy")),
        (
            "Permits",
            "permits",
            ("at", "operation", "purpose", "result", "reasons", "consents", "policy"),
        ),
        (
            "Messages",
            "messages",
            ("ready_at", "operation", "recipient", "purpose", "state", "denied", "categories"),
        ),
        ("Intents and attempts", "intents", ("at", "consents", "policy", "outcome", "code")),
        ("Withheld now", "withheld", ("since", "child", "purpose", "reasons")),
        ("Dead letters", "dead_letters", ("at", "type", "reason", "field_path", "remedy")),
        ("Tasks", "tasks", ("since", "severity", "kind", "task_id")),
        ("What would change it", "reasons", ("reason", "meaning", "change")),
    ):
        if account[key]:
            typer.secho(title, bold=True)
            show(account[key], columns, json=False, empty="")
            typer.echo("")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)
