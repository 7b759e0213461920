"""Plays a plan against a hub: appends what each phase reports, and answers as a recipient does."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from hub.domain.events import Acknowledged, Draft
from hub.domain.ids import Namespace, PersonKey, RecipientId, SourceId, partition_of
from hub.domain.referral import Business
from hub.ports import NewRecord, Topic
from tests.support import chaos_state
from tests.support.chaos_hub import Hub
from tests.support.chaos_parts import PARTITIONS, STORE_FILE, Parts, open_parts
from tests.support.chaos_plan import Phase, Size, plan
from tests.support.chaos_rules import TENANT

APPEND_AT_ONCE: Final = 16


class Play:
    """Drives one run. `meanwhile` is called while drafts are appended and while the hub settles."""

    def __init__(self, hub: Hub, size: Size, meanwhile: Callable[[], None] | None = None) -> None:
        self.hub = hub
        self.phases = plan(size)
        self._meanwhile = meanwhile or hub.revive
        self._answered: set[str] = set()
        size.save(hub.folder)
        chaos_state.move_clock(hub.folder, self.phases[0].at)

    def all(self, beginning: int = 0) -> None:
        """Play every phase from `beginning` on, each to its rest."""
        for phase in self.phases[beginning:]:
            self.phase(phase)

    def phase(self, phase: Phase) -> None:
        """Move the clock, append what is reported, wait for rest, let the recipients answer."""
        chaos_state.move_clock(self.hub.folder, phase.at)
        self.append(phase)
        self.settle()
        if self.answer():
            self.settle()

    def append(self, phase: Phase) -> None:
        """Append a phase's drafts, a few per call, and what nobody can read among them."""
        with closing(open_parts(self.hub.folder)) as parts:
            appender = parts.appender()
            for begin in range(0, len(phase.drafts), APPEND_AT_ONCE):
                appender.append(phase.drafts[begin : begin + APPEND_AT_ONCE])
                if begin == 0:
                    _append_junk(parts, phase.junk)
                self._meanwhile()

    def settle(self) -> None:
        """Wait for rest."""

        def at_rest() -> bool:
            self._meanwhile()
            return not chaos_state.left_to_do(self.hub.folder)

        self.hub.wait_for(at_rest, "the hub came to rest")

    def answer(self) -> bool:
        """Let recipients answer the referrals that are new in the inbox; false if none was."""
        drafts = []
        with chaos_state.reading(self.hub.folder / STORE_FILE) as store:
            for data in chaos_state.received(self.hub.folder):
                known = f"{data['referral_id']}/{data['generation']}"
                if data["operation"] != "refer" or known in self._answered:
                    continue
                self._answered.add(known)
                row = store.execute(
                    "SELECT person, recipient FROM outbox WHERE referral_id = ?",
                    (UUID(data["referral_id"]).hex,),
                ).fetchone()
                drafts += _answers(data, PersonKey(row["person"]), RecipientId(row["recipient"]))
        if drafts:
            at = chaos_state.now(self.hub.folder)
            with closing(open_parts(self.hub.folder)) as parts:
                parts.appender().append([_draft(answer, person, at) for answer, person in drafts])
        return bool(drafts)


def _answers(
    data: dict[str, Any], person: PersonKey, recipient: RecipientId
) -> list[tuple[Acknowledged, PersonKey]]:
    """Return what a recipient's people say, which follows from the referral alone."""
    chance = random.Random(f"{data['referral_id']}/{data['generation']}")
    status = chance.choice([*[Business.ACCEPTED] * 3, Business.DECLINED, Business.NONE])
    if status is Business.NONE:
        return []
    answer = Acknowledged(
        referral_id=UUID(data["referral_id"]),
        generation=data["generation"],
        recipient=recipient,
        status=status,
        code="no-capacity" if status is Business.DECLINED else None,
    )
    return [(answer, person)]


def _draft(answer: Acknowledged, person: PersonKey, at: datetime) -> Draft:
    name = f"answer/{answer.referral_id}/{answer.generation}/{answer.status.value}"
    return Draft(
        event_id=uuid5(NAMESPACE_URL, name),
        tenant=TENANT,
        source=SourceId("recipient"),
        namespace=Namespace("hub"),
        person=person,
        occurred_at=at,
        payload=answer,
    )


def _append_junk(parts: Parts, keys: list[str]) -> None:
    """Append records whose bytes mean nothing."""
    records = []
    for key in keys:
        try:
            partition = partition_of(key, PARTITIONS)
        except ValueError:
            partition = 0
        records.append(NewRecord(partition, key, b"\x00\x00\x00\x00\x7fnot an event"))
    if records:
        parts.log.append(Topic.CASES, records)
