"""The scenes about one person each."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.demo.cast import ALMA, DORA, FRITZ, INES, MARIA, NINA, PETRA, SVEN, TOM, WILMA, Parent
from hub.demo.evidence import Evidence
from hub.demo.scene import Finding, Page, Scene, Table
from hub.demo.words import minutes, plain, several, short, times, when
from hub.domain.consent import Purpose
from hub.domain.decision import FactKind
from hub.domain.referral import Operation
from hub.ports import FactRow, Outcome, OutcomeKind

SOON: Final = timedelta(minutes=1)
SETTLE: Final = timedelta(minutes=45)


def movements_inside(seen: Evidence) -> Scene:
    """A court trip and a transfer stay inside the stay."""
    court = seen.outcomes_of(TOM, "answers", "prison")
    transfer = seen.outcomes_of(TOM, "next-day", "prison")
    applied = [o for o in (*court, *transfer) if o.outcome is OutcomeKind.APPLIED]
    return Scene(
        "movements-inside",
        "A court trip and a transfer",
        f"{TOM.name} went to court and was transferred; the helpers rightly heard nothing of it.",
        (
            Finding(
                f"{len(court)} court movements and {len(transfer)} of the transfer were "
                f"taken in; {len(applied)} were applied",
                len(court) == len(transfer) == 2 and len(applied) == 4,  # noqa: PLR2004 - out and back, off and in
            ),
            _single_referral(seen, TOM),
        ),
    )


def undone(seen: Evidence) -> Scene:
    """An admission entered in error is undone inside the settle window."""
    deleted = seen.outcomes_of(INES, "corrections", "prison")
    admitted = seen.outcomes_of(INES, "admissions", "prison")
    after = deleted[0].at - admitted[0].at if deleted and admitted else SETTLE
    return Scene(
        "undone",
        "An admission undone inside the settle window",
        f"{INES.name}'s admission was an error. Consent and safety were given, yet nothing left.",
        (
            Finding(
                f"{minutes(after)} after the admission its booking was "
                f"deleted: {', '.join(f'{o.type} {o.outcome.value}' for o in deleted)}",
                after < SETTLE and _applied(deleted, "identity.booking-deleted"),
            ),
            Finding(
                f"{several(len(seen.sends(INES)), 'message')} about the child, "
                f"{several(len(seen.withheld(INES)), 'referral')} waiting, "
                f"{several(len(seen.tasks(INES)), 'open task')}",
                not seen.sends(INES) and not seen.withheld(INES) and not seen.tasks(INES),
            ),
        ),
    )


def twice_and_out_of_order(seen: Evidence) -> Scene:
    """A repetition and a pair in the wrong order change nothing."""
    again = seen.outcomes_of(DORA, "corrections", "prison")
    repeated = [o for o in again if o.reason == "duplicate"]
    pair = seen.outcomes_of(DORA, "answers", "prison")
    return Scene(
        "twice-and-out-of-order",
        "A duplicate, and two events in the wrong order",
        f"{DORA.name}'s admission came twice, and the return from court before the departure.",
        (
            Finding(
                "one message, two records: "
                + ", then ".join(
                    f"{o.outcome.value} {o.reason and f'({o.reason})'}".strip() for o in again
                ),
                len(again) == 2 and len(repeated) == 1,  # noqa: PLR2004 - the message and its repetition
            ),
            Finding(
                f"the pair in the wrong order: {', '.join(o.outcome.value for o in pair)}; "
                f"it left {several(len(seen.tasks(DORA)), 'task')}",
                [o.outcome for o in pair] == [OutcomeKind.APPLIED] * 2 and not seen.tasks(DORA),
            ),
            _single_referral(seen, DORA),
        ),
    )


def recall(seen: Evidence) -> Scene:
    """A withdrawal recalls what was disclosed."""
    sends = seen.sends(WILMA)
    arrived = seen.received(WILMA)
    word = next((m for m in arrived if m.operation == Operation.RETRACT), None)
    retraction = word.data["retraction"] if word else {}
    held = seen.inbox.referrals.get(str(sends[0].referral_id), {}) if sends else {}
    return Scene(
        "recall",
        "A withdrawal, and its recall at the inbox",
        f"{WILMA.name} took the consent back; the office was told to use the referral no more.",
        (
            Finding(
                "arrived in this order: " + ", ".join(m.operation for m in arrived),
                [m.operation for m in arrived] == [Operation.REFER, Operation.RETRACT],
            ),
            Finding(
                f"the recall says kind {retraction.get('kind')}, reason "
                f"{retraction.get('reason')}, norm {retraction.get('norm')}, and no content",
                word is not None
                and not word.data.get("content")
                and retraction.get("kind") == "withdrawn",
            ),
            Finding(
                "at the inbox the referral is "
                f"{'closed' if held.get('open') is False else 'still open'} and its content "
                f"{'removed' if held.get('content') is None else 'kept'}",
                held.get("open") is False and held.get("content") is None,
            ),
        ),
    )


def freeze(seen: Evidence) -> Scene:
    """An officer stops everything at once, without a reason."""
    return _stopped(
        seen,
        FRITZ,
        (
            "freeze",
            "A freeze set by an officer",
            f"Consent and safety stand for {FRITZ.name}'s child; an officer stopped everything.",
        ),
        reason="frozen",
        cause="safety.freeze-set",
    )


def refusal(seen: Evidence) -> Scene:
    """A refusal is final; nobody chases."""
    scene = _stopped(
        seen,
        NINA,
        (
            "refusal",
            "A refusal that nobody chases",
            f"{NINA.name} said no. No task, no reminder, no message follows from it.",
        ),
        reason="consent-declined",
        cause="consent.asked",
    )
    since = _causes(seen, NINA, "consent.asked")
    opened = [
        row
        for row in seen.facts(NINA, FactKind.TASK_OPENED, FactKind.LOOKUP_ASKED)
        if since and row.at >= since[0].at
    ]
    return scene._replace(
        findings=(
            *scene.findings,
            Finding(
                f"since the refusal: {len(opened) or 'no'} new tasks or questions, "
                f"{several(len(seen.tasks(NINA)), 'open task')}",
                bool(since) and not opened and not seen.tasks(NINA),
            ),
        )
    )


def safety_missing(seen: Evidence) -> Scene:
    """A missing safety answer is not safety."""
    return _stopped(
        seen,
        SVEN,
        (
            "safety-missing",
            "A missing safety answer",
            f"{SVEN.name} consented, but nobody answered the safety question: nothing leaves.",
        ),
        reason="safety-check-missing",
        cause="consent.granted",
    )


def child_alone(seen: Evidence) -> Scene:
    """A child that nobody is known to look after is a task at once."""
    mine = [task for task in seen.tasks(ALMA) if task.kind == "child-alone"]
    admitted = seen.outcomes_of(ALMA, "admissions", "prison")
    after = mine[0].since - admitted[0].at if mine and admitted else SETTLE
    others = [t for t in seen.all_tasks if t.kind == "child-alone" and t not in mine]
    return Scene(
        "child-alone",
        "A child without a known carer",
        "A critical task was raised at once: before the settle window ended, without any consent.",
        (
            Finding(
                f"{ALMA.name}: {', '.join(f'{t.severity} task {t.kind}' for t in mine)} "
                f"{after.total_seconds():.0f} s after the admission",
                len(mine) == 1 and mine[0].severity == "critical" and after < SOON,
            ),
            Finding(
                "nobody took it up within the hour; it was "
                + ("escalated" if all(t.escalated for t in mine) else "not escalated"),
                [t.escalated for t in mine] == [True],
            ),
            Finding(
                f"{len(others)} such tasks for other children closed when a carer was named",
                bool(others) and all(t.closed_at is not None for t in others),
            ),
            Finding(
                f"the hub itself sent {several(len(seen.sends(ALMA)), 'message')} about the child",
                not seen.sends(ALMA),
            ),
        ),
    )


def release_notice(seen: Evidence) -> Scene:
    """Those who accepted are told of the release, if consent and a fresh safety answer allow."""
    answers = _causes(seen, MARIA, "acknowledgements.received")
    refused = [
        row
        for row in seen.facts(MARIA, FactKind.WITHHELD)
        if row.fact.refs.get("purpose") == Purpose.RELEASE_NOTICE
    ]
    last = refused[-1] if refused else None
    ready = seen.facts(MARIA, FactKind.NOTICE_READY)
    arrived = seen.received(MARIA, Operation.RELEASE_NOTICE)
    return Scene(
        "release-notice",
        "A release notice",
        f"The office that helps {MARIA.name}'s children heard of the release, after a fresh look.",
        (
            Finding(
                f"{several(len(answers), 'answer')} of the office applied",
                len(answers) == len(MARIA.kids),
            ),
            Finding(
                f"{when(last.at)}: withheld ({', '.join(last.fact.reasons)}): "
                f"{plain(last.fact.reasons)}, asked anew before a release notice"
                if last
                else "no trace",
                last is not None and last.fact.reasons == ("safety-check-missing",),
            ),
            Finding(
                f"{when(ready[0].at)}: made ready after the answer; "
                f"{several(len(arrived), 'notice')} arrived at the inbox"
                if ready
                else "no notice was made",
                len(arrived) == len(ready) == len(MARIA.kids)
                and last is not None
                and ready[0].at > last.at,
            ),
        ),
        tuple(Page("What it says", message.page("en")) for message in arrived[:1]),
    )


def dead_letter(seen: Evidence) -> Scene:
    """What can't be understood is put aside and holds the person's case; neighbours go on."""
    letters = seen.letters(PETRA)
    sends = seen.sends(PETRA)
    intents = [intent for send in sends for intent in seen.intents(send)]
    after = [
        o
        for o in seen.outcomes
        for letter in letters
        if o.partition == letter.partition and o.offset > letter.offset
    ]
    return Scene(
        "dead-letter",
        "A record of a newer version that this one can't understand",
        f"It is a dead letter with its reason, and holds {PETRA.name}'s case; the others go on.",
        (
            Finding(
                ", ".join(f"{each.type}: {each.reason} at {each.field_path}" for each in letters)
                or "no dead letter",
                [each.reason for each in letters] == ["newer-schema"],
            ),
            Finding(
                f"the case is {'held' if seen.held(PETRA) else 'not held'}; her referral is "
                + ", ".join(f"{s.state}, denied ({', '.join(s.denied or ())})" for s in sends)
                + f"; {several(len(intents), 'attempt')} to send it",
                seen.held(PETRA)
                and [s.denied for s in sends] == [("unresolved-input",)]
                and not intents,
            ),
            Finding(
                f"{several(len(after), 'later record')} of the same partition: decided", bool(after)
            ),
        ),
        (
            Table(
                ("letter", "reason", "field", "what to do"),
                tuple((short(x.letter_id, 8), x.reason, x.field_path, x.remedy) for x in letters),
            ),
        ),
    )


def _stopped(
    seen: Evidence, parent: Parent, scene: tuple[str, str, str], *, reason: str, cause: str
) -> Scene:
    """Return the scene of a referral that exactly one reason stops."""
    causes = _causes(seen, parent, cause)
    rows = seen.withheld(parent)
    key, title, claim = scene
    return Scene(
        key,
        title,
        claim,
        (
            Finding(
                f"{when(causes[0].at)}: {cause} applied" if causes else f"no {cause}", bool(causes)
            ),
            Finding(
                "withheld for exactly: "
                + "; ".join(f"{', '.join(r.reasons)} ({plain(r.reasons)})" for r in rows),
                [r.reasons for r in rows] == [(reason,)],
            ),
            Finding(
                f"{several(len(seen.sends(parent)), 'message')} about the child",
                not seen.sends(parent),
            ),
        ),
    )


def _single_referral(seen: Evidence, parent: Parent) -> Finding:
    sends = seen.sends(parent)
    arrived = seen.received(parent)
    said = ", ".join(f"{s.operation} (generation {s.generation}, {s.state})" for s in sends)
    return Finding(
        f"all that was ever sent: {said}; it arrived {times(len(arrived))}",
        [(s.operation, s.generation) for s in sends] == [(Operation.REFER, 1)]
        and len(arrived) == 1,
    )


def _applied(outcomes: list[Outcome], kind: str) -> bool:
    return [(o.type, o.outcome) for o in outcomes] == [(kind, OutcomeKind.APPLIED)]


def _causes(seen: Evidence, parent: Parent, kind: str) -> list[FactRow]:
    """Return the applied events of one record type about a parent."""
    applied = seen.facts(parent, FactKind.EVENT_APPLIED)
    return [row for row in applied if row.fact.refs.get("type") == kind]
