"""Checks that exactly that left which may leave (P2 to P5).

Intents are held against the cases of their instant, arrivals against the core's messages.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from hub.codec import SchemaSet
from hub.codec.wire import RecordFormat
from hub.domain.case import Case
from hub.domain.decision import Send
from hub.domain.events import ConsentGranted, ConsentWithdrawn
from hub.domain.ids import PersonKey
from hub.domain.permit import Permit, Question, permit
from hub.domain.policy import Rules
from hub.domain.referral import Operation
from hub.domain.values import EPOCH
from tests.support.verifier_core import Run, Step
from tests.support.verifier_files import Arrival, Files

_LIFE_CYCLE: Final = {
    "referral-ready",
    "referral-updated",
    "referral-retracted",
    "referral-closed",
    "notice-ready",
    "disclosure-intent",
    "disclosure-result",
    "send-cancelled",
}


class DeliveryCheck:
    """Compares what delivery did with what it was allowed and obliged to do."""

    def __init__(self, files: Files, run: Run, rules: Rules) -> None:
        self._files = files
        self._run = run
        self._rules = rules
        self._intents: dict[UUID, list[sqlite3.Row]] = defaultdict(list)
        for row in files.tables["intents"]:
            self._intents[UUID(row["send_id"])].append(row)
        self._first: dict[UUID, int] = {}
        for place, arrival in enumerate(files.arrivals):
            self._first.setdefault(arrival.message_id, place)
        self._states = {UUID(r["idempotency_id"]): r["state"] for r in files.tables["outbox"]}
        self._outdated = {
            UUID(r["idempotency_id"])
            for r in files.tables["outbox"]
            if r["state_reason"] == "outdated"
        }

    def problems(self) -> Iterator[str]:
        """Yield everything that is wrong."""
        checks: tuple[Callable[[], Iterator[str]], ...] = (
            self.intents,
            self.arrivals,
            self.order,
            self.one_open,
            self.duties,
            self.lines,
            self.published,
        )
        for check in checks:
            yield from check()

    def intents(self) -> Iterator[str]:
        """No intent was begun unless the permit held as the cases stood at its commit (P3, P4).

        The decision log's numbers are the order of commits: it is walked once, with the cases as
        they were and with what a reader of consents and withdrawals alone would know.
        """
        rows = {UUID(row["intent_id"]): row for row in self._files.tables["intents"]}
        cases: dict[PersonKey, Case] = {}
        knows = _Naive()
        held: set[str] = set()
        seen: set[UUID] = set()
        for line in self._files.tables["decision_log"]:
            if line["kind"] == "dead-lettered":
                held.add(line["person"] or "")
            elif line["kind"] == "disclosure-intent":
                intent = rows.get(UUID(json.loads(line["refs"])["intent"]))
                if intent is None:
                    yield f"line {line['number']} tells of an intent that is not stored"
                    continue
                seen.add(UUID(intent["intent_id"]))
                yield from self._intent(line, intent, cases, knows, held)
            elif line["kind"] in {"event-applied", "event-ignored"}:
                step = self._run.steps.get(UUID(line["event_id"]))
                if step is not None:
                    cases |= {case.person: case for case in step.cases}
                    knows.learn(step)
        for key in rows.keys() - seen:
            yield f"intent {key} has no line in the decision log"

    def _intent(
        self,
        line: sqlite3.Row,
        intent: sqlite3.Row,
        cases: dict[PersonKey, Case],
        knows: _Naive,
        held: set[str],
    ) -> Iterator[str]:
        send = self._run.sends.get(UUID(intent["send_id"]))
        consents = tuple(json.loads(intent["consents"]))
        if " ".join(consents) != json.loads(line["refs"])["consents"]:
            yield f"line {line['number']} names other consents than its intent"
        if send is None:
            yield f"intent {intent['intent_id']} is for a message that the core never made"
        elif send.operation is Operation.RETRACT:
            if not any(self._intents[s.idempotency_id] for s in self._before(send)):
                yield f"recall {send.idempotency_id} although nothing was disclosed"
        else:
            answer = self._permit(send, cases, _instant(intent["at"]), intent["lifetime_s"], held)
            if not answer.allowed:
                against = ", ".join(answer.reasons)
                yield f"intent {intent['intent_id']} against the permit: {against}"
            elif answer.consents != consents:
                yield f"intent {intent['intent_id']} names other consents than the permit"
            for record in consents:
                if record in knows.withdrawn[knows.home(send.person)]:
                    yield f"intent {intent['intent_id']} after the withdrawal of its consent"
                if record not in knows.granted[knows.home(send.person)]:
                    yield f"intent {intent['intent_id']} under a consent that nobody gave"

    def arrivals(self) -> Iterator[str]:
        """What arrived was made by the core, one body per id, each under an intent of its own."""
        digests: dict[UUID, str] = {}
        counts = Counter(arrival.message_id for arrival in self._files.arrivals)
        for arrival in self._files.arrivals:
            key = arrival.message_id
            if digests.setdefault(key, arrival.digest) != arrival.digest:
                yield f"message {key} arrived with two bodies"
            send = self._run.sends.get(key)
            if send is None:
                yield f"message {key} arrived, which the core never made"
            elif problem := _unlike(arrival, send):
                yield f"message {key}: {problem}"
        for key, count in counts.items():
            if count > len(self._intents[key]):
                yield f"message {key} arrived {count} times under {len(self._intents[key])} intents"

    def order(self) -> Iterator[str]:
        """Nothing overtakes what came before it for one referral at one recipient (P5)."""
        place = {key: number for number, key in enumerate(self._run.sends)}
        last: dict[str, int] = {}
        for arrival in self._files.arrivals:
            send = self._run.sends.get(arrival.message_id)
            if send is None:
                continue
            here = place[arrival.message_id]
            if here < last.get(send.order_key, -1):
                yield f"message {arrival.message_id} arrived after a later one of its referral"
            last[send.order_key] = max(here, last.get(send.order_key, -1))

    def one_open(self) -> Iterator[str]:
        """At most one referral is open per child, stay, recipient and purpose (P2)."""
        open_now: dict[tuple[Any, ...], tuple[UUID, int]] = {}
        for key in self._first:
            send = self._run.sends.get(key)
            if send is None or send.operation not in {Operation.REFER, Operation.RETRACT}:
                continue
            what = (send.child, send.episode_id, send.recipient, send.purpose)
            this = (send.referral_id, send.generation)
            if send.operation is Operation.RETRACT:
                if open_now.get(what) == this:
                    del open_now[what]
            elif open_now.setdefault(what, this) != this:
                yield f"referral {this} arrived while {open_now[what]} was open"

    def duties(self) -> Iterator[str]:
        """What had to arrive arrived: referrals unless withheld or taken back, recalls always."""
        for key, send in self._run.sends.items():
            if key in self._first:
                if self._states.get(key) == "cancelled":
                    yield from self._cancelled_but_arrived(send)
                continue
            if self._states.get(key) == "delivered":
                yield f"message {key} ({send.operation.value}) is missing, but noted as delivered"
            elif send.operation is Operation.RETRACT:
                disclosed = [s for s in self._before(send) if self._intents[s.idempotency_id]]
                if disclosed:
                    yield f"recall {key} of a disclosed referral is missing"
                elif self._states.get(key) != "cancelled":
                    yield f"recall {key} of what was never disclosed still waits"
            elif not (self._taken_back(send) or self._said_anew(send) or self._waits_rightly(send)):
                yield f"message {key} ({send.operation.value}) is missing"

    def _cancelled_but_arrived(self, send: Send) -> Iterator[str]:
        """Its result was lost; then its recall must have followed, or it was said anew."""
        if self._said_anew(send):
            return
        recalls = [s.idempotency_id for s in self._after(send) if s.operation is Operation.RETRACT]
        if not any(self._first.get(r, -1) > self._first[send.idempotency_id] for r in recalls):
            yield f"message {send.idempotency_id} was cancelled but arrived, and no recall followed"

    def _taken_back(self, send: Send) -> bool:
        return any(s.operation is Operation.RETRACT for s in self._after(send))

    def _said_anew(self, send: Send) -> bool:
        """A newer message took the place of one that was not the first of its referral."""
        if send.idempotency_id not in self._outdated or send.operation is Operation.REFER:
            return False
        return any(
            s.content_version > send.content_version and s.operation is not Operation.RETRACT
            for s in self._after(send)
        )

    def _waits_rightly(self, send: Send) -> bool:
        """It is still ready, and denied as the cases stand, or parked behind one that is not."""
        if self._states.get(send.idempotency_id) != "ready":
            return False
        parked = any(self._states.get(s.idempotency_id) == "ready" for s in self._before(send))
        at = _instant(max(row["at"] for row in self._files.tables["outcomes"]))
        answer = self._permit(send, self._run.cases, at, 1.0, self._run.held)
        return parked or not answer.allowed

    def lines(self) -> Iterator[str]:
        """Every intent, result and cancellation has its one line in the decision log."""
        lines: Counter[tuple[str, UUID]] = Counter()
        for row in self._files.tables["decision_log"]:
            refs = json.loads(row["refs"])
            if row["kind"] in {"disclosure-intent", "disclosure-result"}:
                lines[row["kind"], UUID(refs["intent"])] += 1
            elif row["kind"] == "send-cancelled":
                lines[row["kind"], UUID(refs["send"])] += 1
        wanted: Counter[tuple[str, UUID]] = Counter()
        for table, kind in (("intents", "disclosure-intent"), ("attempts", "disclosure-result")):
            for row in self._files.tables[table]:
                wanted[kind, UUID(row["intent_id"])] += 1
        for key, state in self._states.items():
            wanted["send-cancelled", key] += state == "cancelled"
        for what in sorted(lines.keys() | wanted.keys(), key=str):
            if lines[what] != wanted[what]:
                yield f"{what[0]} {what[1]} has {lines[what]} lines, not {wanted[what]}"

    def published(self) -> Iterator[str]:
        """The relay published every life-cycle fact at least once, and nothing else."""
        form = RecordFormat(SchemaSet.load(), "referrals.fact")
        found = {UUID(str(form.read(record.value)["fact_id"])) for record in self._files.published}
        wanted = {
            UUID(row["fact_id"])
            for row in self._files.tables["decision_log"]
            if row["kind"] in _LIFE_CYCLE
        }
        if found != wanted:
            yield f"{len(wanted - found)} facts not published, {len(found - wanted)} too many"
        if self._files.tables["relay_marks"]:
            yield "facts wait for the relay"

    def _permit(
        self,
        send: Send,
        cases: dict[PersonKey, Case],
        at: datetime,
        lifetime_s: float,
        held: set[str],
    ) -> Permit:
        case = cases.get(send.person)
        while case is not None and case.alias_of is not None:
            case = cases.get(case.alias_of)
        if case is None:
            return Permit(reasons=(), consents=("no case",), policy="")
        question = Question(
            child=send.child,
            episode_id=send.episode_id,
            purpose=send.purpose,
            recipient=send.recipient,
            categories=send.categories,
        )
        keys = {case.person, *case.aliases}
        until = at + timedelta(seconds=lifetime_s)
        return permit(case, question, self._rules, at, until, held=not held.isdisjoint(keys))

    def _generation(self, send: Send) -> list[Send]:
        return [
            s
            for s in self._run.sends.values()
            if (s.referral_id, s.generation) == (send.referral_id, send.generation)
        ]

    def _before(self, send: Send) -> list[Send]:
        same = self._generation(send)
        return same[: same.index(send)]

    def _after(self, send: Send) -> list[Send]:
        same = self._generation(send)
        return same[same.index(send) + 1 :]


class _Naive:
    """Consents and withdrawals as somebody would keep them who reads nothing else."""

    def __init__(self) -> None:
        self.granted: dict[str, dict[str, datetime]] = defaultdict(dict)
        self.withdrawn: dict[str, set[str]] = defaultdict(set)
        self._homes: dict[str, str] = {}

    def home(self, person: str) -> str:
        """Return under whom a person's consents are kept."""
        while person in self._homes:
            person = self._homes[person]
        return person

    def learn(self, step: Step) -> None:
        """Take in an event that was applied."""
        for case in step.cases:
            if case.alias_of is not None and self.home(case.person) != self.home(case.alias_of):
                self._join(self.home(case.person), self.home(case.alias_of))
        person, payload = self.home(step.event.meta.person), step.event.payload
        if isinstance(payload, ConsentGranted):
            self.granted[person][payload.record.record_id] = payload.record.given_at
        elif isinstance(payload, ConsentWithdrawn) and step.applied:
            ended = {
                record
                for record, given_at in self.granted[person].items()
                if given_at <= payload.declared_at
            }
            named = payload.record_id
            self.withdrawn[person] |= ended if named is None else {named}

    def _join(self, alias: str, survivor: str) -> None:
        self._homes[alias] = survivor
        self.granted[survivor] |= self.granted.pop(alias, {})
        self.withdrawn[survivor] |= self.withdrawn.pop(alias, set())


def _unlike(arrival: Arrival, send: Send) -> str:
    """Say how a message differs from what the core made ready, or nothing."""
    data = arrival.data
    names = (send.generation, send.operation.value, send.content_version)
    own = uuid5(send.referral_id, "\x1f".join(map(str, names)))
    if own != arrival.message_id:
        return "its id is not made of referral, generation, operation and version"
    if data["referral_id"] != str(send.referral_id) or names != (
        data["generation"],
        data["operation"],
        data["content_version"],
    ):
        return "it names another referral, generation, operation or version"
    return _recall_unlike(data, send) if send.content is None else _content_unlike(data, send)


def _recall_unlike(data: dict[str, Any], send: Send) -> str:
    told = data.get("retraction") or {}
    if data.get("content") is not None or data.get("pages"):
        return "a recall that carries content"
    kind = send.retraction.value if send.retraction is not None else None
    right = (told.get("kind"), told.get("reason")) == (kind, send.retraction_reason)
    return "" if right else "its reason is not the core's"


def _content_unlike(data: dict[str, Any], send: Send) -> str:
    written = send.content.items if send.content is not None else ()
    items = {
        (category, item["key"], item["value"])
        for category, listed in (data.get("content") or {}).get("items", {}).items()
        for item in listed
    }
    right = items == {(i.category.value, i.key, i.value) for i in written}
    return "" if right else "it says something else than the core wrote"


def _instant(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)
