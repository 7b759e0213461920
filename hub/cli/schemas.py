"""`hub schemas`: the Avro schemas, their ids, releases and registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli import exits
from hub.cli.common import Json
from hub.cli.output import show, show_json, tell

group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Root = Annotated[
    Path | None,
    typer.Option("--root", help="Schema directory; the one of this installation without it."),
]


@group.callback()
def _group() -> None:
    """Check, release and register the schemas of the log's records.

    Example: hub schemas check
    """


@group.command()
def check(root: Root = None, json: Json = False) -> None:
    """Compare the schemas with their ids and with every release; a breaking change ends with 1.

    Example: hub schemas check
    """
    from hub.codec import check_directory, schema_root

    found = check_directory(root or schema_root())
    rows = [problem._asdict() for problem in found]
    if json:
        show_json(rows)
    elif any(problem.breaking for problem in found):
        breaking = [row for row in rows if row["breaking"]]
        show(breaking, ("record", "message"), json=False, empty="")
    else:
        typer.echo(f"Compatible. {len(found)} record types are not released in this form.")
    if any(problem.breaking for problem in found):
        raise typer.Exit(exits.ERROR)


@group.command()
def assign(root: Root = None, json: Json = False) -> None:
    """Give every new or changed schema its id (schemas/ids.json, append-only).

    Example: hub schemas assign
    """
    from hub.codec import assign_ids, schema_root

    rows = [{"id": e.id, "record": e.record} for e in assign_ids(root or schema_root())]
    show(rows, ("id", "record"), json=json, empty="Every schema has its id.")


@group.command()
def release(root: Root = None, json: Json = False) -> None:
    """Freeze the schemas as the next release; from then on they stay compatible.

    Example: hub schemas release
    """
    from hub.codec import schema_root, write_release

    name = write_release(root or schema_root()).name
    tell(f"Written: {name}", json=json, file=name)


@group.command("register")
def register_schemas(
    *,
    registry: Annotated[str, typer.Option(help="URL of a Confluent-compatible registry.")],
    user: Annotated[str | None, typer.Option(help="User name, if it asks for one.")] = None,
    password: Annotated[
        str, typer.Option(envvar="SCHEMA_REGISTRY_PASSWORD", help="Password; by variable only.")
    ] = "",
    ca_file: Annotated[
        Path | None, typer.Option(help="Certificate authority of the registry (PEM).")
    ] = None,
    topic_prefix: Annotated[str, typer.Option(help="Prefix of the topics' names.")] = "",
    root: Root = None,
    json: Json = False,
) -> None:
    """Register every schema under FULL_TRANSITIVE; harmless when it was done before.

    Example: hub schemas register --registry https://registry.example
    """
    from hub.codec import RegistryTls, SchemaRegistry, read_schemas, register_all, schema_root

    client = SchemaRegistry(registry, user=user, password=password, tls=RegistryTls(ca_file))
    ids = register_all(client, read_schemas(root or schema_root()), topic_prefix)
    rows = [{"record": record, "id": number} for record, number in sorted(ids.items())]
    show(rows, ("record", "id"), json=json, empty="There is no schema.")


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="schemas")
