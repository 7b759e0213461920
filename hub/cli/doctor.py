"""`hub doctor`: is everything that the hub needs there? Each fault with its remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import typer

from hub.cli import exits
from hub.cli.common import Json, config_file
from hub.cli.output import show

if TYPE_CHECKING:
    from hub.app.build import Hub

LEAST_FREE_BYTES = 1024**3

NEEDS = {
    "positions": ("log", "store"),
    "running": ("store",),
    "delivery": ("store",),
    "recalls": ("store",),
    "rules": ("store",),
}
"""What a look depends on: where that failed, the same fault would only be told again."""


class Finding(NamedTuple):
    """One thing looked at: what was found, and what to do if it is not well.

    `well` is None for what could not be looked at, because what it depends on is not well.
    """

    what: str
    well: bool | None
    found: str
    remedy: str = ""
    halted: bool = False


def doctor(json: Json = False) -> None:
    """Look at configuration, data directory, disk, keys, log, store, rules and ways out.

    Ends with 1 if something is not well, with 4 if the hub is halted.

    Example: hub doctor
    """
    findings = list(_findings())
    show(
        [finding._asdict() for finding in findings],
        ("what", "well", "found", "remedy"),
        json=json,
        empty="",
    )
    bad = [finding for finding in findings if finding.well is False]
    if any(finding.halted for finding in bad):
        raise typer.Exit(exits.HALTED)
    if bad:
        raise typer.Exit(exits.ERROR)


def _findings() -> Iterator[Finding]:
    from hub.config import check

    checked = check(config_file())
    for problem in checked.problems:
        yield Finding("configuration", False, f"{problem.path}: {problem.what}", problem.remedy)
    if checked.config is None:
        return
    yield Finding("configuration", True, str(checked.file or "defaults and environment"))
    from hub.app.build import Hub
    from hub.app.logs import configure

    configure("error")
    with Hub(checked.config) as hub:
        yield from _of_hub(hub)


def _of_hub(hub: Hub) -> Iterator[Finding]:
    failed: set[str] = set()
    for name, look in (
        ("data directory", lambda: str(hub.data_dir)),
        ("disk", lambda: _disk(hub)),
        ("master key", lambda: f"id {hub.master.key_id[:8]}"),
        ("vault", lambda: _vault(hub)),
        ("log", lambda: _log(hub)),
        ("store", lambda: _store(hub)),
        ("positions", lambda: _positions(hub)),
        ("running", lambda: _running(hub)),
        ("delivery", lambda: _brake(hub)),
        ("recalls", lambda: _recalls(hub)),
        ("rules", lambda: _rules(hub)),
        ("sources", lambda: _sources(hub)),
    ):
        if failed.intersection(NEEDS.get(name, ())):
            yield Finding(name, None, "–")
            continue
        finding = _look(name, look)
        if not finding.well:
            failed.add(name)
        yield finding
    for name in hub.config.connectors:
        yield _look(f"connector {name}", lambda name=name: _connector(hub, name))  # type: ignore[misc]  # mypy infers no lambda with a default


def _look(name: str, look: Callable[[], str]) -> Finding:
    from hub.cli.failures import lines_of
    from hub.errors import Halted, HubError

    try:
        return Finding(name, True, look())
    except Halted as error:
        return Finding(name, False, lines_of(error)[0], error.remedy, halted=True)
    except HubError as error:
        first, *rest = lines_of(error)
        return Finding(name, False, first, " ".join(rest).removeprefix("remedy: "))


def _disk(hub: Hub) -> str:
    from hub.errors import ConfigError

    free = shutil.disk_usage(hub.data_dir).free
    if free < LEAST_FREE_BYTES:
        raise ConfigError((f"only {free // 1024**2} MiB are free; make room, or move data_dir",))
    return f"{free // 1024**3} GiB free"


def _vault(hub: Hub) -> str:
    from hub.app.checks import require_vault

    require_vault(hub)
    return "answers"


def _log(hub: Hub) -> str:
    from hub.ports import Topic

    identity, bounds = hub.log.identity(), hub.log.bounds(Topic.CASES)
    return f"{identity.partitions} partitions, {sum(end for _, end in bounds.values())} records"


def _store(hub: Hub) -> str:
    from hub.store import current

    return f"revision {current(hub.store.engine)}"


def _positions(hub: Hub) -> str:
    from hub.app.prepare import never_run
    from hub.ports import Topic

    if never_run(hub):
        return "never run yet: start `hub run`"
    bounds = hub.log.bounds(Topic.CASES)
    hub.store.positions.check(hub.log.identity(), bounds)
    lag = sum(bounds[p.partition][1] - p.offset for p in hub.store.positions.all())
    return f"{lag} records undecided"


def _running(hub: Hub) -> str:
    from hub.app.checks import require_running

    require_running(hub)
    return "not halted"


def _brake(hub: Hub) -> str:
    from hub.errors import ConfigError

    if any(brake.lifted_at is None for brake in hub.store.views.brakes(limit=100)):
        raise ConfigError(("the emergency brake is on; release it with: hub delivery start",))
    return "not stopped"


def _recalls(hub: Hub) -> str:
    from hub.errors import ConfigError

    stuck = hub.store.views.counts(hub.clock.now()).stuck_recalls
    if stuck:
        raise ConfigError(
            (f"{stuck} recalls do not leave; see denied in: hub referrals list --recalls",)
        )
    return "all on their way"


def _rules(hub: Hub) -> str:
    versions, config = hub.store.versions, hub.config
    waiting = [
        what
        for what, file, stored in (
            ("policy", config.policy_file, versions.policies(hub.tenant)),
            ("directory", config.directory_file, versions.directories(hub.tenant)),
        )
        if file is not None and not stored
    ]
    if waiting:
        return f"{' and '.join(waiting)} will be stored at the first start"
    rules = hub.store.cases.rules(hub.tenant, hub.clock.now())
    return f"policy {rules.policy.version}, directory {rules.directory.version}"


def _sources(hub: Hub) -> str:
    from hub.app.sources import registers, sender

    for name, source in hub.config.sources.items():
        sender(name, source, hub.tenant, hub.pseudonyms)
    asked = sorted(registers(hub.config, hub.tenant, hub.pseudonyms))
    names = ", ".join(sorted(hub.config.sources)) or "none"
    return f"{names}; children are looked up for: {', '.join(asked) or 'no register'}"


def _connector(hub: Hub, name: str) -> str:
    import asyncio

    async def ask() -> None:
        connectors = hub.connectors()
        try:
            await connectors[name].check()
        finally:
            for connector in connectors.values():
                await connector.close()

    asyncio.run(ask())
    return "reachable"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)
