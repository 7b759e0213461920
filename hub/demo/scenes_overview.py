"""The scenes about everybody: what came in, who has children, what was delivered, what withheld."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hub.demo.cast import (
    ALMA,
    CAST,
    FRITZ,
    KARL,
    LARS,
    MARIA,
    NINA,
    PETRA,
    SVEN,
    WILMA,
    ZORA,
    Parent,
)
from hub.demo.evidence import Evidence, Message
from hub.demo.scene import Finding, Page, Scene, Table
from hub.demo.words import minutes, plain, several, since, times, when
from hub.domain.decision import FactKind
from hub.domain.referral import Operation
from hub.ports import OutcomeKind
from hub.store.view_rows import SendView

SETTLE: Final = timedelta(minutes=45)
FEW_DOZEN: Final = 24
WITHHELD: Final[dict[Parent, set[str]]] = {
    WILMA: {"consent-withdrawn"},
    FRITZ: {"frozen"},
    NINA: {"consent-declined"},
    ALMA: {"no-consent", "no-recipient", "safety-check-missing"},
    SVEN: {"safety-check-missing"},
}
"""Whose referral the core did not make (or takes back), and every reason against it."""


def came_in(seen: Evidence) -> Scene:
    """Everything that came in was decided, once."""
    prison = [took for took in seen.took if took.sender == "prison"]
    ignored = Counter(code for took in prison for code in took.ignored)
    records = sum(seen.ends.values())
    places = {(outcome.partition, outcome.offset) for outcome in seen.outcomes}
    kinds = Counter(outcome.outcome for outcome in seen.outcomes)
    by_type = Counter((o.type or "(not legible)", o.outcome) for o in seen.outcomes)
    types = sorted({name for name, _ in by_type})
    return Scene(
        "came-in",
        "What came in",
        "Every record of the log was applied, ignored for a reason, or put aside as a dead letter.",
        (
            Finding(
                f"{len(prison)} prison messages in SNS envelopes were taken; none of the hub's "
                "business: " + ", ".join(f"{number} ({code})" for code, number in ignored.items()),
                len(prison) >= FEW_DOZEN and bool(ignored),
            ),
            Finding(
                f"{records} records in the log, {len(seen.outcomes)} outcomes: "
                + ", ".join(f"{kinds[kind]} {kind.value}" for kind in OutcomeKind),
                records == len(seen.outcomes) == len(places),
            ),
        ),
        (
            Table(
                ("record type", *(kind.value for kind in OutcomeKind)),
                tuple(
                    (name, *(str(by_type[name, kind] or "") for kind in OutcomeKind))
                    for name in types
                ),
            ),
        ),
    )


def children(seen: Evidence) -> Scene:
    """Children come from the prison's contacts system, by look-up."""
    recorded = {parent: seen.recorded(parent) for parent in CAST}
    number = sum(len(kids) for kids in recorded.values())
    having = [parent for parent, kids in recorded.items() if kids]
    unnamed = [task.kind for task in seen.tasks(ZORA)]
    return Scene(
        "children",
        "Which parents have recorded children",
        "The hub looked the children up; a mere number becomes a task, never a referral.",
        (
            Finding(
                f"{len(having)} of {len(CAST)} parents have {number} recorded children",
                all(list(parent.kids) == recorded[parent] for parent in CAST),
            ),
            Finding(
                f"{ZORA.name}: a number only; {several(len(unnamed), 'task')} "
                f"({', '.join(unnamed)}), {several(len(seen.sends(ZORA)), 'message')}",
                unnamed == ["children-unnamed"] and not seen.sends(ZORA),
            ),
            Finding(
                f"{KARL.name}: no children, "
                f"{several(len(seen.tasks(KARL, closed=True)), 'task')}, "
                f"{several(len(seen.sends(KARL)), 'message')}",
                not seen.tasks(KARL, closed=True) and not seen.sends(KARL),
            ),
        ),
        (
            Table(
                ("parent", "recorded children"),
                tuple(
                    (p.name, ", ".join(f"{kid.given} ({kid.born.year})" for kid in kids) or "-")
                    for p, kids in recorded.items()
                ),
            ),
        ),
    )


def delivered(seen: Evidence) -> Scene:
    """Referrals leave after the settle window, with consent, once, and carry what they may."""
    referrals = [s for s in seen.all_sends if s.operation == Operation.REFER]
    gone = [s for s in referrals if s.state == "delivered"]
    messages = {m.message_id: m for m in seen.inbox.messages}
    waits = [_waited(seen, send) for send in gone]
    repeated = [count for count in seen.inbox.receipts.values() if count != 1]
    everything = json.dumps([m.data for m in seen.inbox.messages], ensure_ascii=False)
    leaked = [p.number for p in CAST if p.number in everything or p.name in everything]
    first = sorted(
        seen.received(MARIA, Operation.REFER), key=lambda message: message.page("de"), reverse=True
    )
    siblings = {message.data["content"]["correlation"] for message in first}
    return Scene(
        "delivered",
        "Which referrals were delivered, and what they say",
        "Each referral left after its settle window, under consent, and arrived once.",
        (
            Finding(
                f"{len(gone)} referrals are delivered and stand in the inbox's journal; "
                f"{len(repeated) or 'none'} came more than once",
                bool(gone) and not repeated and all(s.idempotency_id in messages for s in gone),
            ),
            Finding(
                "the shortest time between admission and disclosure was "
                f"{minutes(min(waits, default=timedelta()))} of the story",
                bool(waits) and min(waits) >= SETTLE,
            ),
            Finding(
                "the inbox verified every signature and order itself: "
                f"{several(len(seen.inbox.refused), 'refusal')}, "
                f"{several(len(seen.inbox.breaches), 'slip')} of order",
                not seen.inbox.refused and not seen.inbox.breaches,
            ),
            Finding(
                "no message holds a prisoner number or a parent's name: "
                f"{len(everything):,} characters searched, {len(leaked) or 'none'} found",
                bool(everything) and not leaked,
            ),
            Finding(
                f"{MARIA.name}'s two children share one correlation id at the office",
                len(siblings) == 1 and len(first) == len(MARIA.kids),
            ),
        ),
        _exhibits(seen, gone, messages, first[0] if first else None),
    )


def _waited(seen: Evidence, send: SendView) -> timedelta:
    """Return the time from the first report of the admission to the first intent to disclose."""
    person = send.person
    heard = min(
        outcome.at
        for outcome in seen.outcomes
        if outcome.person == person and outcome.type == "movements.recorded"
    )
    first = min(intent.at for intent in seen.intents(send))
    return first - heard


def _exhibits(
    seen: Evidence,
    gone: list[SendView],
    messages: dict[UUID, Message],
    shown: Message | None,
) -> tuple[Table | Page, ...]:
    rows = tuple(
        (
            send.recipient,
            when(min(intent.at for intent in seen.intents(send))),
            _one_line(messages.get(send.idempotency_id)),
        )
        for send in sorted(gone, key=lambda s: (s.recipient, seen.child_name(s.child)))
    )
    table = Table(("recipient", "left", "says"), rows)
    if shown is None:
        return (table,)
    return (Page("The first of them, as the office reads it", shown.page("de")), table)


def _one_line(message: Message | None) -> str:
    """Return the gist of what the inbox received."""
    if message is None:
        return "nothing arrived"
    content = message.data["content"]
    said = {item["key"]: item["value"] for items in content["items"].values() for item in items}
    carer = said.get("carer_name", "carer not to be named")
    return f"{said.get('given_name')} stays in {said.get('town')}; {carer}; {len(said)} facts"


def withheld(seen: Evidence) -> Scene:
    """What was not sent, and every reason."""
    denied = [send for send in seen.all_sends if send.state == "ready" and send.denied]
    rows = [
        (seen.name(row.person), seen.child_name(row.child), since(row.since), row.reasons)
        for row in seen.all_withheld
    ] + [
        (
            seen.name(send.person),
            seen.child_name(send.child),
            since(send.ready_at),
            send.denied or (),
        )
        for send in denied
    ]
    found = {
        parent: {reason for row in seen.withheld(parent) for reason in row.reasons}
        for parent in CAST
    }
    differing = [parent for parent in CAST if found[parent] != WITHHELD.get(parent, set())]
    return Scene(
        "withheld",
        "Which referrals were withheld, and exactly why",
        "Every referral that is not made or not sent has all its reasons, and only those.",
        (
            Finding(
                f"the core withholds for {', '.join(p.name for p in CAST if found[p])}; "
                f"other reasons than claimed: {', '.join(p.name for p in differing) or 'nobody'}",
                not differing,
            ),
            Finding(
                f"{PETRA.name}: made ready, but the dispatcher denies it: "
                + ", ".join(reason for send in denied for reason in send.denied or ()),
                [(s.person, s.denied) for s in denied]
                == [(s.person, ("unresolved-input",)) for s in seen.sends(PETRA)],
            ),
        ),
        (
            Table(
                ("parent", "child", "since", "code", "in plain words"),
                tuple(
                    (*((who, child, start) if nth == 0 else ("", "", "")), code, plain([code]))
                    for who, child, start, codes in rows
                    for nth, code in enumerate(codes)
                ),
            ),
        ),
    )


def late_consent(seen: Evidence) -> Scene:
    """A consent given late is looked at again for the running stay."""
    reasons = [(row.at, row.fact.reasons) for row in seen.facts(LARS, FactKind.WITHHELD)]
    before = reasons[-1] if reasons else None
    granted = _granted_at(seen)
    sends = seen.sends(LARS)
    left = [intent.at for send in sends for intent in seen.intents(send)]
    return Scene(
        "late-consent",
        "A consent given late",
        f"{LARS.name} consented a day after the admission; the referral left at once.",
        (
            Finding(
                f"{when(before[0])}: withheld ({', '.join(before[1])})" if before else "no trace",
                before is not None and before[1] == ("no-consent",),
            ),
            Finding(
                f"{when(granted)}: consent applied" if granted else "no consent was applied",
                granted is not None and before is not None and granted > before[0],
            ),
            Finding(
                f"{when(left[0])}: referral sent to {sends[0].recipient}; it arrived "
                f"{times(len(seen.received(LARS)))}"
                if left
                else "nothing was sent",
                len(left) == 1
                and granted is not None
                and timedelta() <= left[0] - granted < timedelta(minutes=1)
                and len(seen.received(LARS, Operation.REFER)) == 1,
            ),
        ),
    )


def _granted_at(seen: Evidence) -> datetime | None:
    return next(
        (
            row.at
            for row in seen.facts(LARS, FactKind.EVENT_APPLIED)
            if row.fact.refs.get("type") == "consent.granted"
        ),
        None,
    )
