"""What the demo shows is read here: from the hub's store views and the inbox's own journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from hub.demo.cast import CAST, Kid, Parent
from hub.demo.driver import Took
from hub.demo.hub_files import HubFiles
from hub.demo.senders import Caller
from hub.demo.workplace import Workplace
from hub.domain.decision import FactKind
from hub.domain.referral import Operation
from hub.ports import FactRow, Outcome
from hub.store.view_rows import DeadLetterView, IntentView, SendView, TaskView, WithheldView

MANY = 10_000


class Message(NamedTuple):
    """One message as the inbox journalled it: its idempotency id and the data in its body."""

    message_id: UUID
    data: dict[str, Any]

    @property
    def operation(self) -> str:
        """What it does: refer, release-notice, retract ..."""
        return str(self.data["operation"])

    def page(self, language: str) -> str:
        """Return the page a person reads; empty for a recall."""
        return str(self.data.get("pages", {}).get(language, ""))


class Inbox(NamedTuple):
    """What the inbox holds: messages in the order of arrival, and how often each one came."""

    messages: tuple[Message, ...]
    receipts: dict[str, int]
    breaches: tuple[str, ...]
    refused: tuple[str, ...]
    referrals: dict[str, dict[str, Any]]


class Evidence:
    """Answers of the hub and the inbox about the people of the story.

    Names and pseudonyms meet only here: the hub itself never learns the names of parents.
    """

    def __init__(self, place: Workplace, files: HubFiles, took: Sequence[Took]) -> None:
        self._place = place
        self._files = files
        self.took = tuple(took)
        self.kids = {files.child(kid): kid for parent in CAST for kid in parent.kids}
        self._names: dict[str, str] = {files.person(parent): parent.name for parent in CAST}
        self._kid_names: dict[str, str] = {key: kid.given for key, kid in self.kids.items()}

    @cached_property
    def inbox(self) -> Inbox:
        """What the inbox says, asked over HTTP, and its journal."""
        caller = Caller(self._place.ports.inbox)
        try:
            journal, listing = caller.get("/journal"), caller.get("/referrals")
        finally:
            caller.close()
        lines = self._place.journal.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]
        return Inbox(
            messages=tuple(Message(UUID(e["id"]), e["body"]["data"]) for e in entries),
            receipts=journal["receipts"],
            breaches=tuple(journal["breaches"]),
            refused=tuple(journal["refused"]),
            referrals={each["referral_id"]: each for each in listing["referrals"]},
        )

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What became of every record of the log."""
        return [
            outcome
            for partition in self._files.ends()
            for outcome in self._files.views.outcome_range(partition, 0, MANY)
        ]

    @cached_property
    def ends(self) -> dict[int, int]:
        """The end of each partition of the log."""
        return self._files.ends()

    def sends(self, parent: Parent, operation: Operation | None = None) -> list[SendView]:
        """Return the messages about a parent's children, oldest first."""
        found = self._files.views.sends(person=self._files.person(parent))
        return [s for s in reversed(found) if operation is None or s.operation == operation]

    @cached_property
    def all_sends(self) -> list[SendView]:
        """Every message, oldest first."""
        return self._files.views.sends(limit=MANY)[::-1]

    def intents(self, send: SendView) -> list[IntentView]:
        """Return the disclosure intents of a message."""
        return self._files.views.intents(send.send_id)

    def received(self, parent: Parent, operation: Operation | None = None) -> list[Message]:
        """Return what arrived at the inbox about a parent's children, in order."""
        mine = {send.idempotency_id for send in self.sends(parent, operation)}
        return [message for message in self.inbox.messages if message.message_id in mine]

    def facts(self, parent: Parent, *kinds: FactKind) -> list[FactRow]:
        """Return the lines of the decision log about a parent, oldest first."""
        found = self._files.views.by_person(self._files.person(parent))
        return [row for row in found if not kinds or row.fact.kind in kinds]

    def withheld(self, parent: Parent) -> list[WithheldView]:
        """Return the referrals not made for a parent's children."""
        return self._files.views.withheld(person=self._files.person(parent))

    @cached_property
    def all_withheld(self) -> list[WithheldView]:
        """Every referral not made."""
        return self._files.views.withheld()

    def tasks(self, parent: Parent, *, closed: bool = False) -> list[TaskView]:
        """Return a parent's open tasks; with `closed` the closed ones too."""
        return self._files.views.tasks(person=self._files.person(parent), closed=closed)

    @cached_property
    def all_tasks(self) -> list[TaskView]:
        """Every task, open or closed."""
        return self._files.views.tasks(closed=True, limit=MANY)

    def letters(self, parent: Parent) -> list[DeadLetterView]:
        """Return the open dead letters about a parent."""
        return self._files.views.dead_letters(person=self._files.person(parent))

    def held(self, parent: Parent) -> bool:
        """Tell whether a parent's case is held."""
        case = self._files.views.case(self._files.person(parent))
        return case is not None and case.held

    def recorded(self, parent: Parent) -> list[Kid]:
        """Return the children that the hub recorded for a parent, named by the story."""
        person = self._files.person(parent)
        known = self._files.views.persons_of_child
        return [kid for key, kid in self.kids.items() if person in known(key)]

    def outcomes_of(self, parent: Parent, beat: str, sender: str) -> list[Outcome]:
        """Return what became of the records that one sender's messages of a beat led to."""
        person = self._files.person(parent)
        events = dict.fromkeys(
            event
            for took in self.took
            if took.beat == beat and took.sender == sender
            for event in took.events
        )
        found = [o for event in events for o in self._files.views.outcomes(event)]
        return [outcome for outcome in found if outcome.person == person]

    def name(self, person: str | None) -> str:
        """Return the invented name behind a person's pseudonym."""
        return self._names.get(person or "", "somebody unknown")

    def child_name(self, child: str) -> str:
        """Return the invented given name behind a child's pseudonym."""
        return self._kid_names.get(child, "a child unknown")
