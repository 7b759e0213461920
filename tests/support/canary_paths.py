"""Sends the canaries through every door of a running hub: messages, desks, files, commands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hub.demo.cast import NAMESPACE
from tests.support.canaries import Canary
from tests.support.running_hub import BATCH, CLOUD, RunningHub

ROLE = "social-service"
Command = tuple[Sequence[str], str]
"""The words of a command, and what is typed into it."""
ALL_CATEGORIES = (
    "imprisonment",
    "child-identity",
    "child-birth-date",
    "child-language",
    "place-of-stay",
    "custody",
    "carer",
    "carer-contact",
    "child-told",
    "help-requested",
    "prison-contact",
    "release",
)


MINIMUM = "imprisonment|child-identity|place-of-stay"
PERSON_COLUMNS = ("person_namespace", "person_number")
CHILD_COLUMNS = (
    *PERSON_COLUMNS,
    "child_contact_id",
    "stated_at",
    "given_name",
    "family_name",
    "birth_date",
    "address_lines",
    "postcode",
    "city",
    "carer_state",
    "carer_name",
    "carer_contact",
    "told",
)
CONSENT_COLUMNS = (
    *PERSON_COLUMNS,
    "record_id",
    "given_at",
    "purposes",
    "categories",
    "grantors",
    "all_children",
    "notice",
)


def admit(hub: RunningHub, canary: Canary, at: datetime) -> None:
    """Let both families of messages report the admission, with talkative free texts."""
    first = "prisoner-offender-search.prisoner.received"
    hub.post(message(canary, first, at, reason="NEW_ADMISSION", code=None))
    hub.post(message(canary, "prison-offender-events.prisoner.received", at))


def message(
    canary: Canary,
    kind: str,
    at: datetime,
    *,
    reason: str = "ADMISSION",
    code: str | None = "I",
    over: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """Return a domain event as a JSON string in an SNS notification; names where texts are free."""
    info = {
        "nomsNumber": canary.number,
        "reason": reason,
        "nomisMovementReasonCode": code,
        "details": f"{canary.parent} {canary.note}",
        "currentLocation": "IN_PRISON",
        "prisonId": "MUS",
    }
    event = {
        "eventType": kind,
        "version": 1,
        "description": f"{canary.parent}: {canary.note}",
        "detailUrl": f"http://127.0.0.1:9/api/prisoners/{canary.number}",
        "occurredAt": at.isoformat(),
        "publishedAt": at.isoformat(),
        "additionalInformation": info,
        "personReference": {"identifiers": [{"type": "NOMS", "value": canary.number}]},
    } | dict(over or {})
    return {
        "Type": "Notification",
        "MessageId": f"{kind}/{canary.number}/{canary.note}/{at.isoformat()}",
        "TopicArn": canary.evidence,
        "Message": json.dumps(event),
        "UnsubscribeURL": f"http://127.0.0.1:9/{canary.number}",
        "MessageAttributes": {"eventType": {"Type": "String", "Value": canary.note}},
    }


def talk(hub: RunningHub, canary: Canary, at: datetime) -> None:
    """Let the desk take down where the child lives, its safety and a consent."""
    hub.post(living(canary, at), holder="desk", kind=CLOUD)
    hub.post(safety(canary, at), holder="desk", kind=CLOUD)
    hub.post(consent(canary, at), holder="desk", kind=CLOUD)


def cloud(canary: Canary, kind: str, at: datetime, /, **data: object) -> dict[str, object]:
    """Return a CloudEvent of the desk; its id, source and subject name the parent too."""
    return {
        "specversion": "1.0",
        "id": f"{kind}/{canary.number}/{at.isoformat()}",
        "source": f"urn:desk:{canary.evidence}",
        "subject": canary.parent,
        "type": kind,
        "time": at.isoformat(),
        "data": {"person": {"namespace": NAMESPACE, "number": canary.number}, **data},
    }


def child(canary: Canary) -> dict[str, str]:
    """Return how the desk names the child."""
    return {"namespace": NAMESPACE, "contact_id": str(canary.contact)}


def living(canary: Canary, at: datetime, **over: object) -> dict[str, object]:
    """Return where and with whom the child lives."""
    address = {
        "area": "99001000",
        "lines": [canary.street],
        "postcode": canary.postcode,
        "city": canary.city,
    }
    carer = {
        "state": "known",
        "name": canary.carer,
        "contact": canary.phone,
        "safe_times": canary.note,
        "stated_by": "parent",
    }
    facts: dict[str, object] = {
        "child": child(canary),
        "language": "de",
        "address": address,
        "carer": carer,
        "custody": "sole",
        "custody_source": canary.evidence,
        "told": canary.told,
    }
    return cloud(canary, "children.changed", at, **facts | over)


def safety(canary: Canary, at: datetime, **over: object) -> dict[str, object]:
    """Return the answer that nothing is known against it."""
    facts = {"child": child(canary), "kind": "clear", "answered_at": at.isoformat(), "role": ROLE}
    return cloud(canary, "safety.answered", at, **facts | over)


def consent(canary: Canary, at: datetime, **over: object) -> dict[str, object]:
    """Return a consent to everything, with a record id that holds the prisoner's number."""
    return cloud(canary, "consent.granted", at, record=record(canary, at) | over)


def record(canary: Canary, at: datetime) -> dict[str, Any]:
    """Return the consent record."""
    capacities = ("own-data", "custodial-parent", "carer")
    return {
        "record_id": canary.consent,
        "given_at": at.isoformat(),
        "purposes": ["family-support", "release-notice"],
        "categories": list(ALL_CATEGORIES),
        "grantors": [{"capacity": c, "given_at": at.isoformat()} for c in capacities],
        "all_children": True,
        "recipient_class": "youth-office",
        "controller": canary.evidence,
        "notice": canary.note,
        "collection_method": canary.evidence,
        "evidence_place": canary.evidence,
        "help_requested": ["sgb8-16"],
    }


def later_words(hub: RunningHub, people: Sequence[Canary], at: datetime) -> None:
    """Withdraw, refuse, freeze, lift, supersede, correct, count and remove over HTTP."""
    a, b, c, d, e, f = people[:6]
    withdrawn = {"declared_at": at.isoformat(), "channel": "paper", "taken_by": a.note}
    words = [
        cloud(a, "consent.withdrawn", at, **withdrawn, record_id=a.consent),
        cloud(b, "consent.asked", at, state="declined", taken_by=b.note),
        cloud(c, "safety.freeze-set", at, set_by=c.note),
        cloud(c, "safety.freeze-lifted", at, taken_by=c.note, channel="lawyer"),
        consent(d, at, record_id=f"{d.consent} neu"),
        cloud(
            d,
            "consent.superseded",
            at,
            record_id=d.consent,
            superseded_by=f"{d.consent} neu",
        ),
        consent(e, at, controller=f"{e.evidence} neu"),
        cloud(e, "children.counted", at, count=2),
        cloud(f, "children.removed", at, child=child(f), reason="other-family"),
    ]
    hub.post(words, holder="desk", kind=BATCH)


def other_reports(hub: RunningHub, people: Sequence[Canary], at: datetime) -> None:
    """Report a merge, bookings moved and deleted, a transfer, a release, and what is ignored."""
    a, b, c, d, e, f = people[:6]
    prefix = "prison-offender-events.prisoner"
    told = {"description": f"{b.parent} {b.number} ist {a.parent} {a.number}"}
    merge = {"bookingId": "8800001", "nomsNumber": a.number, "removedNomsNumber": b.number}
    moved = {
        "bookingId": "8800002",
        "movedToNomsNumber": c.number,
        "movedFromNomsNumber": d.number,
    }
    nobody: dict[str, object] = {"personReference": None}
    for canary, kind, over in (
        (a, "merged", {"additionalInformation": merge, **nobody, **told}),
        (c, "booking.moved", {"additionalInformation": moved, **nobody}),
        (e, "booking.deleted", {"additionalInformation": {"bookingId": "99999"}}),
    ):
        hub.post(message(canary, f"{prefix}.{kind}", at, over=over))
    hub.post(message(e, f"{prefix}.released", at, reason="TRANSFERRED", code="NOTR"))
    hub.post(message(f, f"{prefix}.released", at, reason="RELEASED", code="CR"))
    hub.post(message(f, "prisoner-offender-search.prisoner.alerts-updated", at))
    hub.post(message(f, f"unheard-of.{f.note}", at))


def by_file(hub: RunningHub, people: Sequence[Canary], at: datetime, folder: Path) -> None:
    """Hand in CSV files and JSON lines, each with good and bad rows."""
    a, b = people[:2]
    stamp = at.isoformat()
    children = [
        ",".join(CHILD_COLUMNS),
        *(
            ",".join(
                (
                    *("NOMS", c.number, str(c.contact), stamp, c.given, c.family, born, c.street),
                    *(c.postcode, c.city, "known", c.carer, c.phone, f'"{c.told}"'),
                )
            )
            for c, born in ((a, a.born.isoformat()), (b, b.birth_forms[3]))
        ),
        f"NOMS,{b.number},{b.note}",
    ]
    safeties = [
        "person_namespace,person_number,child_contact_id,answer,answered_at,role",
        f"NOMS,{a.number},{a.contact},clear,{stamp},{ROLE}",
        f"NOMS,{b.number},{b.contact},{b.note},{b.birth_forms[3]},{b.note}",
    ]
    granted = (stamp, "family-support", MINIMUM, "own-data|custodial-parent", "yes", a.note)
    consents = [
        ";".join(CONSENT_COLUMNS),
        ";".join(("NOMS", a.number, a.consent, *granted)),
        ";".join(("NOMS", b.number, b.consent, *[b.note] * len(granted))),
    ]
    # A header that holds a person's data instead of names.
    wrong = [f"{b.number},{b.given},{b.note}", "1,2,3"]
    kinds = {"children": children, "safety": safeties, "consents": consents, "header": wrong}
    wanted: list[Command] = []
    for kind, lines in kinds.items():
        file = folder / f"{kind}.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        form = "children" if kind == "header" else kind
        wanted.append((("publish", str(file), "--source", "desk", "--kind", form), ""))
    file = folder / "messages.ndjson"
    bodies = [message(a, "prison-offender-events.prisoner.received", at), message(b, b.note, at)]
    text = "\n".join(json.dumps(body) for body in bodies) + f'\n{{"{b.note}": {b.number}\n'
    file.write_text(text, encoding="utf-8")
    wanted.append((("publish", str(file), "--source", "prison", "--json"), ""))
    hub.commands(wanted)


def by_command(hub: RunningHub, people: Sequence[Canary], at: datetime, folder: Path) -> None:
    """Enter events at the command line, and look the same people up."""
    a, b = people[:2]
    good, bad = folder / "consent.json", folder / "bad-consent.json"
    good.write_text(json.dumps(record(a, at)), encoding="utf-8")
    bad.write_text(json.dumps(record(b, at) | {"purposes": [b.note]}), encoding="utf-8")
    one, two = f"NOMS:{a.number}", f"NOMS:{b.number}"
    withdraw = ("consent", "withdraw", one, "--taken-by", a.note, "--channel", "oral")
    asked = ("safety", "record", one, "--child", str(a.contact))
    lift = ("freeze", "lift", one, "--taken-by", a.note, "--channel", "paper")
    wanted: list[Sequence[str]] = [
        ("consent", "record", one, str(good)),
        ("consent", "record", two, str(bad)),
        (*withdraw, "--record-id", a.consent, "--json"),
        (*withdraw, "--declared-at", a.note),
        ("consent", "refuse", two, "--taken-by", b.note),
        (*asked, "--answer", "clear", "--role", a.note),
        (*asked, "--answer", "clear", "--role", a.note, "--at", a.birth_forms[3]),
        ("freeze", "set", one, "--by", a.note),
        lift,
        ("freeze", "set", b.number, "--by", b.note),
        ("explain", b.number),
        ("referrals", "show", b.consent),
        ("dead-letters", "show", b.note),
    ]
    for number in (one, two):
        for flag in ((), ("--json",)):
            wanted.append(("explain", "--number", number, *flag))
            wanted.append(("referrals", "list", "--number", number, *flag))
    typed: list[Command] = [
        (("consent", "record", "NOMS:-", str(good)), f"{a.number}\n"),
        (("consent", "record", "NOMS:-", "-"), b.number),
        (("explain", "--number", "NOMS:-"), f"{b.number}\n"),
    ]
    hub.commands([*((words, "") for words in wanted), *typed])


def listings(hub: RunningHub) -> None:
    """List all that an operator can list, as table and as JSON."""
    groups = ("referrals", "withheld", "cases", "tasks", "dead-letters")
    lists = [(group, "list", *flags) for group in groups for flags in ((), ("--json",))]
    hub.commands([(words, "") for words in (*lists, ("doctor",), ("config", "show"))])
